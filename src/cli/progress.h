/* progress.h - a progress bar on a terminal
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_PROGRESS_H
#define CLRELU_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Draws on stderr, and only where that is a terminal. */
typedef struct progress {
    bool terminal, drawn;
    double start, last; /* seconds: of the program, of the last drawing */
    const char *phase;
    uint64_t done, total;
} progress;

void progress_start(progress *p);
void progress_phase(progress *p, const char *phase, uint64_t total);
void progress_add(progress *p, uint64_t amount);

/* Removes the bar; must be called before any other output. */
void progress_clear(progress *p);

#endif
