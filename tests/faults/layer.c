/* layer.c - an OpenCL layer: what the loader puts before the drivers
 * SPDX-License-Identifier: MIT */
#include "layer.h"

#include <string.h>

#define EXPORT __attribute__((visibility("default")))

const cl_icd_dispatch *next;
cl_icd_dispatch table;

EXPORT cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size,
                                         void *value, size_t *got)
{
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;

    if (what != CL_LAYER_API_VERSION || (value && size < sizeof(version)))
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, &version, sizeof(version));
    if (got)
        *got = sizeof(version);
    return CL_SUCCESS;
}

EXPORT cl_int CL_API_CALL clInitLayer(cl_uint entries,
                                      const cl_icd_dispatch *target,
                                      cl_uint *my_entries,
                                      const cl_icd_dispatch **mine)
{
    if (entries < sizeof(table) / sizeof(void *))
        return CL_INVALID_VALUE;
    next = target;
    layer_start();
    *my_entries = sizeof(table) / sizeof(void *);
    *mine = &table;
    return CL_SUCCESS;
}
