/* check.h - arguments are checked before anything is enqueued
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_CHECK_H
#define CLRELU_CORE_CHECK_H

#include <string.h>

#include "base/status.h"
#include "core/call.h"
#include "core/context.h"

/* IN_PLACE: clrelu_check_arrays lets two of these be the same elements. */
typedef enum clrelu_access {
    CLRELU_READ = 1,
    CLRELU_WRITE = 2,
    CLRELU_IN_PLACE = 4
} clrelu_access;

/* An array argument: the bytes [begin, end) of root: the buffer itself,
 * the parent of a sub-buffer, or for pointers a mark that all of them share.
 * root is NULL: no such array. */
typedef struct clrelu_span {
    const char *name;
    const void *root;
    uint64_t begin, end;
} clrelu_span;

/* Checks that context may be used in this process. */
clrelu_status clrelu_check_context(const clrelu_context *context);

clrelu_status clrelu_fail_reserved(const char *name);

/* Checks that a reserved field of the struct name is 0.  The size is a constant
 * where it is used: a few instructions. */
static inline clrelu_status clrelu_check_reserved(const char *name,
                                                  const void *field,
                                                  size_t size)
{
    static const uint64_t zeros[8];

    return memcmp(field, zeros, size) ? clrelu_fail_reserved(name) : CLRELU_OK;
}
#define CLRELU_CHECK_RESERVED(name, field) \
    clrelu_check_reserved((name), &(field), sizeof(field))

/* Checks that the struct name is given and that its field reserved is 0. */
#define CLRELU_CHECK_STRUCT(name, given) \
    ((given) ? CLRELU_CHECK_RESERVED(name, (given)->reserved) \
             : clrelu_fail(CLRELU_INVALID_NULL, "%s is NULL", (name)))

/* Checks context, queue and events. */
clrelu_status clrelu_check_call(const clrelu_call *call);

/* Checks that dtype is an enumerator and, unless context is NULL, that the
 * device supports it. */
clrelu_status clrelu_check_dtype(const clrelu_context *context,
                                 clrelu_dtype dtype);

/* Resolves the alpha_dtype of a call into the type of alpha and dalpha. */
clrelu_status clrelu_check_alpha_dtype(clrelu_dtype dtype, clrelu_dtype given,
                                       clrelu_dtype *alpha_dtype);

/* Checks that op has a scalar parameter, and that scalar is in its range. */
clrelu_status clrelu_check_scalar(clrelu_op op, clrelu_dtype dtype,
                                  double scalar);

/* Checks that n*8 bytes, of any dtype, fit size_t. */
clrelu_status clrelu_check_n(size_t n);

clrelu_status clrelu_check_flags(unsigned flags, unsigned known);

/* Checks that the buffer has n elements at its offset and allows access, any of
 * clrelu_access; fills *span. */
clrelu_status clrelu_check_buffer(const clrelu_call *call, const char *name,
                                  clrelu_buffer buffer, size_t element_size,
                                  uint64_t n, unsigned access,
                                  clrelu_span *span);

/* n elements of size bytes; access 0: left out. */
typedef struct clrelu_array {
    const char *name;
    clrelu_buffer buffer;
    size_t size;
    uint64_t n;
    unsigned access;
} clrelu_array;

/* Checks each array, and each output against all others. */
clrelu_status clrelu_check_arrays(const clrelu_call *call,
                                  const clrelu_array *arrays, unsigned count);

/* An array of arrays and its length. */
#define CLRELU_ARRAYS(arrays) \
    (arrays), (unsigned)(sizeof(arrays) / sizeof(*(arrays)))

/* What a backward call reads for x: y, mask, or x if neither is given.  Checks
 * that it is one of them. */
clrelu_status clrelu_check_input(clrelu_buffer x, clrelu_buffer mask,
                                 bool from_output, bool backward);

/* Checks the mask for n elements, if it is given. */
clrelu_status clrelu_check_mask(const clrelu_call *call, clrelu_buffer mask,
                                uint64_t n, bool backward, clrelu_span *span);

/* Whether two buffers, known not to overlap partly, are the same. */
bool clrelu_in_place(clrelu_buffer output, clrelu_buffer input);

/* Checks that output and other are disjoint or, if same, identical. */
clrelu_status clrelu_check_disjoint(const clrelu_span *output,
                                    const clrelu_span *other, bool same);

#endif
