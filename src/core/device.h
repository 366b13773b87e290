/* device.h - the list of devices, and the selection by a spec
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_DEVICE_H
#define CLRELU_CORE_DEVICE_H

#include "clrelu.h"

/* The best device that fits spec; NULL or "" is any. */
clrelu_status clrelu_device_pick(const char *spec, cl_device_id *device);

#endif
