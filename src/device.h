/* device.h - which devices there are, and which one a spec means
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_SRC_DEVICE_H
#define CLRELU_SRC_DEVICE_H

#include <stdbool.h>

#include "clrelu.h"

/* The best device that fits spec; NULL or "" is any. */
clrelu_status clrelu_device_pick(const char *spec, cl_device_id *device);

/* OpenCL 1.2 or later: older ones lack calls and abort on kernels. */
bool clrelu_device_usable(cl_device_id device);

#endif
