/* fork.h - OpenCL does not survive a fork
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_FORK_H
#define CLRELU_BASE_FORK_H

#include <stdbool.h>

#include "clrelu.h"

/* Public functions call it before their first call of OpenCL.  Returns FORKED
 * in a child of a process that has called it. */
clrelu_status clrelu_fork_check(void);

/* True in such a child: it must not release OpenCL objects. */
bool clrelu_fork_is_child(void);

#endif
