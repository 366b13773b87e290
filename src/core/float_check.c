/* float_check.c - does a device's float32 conform to IEEE 754?
 * SPDX-License-Identifier: MIT
 *
 * CL_DEVICE_SINGLE_FP_CONFIG is unreliable: three of four implementations do
 * not report CL_FP_FMA, and one of these has it.  So the device computes test
 * cases.  The expected results are constants, as the host may flush
 * subnormals. */
#include "core/float_check.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "core/check.h"
#include "core/launch.h"
#include "core/trace.h"
#include "core/upload.h"

/* Must match cl/float_check.cl. */
enum operation { PRODUCT, SUM, PRODUCT_SUM, FMA, SELECT };

#define ROUNDS "rounding to nearest even"
#define SUBNORMAL "subnormal numbers in *, + or <"
#define CONTRACTS "a*b + c, which is contracted"
#define FUSES "fma, which rounds twice"
#define FMA_SUBNORMAL "subnormal numbers in fma"
#define SPECIAL "infinities, NaN or the sign of 0"

/* Rows of the same text must be neighbours: it is reported once. */
static const struct row {
    enum operation operation;
    float a, b, c, expected;
    const char *text;
} rows[CLRELU_FLOAT_CHECK_ROWS] = {
    {SUM, 1, 0x1p-24f, 0, 1, ROUNDS},
    {SUM, 0x1.000002p0f, 0x1p-24f, 0, 0x1.000004p0f, ROUNDS},
    {SUM, -0x1.000002p0f, -0x1.8p-24f, 0, -0x1.000004p0f, ROUNDS},
    {SUM, 0x1.000002p0f, -1, 0, 0x1p-23f, ROUNDS},
    {PRODUCT, 0x1.000002p0f, 1.5f, 0, 0x1.800004p0f, ROUNDS},
    {PRODUCT, 0x1.000006p0f, 1.5f, 0, 0x1.800008p0f, ROUNDS},
    {PRODUCT, 0x1.000002p0f, -0x1.000002p0f, 0, -0x1.000004p0f, ROUNDS},
    {PRODUCT, 0x1p-100f, 0x1.8p-40f, 0, 0x1.8p-140f, SUBNORMAL},
    {PRODUCT, 0x1.8p-75f, 0x1p-75f, 0, 0x1p-149f, SUBNORMAL},
    {PRODUCT, 0x1p-75f, 0x1p-75f, 0, 0, SUBNORMAL},
    {PRODUCT, 0x1p-140f, 0x1p100f, 0, 0x1p-40f, SUBNORMAL},
    {SUM, 0x1p-140f, 0x1p-141f, 0, 0x1.8p-140f, SUBNORMAL},
    {SUM, 0x1.8p-126f, -0x1p-126f, 0, 0x1p-127f, SUBNORMAL},
    {SUM, 0x1p-126f, 0x1p-149f, 0, 0x1.000002p-126f, SUBNORMAL},
    {SELECT, -0x1p-149f, 0x1p-149f, 2, 0x1p-149f, SUBNORMAL},
    {PRODUCT_SUM, 0x1.000002p0f, 0x1.000002p0f, -0x1.000004p0f, 0, CONTRACTS},
    {PRODUCT_SUM, -0x1.000002p0f, 0x1.000002p9f, 0x1.000004p9f, 0, CONTRACTS},
    {FMA, 0x1.000002p0f, 0x1.000002p0f, -0x1.000004p0f, 0x1p-46f, FUSES},
    {FMA, -0x1.000002p-40f, 0x1.000002p0f, 0x1.000004p-40f, -0x1p-86f, FUSES},
    /* Nearly a tie of two floats: fails if fma is computed in double. */
    {FMA, 0x1.000002p-12f, 0x1.fffffcp-13f, 0x1.000002p0f, 0x1.000002p0f,
     FUSES},
    {FMA, 0x1.000002p-50f, 0x1.000002p-50f, -0x1.000004p-100f, 0x1p-146f,
     FMA_SUBNORMAL},
    {FMA, 1, 0x1p-126f, 0x1p-140f, 0x1.0004p-126f, FMA_SUBNORMAL},
    {FMA, 0x1p-140f, 0x1p120f, 0x1p-20f, 0x1p-19f, FMA_SUBNORMAL},
    {FMA, 0x1p-70f, 0x1p-70f, 0, 0x1p-140f, FMA_SUBNORMAL},
    {PRODUCT, 0x1p100f, -0x1p100f, 0, -INFINITY, SPECIAL},
    {PRODUCT, -0x1p-100f, 0x1p-100f, 0, -0.0f, SPECIAL},
    {PRODUCT, INFINITY, 0, 0, NAN, SPECIAL},
    {SUM, INFINITY, -INFINITY, 0, NAN, SPECIAL},
    {SUM, -0.0f, -0.0f, 0, -0.0f, SPECIAL},
    {SELECT, NAN, 1, 2, 2, SPECIAL},
    {SELECT, -0.0f, 1, 2, 2, SPECIAL},
    {SELECT, -INFINITY, 1, 2, 1, SPECIAL},
};

/* Arrays are [rows/4][fields][4]: the kernel reads vectors of four rows. */
static size_t offset_of(size_t row, size_t field, size_t fields)
{
    return (row / 4 * fields + field) * 4 + row % 4;
}

void clrelu_float_check_fill(float in[CLRELU_FLOAT_CHECK_INPUTS])
{
    for (size_t i = 0; i < CLRELU_FLOAT_CHECK_ROWS; i++) {
        in[offset_of(i, 0, 3)] = rows[i].a;
        in[offset_of(i, 1, 3)] = rows[i].b;
        in[offset_of(i, 2, 3)] = rows[i].c;
    }
}

/* The same bits; any NaN equals any other. */
static bool same(float a, float b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
}

void clrelu_float_check_judge(const float out[CLRELU_FLOAT_CHECK_OUTPUTS],
                              clrelu_float_check *a)
{
    const char *last = NULL;
    size_t used = 0;

    *a = (clrelu_float_check){.is_ieee = 1};
    for (size_t i = 0; i < CLRELU_FLOAT_CHECK_ROWS; i++) {
        const float got = out[offset_of(i, (size_t)rows[i].operation, 5)];
        if (same(got, rows[i].expected) || rows[i].text == last)
            continue;
        last = rows[i].text;
        a->is_ieee = 0;
        used += (size_t)snprintf(a->differs + used, sizeof(a->differs) - used,
                                 "%s%s", used > 0 ? "; " : "", last);
    }
}

static clrelu_status run(const clrelu_call *call, clrelu_kernel *kernel,
                         cl_mem in, cl_mem out, float *results)
{
    const clrelu_arg args[] = {CLRELU_ARG(in), CLRELU_ARG(out)};
    const clrelu_launch launch = {kernel, CLRELU_FLOAT_CHECK_ROWS / 4, 1};
    clrelu_status status = clrelu_set_args(kernel, CLRELU_ARGS(args));

    if (!status)
        status = clrelu_enqueue(call, &launch, 1);
    if (status)
        return status;
    const cl_int error = clEnqueueReadBuffer(
        call->exec->queue, out, CL_TRUE, 0,
        CLRELU_FLOAT_CHECK_OUTPUTS * sizeof(*results), results, 0, NULL, NULL);
    return clrelu_check_cl(error, "clEnqueueReadBuffer");
}

static clrelu_status run_with_buffers(const clrelu_call *call,
                                      clrelu_kernel *kernel, float *results)
{
    float values[CLRELU_FLOAT_CHECK_INPUTS];
    cl_mem in = NULL, out = NULL;
    clrelu_status status;

    clrelu_float_check_fill(values);
    status = clrelu_buffer_create(call->context, sizeof(values), values, &in);
    if (!status)
        status = clrelu_buffer_create(
            call->context, CLRELU_FLOAT_CHECK_OUTPUTS * sizeof(*results), NULL,
            &out);
    if (!status)
        status = run(call, kernel, in, out, results);
    if (in)
        clReleaseMemObject(in);
    if (out)
        clReleaseMemObject(out);
    return status;
}

clrelu_status clrelu_float_check_run(clrelu_context *context,
                                     clrelu_kernel *kernel,
                                     clrelu_float_check *out)
{
    float results[CLRELU_FLOAT_CHECK_OUTPUTS];
    cl_int error;
    const clrelu_exec exec = {
        .queue =
            clCreateCommandQueue(context->context, context->device, 0, &error)};
    const clrelu_call call = {context, &exec};

    if (error)
        return clrelu_fail_cl(error, "clCreateCommandQueue");
    const clrelu_status status = run_with_buffers(&call, kernel, results);
    clReleaseCommandQueue(exec.queue);
    if (!status)
        clrelu_float_check_judge(results, out);
    return status;
}

static clrelu_status check(clrelu_context *context, clrelu_float_check *out)
{
    const clrelu_program_key key = {.dtype = CLRELU_FLOAT32,
                                    .kind = CLRELU_PROGRAM_FLOAT_CHECK};
    clrelu_kernel *kernel;
    clrelu_status status = clrelu_check_context(context);

    if (status)
        return status;
    if (!out)
        return clrelu_fail(CLRELU_INVALID_NULL, "out is NULL");
    *out = (clrelu_float_check){0};
    status = clrelu_kernel_acquire(context, &key, CLRELU_KERNEL_FLOAT_CHECK,
                                   &kernel);
    if (status)
        return status;
    status = clrelu_float_check_run(context, kernel, out);
    clrelu_kernel_release(context, kernel);
    return status;
}

clrelu_status clrelu_context_float_check(clrelu_context *context,
                                         clrelu_float_check *out)
{
    CLRELU_TRACE(clrelu_trace_begin(__func__));
    return clrelu_traced(check(context, out));
}
