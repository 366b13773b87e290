/* upload.h - values from the host to a buffer
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_UPLOAD_H
#define CLRELU_CORE_UPLOAD_H

#include "core/call.h"

/* Enqueues out[i] = values[i] for 0 <= i < n; values may be freed on return. */
clrelu_status clrelu_upload(const clrelu_call *call, const float *values,
                            size_t n, clrelu_buffer out);

#endif
