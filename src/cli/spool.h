/* spool.h - temporary files for pipes
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_SPOOL_H
#define CLRELU_CLI_SPOOL_H

#include "failure.h"

/* An unlinked file in $TMPDIR or /var/tmp; the caller closes *fd. */
bool spool_open(int *fd, failure *f);

#endif
