/* sum_partials.c - the ordered sum of the partials of a batch's shards
 * SPDX-License-Identifier: MIT */
#include "ops/sum_partials.h"

#include "base/half.h"
#include "base/integer.h"
#include "base/status.h"
#include "base/types.h"
#include "core/check.h"
#include "core/trace.h"

static clrelu_status check_size(size_t rows, size_t count)
{
    const size_t max = SIZE_MAX / 8;

    if (count > max || (rows > 0 && count > max / rows))
        return clrelu_fail(CLRELU_INVALID_SIZE,
                           "rows*count is %zu*%zu, its bytes do not fit %zu "
                           "bits",
                           rows, count, 8 * sizeof(size_t));
    return CLRELU_OK;
}

static clrelu_status check(const clrelu_call *call, clrelu_dtype dtype,
                           size_t rows, size_t count, clrelu_buffer partials,
                           clrelu_buffer out)
{
    const clrelu_array arrays[] = {
        {"partials", partials, clrelu_compute_size(dtype), rows * count,
         rows > 0 ? CLRELU_READ : 0},
        {"out", out, clrelu_dtype_size(dtype), count, CLRELU_WRITE}};
    clrelu_status status = clrelu_check_call(call);

    if (!status)
        status = clrelu_check_dtype(call->context, dtype);
    if (!status)
        status = check_size(rows, count);
    if (!status && count > 0)
        status = clrelu_check_arrays(call, CLRELU_ARRAYS(arrays));
    return status;
}

clrelu_status clrelu_sum_partials_add(clrelu_batch *batch, clrelu_dtype dtype,
                                      size_t rows, size_t count,
                                      clrelu_buffer partials, clrelu_buffer out)
{
    const clrelu_program_key key = {.dtype = dtype,
                                    .kind = CLRELU_PROGRAM_PARTIALS};
    /* An argument that is not used must be valid, too. */
    const clrelu_buffer in = rows > 0 ? partials : out;
    const cl_ulong span = clrelu_batch_span(batch->context, count);
    const cl_ulong row_count = rows, column_count = count;
    const clrelu_arg args[] = {
        CLRELU_ARRAY(in), CLRELU_ARG(row_count), CLRELU_ARG(column_count),
        CLRELU_ARG(span), CLRELU_ARRAY(out),
    };

    if (count == 0)
        return CLRELU_OK;
    CLRELU_TRACE(clrelu_trace_bytes(count * (rows * clrelu_compute_size(dtype) +
                                             clrelu_dtype_size(dtype))));
    return clrelu_batch_add(batch, &key, CLRELU_KERNEL_SUM_PARTIALS,
                            ceil_div(count, span), CLRELU_ARGS(args));
}

clrelu_status clrelu_sum_partials(clrelu_context *context,
                                  const clrelu_exec *exec, clrelu_dtype dtype,
                                  size_t rows, size_t count,
                                  clrelu_buffer partials, clrelu_buffer out)
{
    const clrelu_call call = {context, exec};
    clrelu_batch batch = {.context = context};
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_trace_sums(dtype, rows, count));
    status = check(&call, dtype, rows, count, partials, out);
    if (!status)
        status =
            clrelu_sum_partials_add(&batch, dtype, rows, count, partials, out);
    return clrelu_traced(clrelu_batch_finish(&call, &batch, status));
}

/* ------------------------------------------------------------- the host -- */

enum { COLUMNS = 16 };

/* The operations of cl/sum_partials.cl for n columns from the j-th on, at most
 * COLUMNS: one column would be bound by the latency of its additions. */
#define DEFINE_SUM(name, real) \
    static void name(const real *sums, size_t rows, size_t stride, size_t j, \
                     size_t n, real *out) \
    { \
        real s[COLUMNS] = {0}, c[COLUMNS] = {0}; \
        for (size_t i = 0; i < rows; i++) \
            for (size_t k = 0; k < n; k++) { \
                const real p = sums[i * stride + j + k], sum = s[k] + p, \
                           z = sum - s[k]; \
                c[k] += (s[k] - (sum - z)) + (p - z); \
                s[k] = sum; \
            } \
        for (size_t k = 0; k < n; k++) \
            out[k] = s[k] - s[k] == 0 ? s[k] + c[k] : s[k]; \
    }

DEFINE_SUM(sum_float, float)
DEFINE_SUM(sum_double, double)

static clrelu_status check_host(clrelu_dtype dtype, size_t rows, size_t count,
                                const void *partials, const void *out)
{
    const uintptr_t in = (uintptr_t)partials, to = (uintptr_t)out;
    clrelu_status status = clrelu_check_dtype(NULL, dtype);

    if (!status)
        status = check_size(rows, count);
    if (status || count == 0)
        return status;
    if (!out || (!partials && rows > 0))
        return clrelu_fail(CLRELU_INVALID_NULL, "%s is NULL",
                           out ? "partials" : "out");
    if (to < in + rows * count * clrelu_compute_size(dtype) &&
        in < to + count * clrelu_dtype_size(dtype) && rows > 0)
        return clrelu_fail(CLRELU_BUFFER_OVERLAP,
                           "out overlaps partials, must be disjoint");
    return CLRELU_OK;
}

static void store_float(float value, clrelu_dtype dtype, void *out, size_t i)
{
    if (dtype == CLRELU_FLOAT32)
        ((float *)out)[i] = value;
    else
        ((uint16_t *)out)[i] = clrelu_half_narrow((double)value, dtype);
}

clrelu_status clrelu_sum_partials_host(clrelu_dtype dtype, size_t rows,
                                       size_t count, const void *partials,
                                       void *out)
{
    const clrelu_status status = check_host(dtype, rows, count, partials, out);
    float sums[COLUMNS];

    for (size_t j = 0; j < count && !status; j += COLUMNS) {
        const size_t n = min_u64(count - j, COLUMNS);
        if (dtype == CLRELU_FLOAT64) {
            sum_double(partials, rows, count, j, n, (double *)out + j);
            continue;
        }
        sum_float(partials, rows, count, j, n, sums);
        for (size_t k = 0; k < n; k++)
            store_float(sums[k], dtype, out, j + k);
    }
    return status;
}
