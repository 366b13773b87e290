/* upload.h - buffers, and values from the host in them
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_UPLOAD_H
#define CLRELU_CORE_UPLOAD_H

#include "core/call.h"

/* Enqueues out[i] = values[i] for 0 <= i < n; values may be freed on return. */
clrelu_status clrelu_upload(const clrelu_call *call, const float *values,
                            size_t n, clrelu_buffer out);

/* Creates a buffer, with a copy of values unless they are NULL. */
clrelu_status clrelu_buffer_create(const clrelu_context *context, size_t bytes,
                                   const void *values, cl_mem *mem);

#endif
