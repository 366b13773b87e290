/* set_id.h - whose environment is it?
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_SET_ID_H
#define CLRELU_BASE_SET_ID_H

#include <stdbool.h>
#include <unistd.h>

/* A set-id process has another user's or group's rights, and the environment of
 * the user who started it. */
static inline bool clrelu_is_set_id(void)
{
    return geteuid() != getuid() || getegid() != getgid();
}

#endif
