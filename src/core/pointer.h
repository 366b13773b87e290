/* pointer.h - shared virtual memory (SVM) and unified shared memory (USM)
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_POINTER_H
#define CLRELU_CORE_POINTER_H

#include <stdbool.h>

#include "clrelu.h"

/* Of cl_intel_unified_shared_memory. */
typedef cl_int(CL_API_CALL *clrelu_usm_info)(cl_context context,
                                             const void *pointer, cl_uint name,
                                             size_t size, void *value,
                                             size_t *size_ret);
typedef cl_int(CL_API_CALL *clrelu_set_pointer)(cl_kernel kernel, cl_uint index,
                                                const void *pointer);

/* What a device takes as a pointer; NULL: none. */
typedef struct clrelu_pointers {
    cl_context context;
    cl_device_id device;
    clrelu_set_pointer set_svm, set_usm;
    clrelu_usm_info usm_info;
} clrelu_pointers;

clrelu_status clrelu_pointers_find(cl_context context, cl_device_id device,
                                   clrelu_pointers *pointers);

/* Whether the device takes SVM or USM. */
bool clrelu_pointers_supported(cl_device_id device);

/* Checks that the device takes pointer as the array name.  *bytes, the bytes
 * from pointer on, becomes smaller if the allocation's size is known. */
clrelu_status clrelu_pointer_check(const clrelu_pointers *pointers,
                                   const char *name, const void *pointer,
                                   uint64_t *bytes);

bool clrelu_pointer_is_usm(const clrelu_pointers *pointers,
                           const void *pointer);

clrelu_status clrelu_pointer_set_arg(const clrelu_pointers *pointers,
                                     cl_kernel kernel, cl_uint index,
                                     const void *pointer);

#endif
