/* npy_format.c - NumPy's file format: headers that are written
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "npy/npy.h"

bool clrelu_npy_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 0;
}

char *clrelu_npy_shape_format(size_t rank, const size_t *dims,
                              char text[NPY_SHAPE_TEXT])
{
    size_t used = 1;

    strcpy(text, "(");
    for (size_t i = 0; i < rank; i++)
        used += (size_t)snprintf(text + used, NPY_SHAPE_TEXT - used, "%s%zu",
                                 i > 0 ? ", " : "", dims[i]);
    snprintf(text + used, NPY_SHAPE_TEXT - used, rank == 1 ? ",)" : ")");
    return text;
}

size_t clrelu_npy_header_format(size_t rank, const size_t *dims,
                                clrelu_dtype dtype, char out[NPY_MAX_HEADER])
{
    static const char *const types[] = {[CLRELU_FLOAT32] = "f4",
                                        [CLRELU_FLOAT16] = "f2",
                                        [CLRELU_BFLOAT16] = "V2",
                                        [CLRELU_FLOAT64] = "f8"};
    char shape[NPY_SHAPE_TEXT];
    const int written =
        snprintf(out + NPY_PREFIX, NPY_MAX_HEADER - NPY_PREFIX,
                 "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }",
                 clrelu_npy_big_endian() ? '>' : '<', types[dtype],
                 clrelu_npy_shape_format(rank, dims, shape));
    const size_t used = NPY_PREFIX + (size_t)written;
    const size_t size = (used + 1 + 63) / 64 * 64;

    memset(out + used, ' ', size - used - 1);
    out[size - 1] = '\n';
    memcpy(out, "\x93NUMPY\x01", 8);
    out[8] = (char)((size - NPY_PREFIX) & 0xff);
    out[9] = (char)((size - NPY_PREFIX) >> 8);
    return size;
}
