/* progress.c - a progress bar on a terminal
 * SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/os.h"

enum { BAR = 40 };

static void draw(progress *p)
{
    const double part = p->total > 0 ? (double)p->done / (double)p->total : 1.0;
    const int filled = (int)(part * (double)BAR);
    char bar[BAR + 1];

    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)filled);
    bar[BAR] = '\0';
    fprintf(stderr, "\r%-8s [%s] %3d %%", p->phase, bar, (int)(part * 100));
    p->drawn = true;
}

void progress_start(progress *p)
{
    memset(p, 0, sizeof(*p));
    p->terminal = isatty(STDERR_FILENO);
    p->start = clock_now();
    p->phase = "";
}

void progress_phase(progress *p, const char *phase, uint64_t total)
{
    p->phase = phase;
    p->done = 0;
    p->total = total;
    progress_add(p, 0);
}

void progress_add(progress *p, uint64_t amount)
{
    const double wait = 0.5, pause = 0.1;

    p->done += amount;
    if (!p->terminal)
        return;
    const double time = clock_now();
    if (time - p->start < wait || time - p->last < pause)
        return;
    p->last = time;
    draw(p);
}

void progress_clear(progress *p)
{
    if (p->drawn)
        fprintf(stderr, "\r%*s\r", BAR + 20, "");
    p->drawn = false;
}
