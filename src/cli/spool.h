/* spool.h - disk space for what a pipe brings or gets, and memory cannot hold
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_SPOOL_H
#define CLRELU_CLI_SPOOL_H

#include "failure.h"

/* A file without a name, in $TMPDIR or /var/tmp; *fd is for the caller to
 * close. */
bool spool_open(int *fd, failure *f);

#endif
