/* fork.h - OpenCL does not survive a fork
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_FORK_H
#define CLRELU_BASE_FORK_H

#include <stdbool.h>

#include "clrelu.h"

/* Comes before the first OpenCL call of a public function.  FORKED in a child
 * of a process in which this was called; otherwise this process is one. */
clrelu_status clrelu_fork_check(void);

/* Whether this is such a child: the driver's objects must be left alone. */
bool clrelu_fork_is_child(void);

#endif
