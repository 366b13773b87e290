/* enumerate.h - the devices of all platforms
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_ENUMERATE_H
#define CLRELU_CORE_ENUMERATE_H

#include <stdbool.h>

#include "clrelu.h"

/* Devices that the library can use. */
typedef struct clrelu_devices {
    clrelu_device *devices;
    size_t count, capacity;
    cl_uint platforms;
    char without[1024]; /* platforms without such a device, and the reasons */
} clrelu_devices;

/* Thread-safe.  The caller frees devices, also after an error. */
clrelu_status clrelu_enumerate(clrelu_devices *l);

/* OpenCL 1.2 or later: older ones lack calls and abort on kernels. */
bool clrelu_device_usable(cl_device_id device);

#endif
