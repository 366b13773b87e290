/* device.h - a device, its queue, and arrays to it and back
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_DEVICE_H
#define CLRELU_CLI_DEVICE_H

#include <clrelu.h>

#include "failure.h"
#include "progress.h"

typedef struct device {
    clrelu_context *context;
    cl_command_queue queue;
} device;

bool device_open(device *d, const char *spec, failure *f);
void device_close(device *d);

/* Room for n floats; the caller releases it, also NULL, with device_release. */
bool device_create(device *d, size_t n, cl_mem *mem, failure *f);
void device_release(cl_mem mem);

/* Elements done so far of n, and how many to take next. */
size_t device_piece(size_t n, size_t done);

/* Both wait. */
bool device_upload(device *d, cl_mem mem, const float *data, size_t n,
                   progress *p, failure *f);
bool device_download(device *d, cl_mem mem, float *data, size_t n, progress *p,
                     failure *f);

#endif
