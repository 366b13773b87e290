/* device.h - a device, its queue, and transfers of arrays
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_DEVICE_H
#define CLRELU_CLI_DEVICE_H

#include "input.h"

typedef struct device {
    clrelu_context *context;
    cl_command_queue queue;
} device;

bool device_open(device *d, const char *spec, failure *f);
void device_close(device *d);

/* A buffer of n elements, for device_release, which accepts NULL. */
bool device_create(device *d, clrelu_dtype dtype, size_t n, cl_mem *mem,
                   failure *f);
void device_release(cl_mem mem);

/* CL_DEVICE_GLOBAL_MEM_SIZE or CL_DEVICE_MAX_MEM_ALLOC_SIZE. */
bool device_bytes(const device *d, cl_device_info which, uint64_t *bytes,
                  failure *f);

/* Transfer n elements of an array, starting at element first, and wait. */
bool device_upload(device *d, cl_mem mem, const array *a, size_t first,
                   size_t n, progress *p, failure *f);
bool device_download(device *d, cl_mem mem, array *a, size_t first, size_t n,
                     progress *p, failure *f);

/* False, with the reason in f, if a call of the library failed. */
bool device_did(clrelu_status status, failure *f);

#endif
