/* rows.h - the figures as CSV and as JSON, for programs
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_ROWS_H
#define CLRELU_BENCH_ROWS_H

#include <stdio.h>

#include "../src/cli/json.h"
#include "record.h"

typedef struct rows {
    FILE *csv; /* NULL: not asked for                                         */
    json json; /* file is NULL: not asked for                                 */
    const char *csv_path, *json_path;
} rows;

/* Either path may be NULL.  Both end the program where a file cannot be
 * written. */
void rows_open(rows *out, const char *csv_path, const char *json_path,
               const harness *h);
void rows_close(rows *out);

/* A row for each implementation that was timed; of the ceiling, the best. */
void rows_write(rows *out, const records *all, const record *r);

#endif
