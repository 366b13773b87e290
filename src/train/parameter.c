/* parameter.c - updates of a parameter between two passes
 * SPDX-License-Identifier: MIT */
#include "train/parameter.h"

#include <math.h>

#include "base/integer.h"
#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"

enum {
    PART = 256,             /* terms that repay a partial sum */
    MAX_PARTS = 4096,       /* partial sums of an element */
    MAX_GROUPS = 1 << 20,   /* of the size of a work-group, in a launch */
    TASK_ITERATIONS = 32768 /* of the loops of a work-item, for llvmpipe */
};

clrelu_program_key clrelu_parameter_key(void)
{
    return (clrelu_program_key){.dtype = CLRELU_FLOAT32,
                                .kind = CLRELU_PROGRAM_PARAMETER};
}

clrelu_status clrelu_parameter_add(clrelu_batch *batch, clrelu_kernel_id id,
                                   uint64_t n, cl_ulong span,
                                   const clrelu_arg *args, cl_uint count)
{
    const clrelu_program_key key = clrelu_parameter_key();

    return clrelu_batch_add(batch, &key, id, ceil_div(n, span), args, count);
}

clrelu_status clrelu_parameter_check(const clrelu_call *call,
                                     const clrelu_parameter *p, size_t *n)
{
    clrelu_status status = clrelu_check_call(call);

    if (!status && !p)
        status = clrelu_fail(CLRELU_INVALID_NULL, "parameter is NULL");
    if (!status)
        status = CLRELU_CHECK_RESERVED("parameter", p->reserved);
    return status ? status : clrelu_parameter_count(p->rank, p->dims, n);
}

clrelu_status clrelu_parameter_count(size_t rank, const size_t *dims, size_t *n)
{
    size_t product = 1;
    bool empty = false;

    if (rank >= CLRELU_MAX_RANK)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "rank is %zu, must be at most %d", rank,
                           CLRELU_MAX_RANK - 1);
    if (rank > 0 && !dims)
        return clrelu_fail(CLRELU_INVALID_NULL, "dims is NULL, rank is %zu",
                           rank);
    for (size_t i = 0; i < rank; i++) {
        empty |= dims[i] == 0;
        if (dims[i] > 0 && product > SIZE_MAX / 8 / dims[i])
            return clrelu_fail(CLRELU_INVALID_SIZE,
                               "the product of dims[0..%zu] in bytes does not "
                               "fit %zu bits",
                               i, 8 * sizeof(size_t));
        product *= dims[i] > 0 ? dims[i] : 1;
    }
    *n = empty ? 0 : product;
    return CLRELU_OK;
}

/* Several elements of few iterations, but not too many for llvmpipe, whose
 * loops end after 65535 iterations in all, nor too few for one launch. */
cl_ulong clrelu_parameter_span(const clrelu_context *context, uint64_t n,
                               uint64_t iterations)
{
    const cl_ulong max = clrelu_batch_span(context, n);
    const cl_ulong span =
        TASK_ITERATIONS / (iterations + 1) + 1 + n / MAX_GROUPS;

    return span < max ? round_up(span, context->params.group) : max;
}

clrelu_status clrelu_sum_terms_add(clrelu_batch *batch, const clrelu_axes *axes,
                                   float l1, float l2, clrelu_buffer a,
                                   clrelu_buffer out)
{
    const clrelu_program_key key = clrelu_parameter_key();
    const cl_ulong parts =
        min_u64(max_u64(ceil_div(axes->reduced, PART), 1), MAX_PARTS);
    cl_mem sums = NULL;
    const uint64_t count = parts * axes->kept;
    /* Finding a term takes an iteration for each group of axes. */
    const uint64_t iterations =
        (axes->reduced / parts + 1) * (axes->groups + 1);
    const cl_ulong span =
        clrelu_parameter_span(batch->context, count, iterations);
    clrelu_status status =
        clrelu_batch_scratch(batch, 2 * count * sizeof(float), &sums);
    if (status)
        return status;
    const clrelu_arg args[] = {
        CLRELU_ARG(*axes), CLRELU_ARG(parts), CLRELU_ARG(span), CLRELU_ARG(l1),
        CLRELU_ARG(l2),    CLRELU_ARRAY(a),   CLRELU_ARG(sums),
    };
    status = clrelu_parameter_add(batch, CLRELU_KERNEL_SUM_TERMS, count, span,
                                  CLRELU_ARGS(args));
    if (!status)
        status = clrelu_batch_sum_rows(batch, &key, clrelu_at(sums, 0), parts,
                                       axes->kept, false, false, out);
    return status;
}

clrelu_status clrelu_sgd_check(double learning_rate, double momentum)
{
    if (!isfinite((float)learning_rate))
        return clrelu_fail(CLRELU_INVALID_SCALAR,
                           "learning_rate is %g, must be finite in float32",
                           learning_rate);
    if (!isfinite((float)momentum))
        return clrelu_fail(CLRELU_INVALID_SCALAR,
                           "momentum is %g, must be finite in float32",
                           momentum);
    return CLRELU_OK;
}

clrelu_status clrelu_sgd_add(clrelu_batch *batch, double learning_rate,
                             double momentum, size_t n,
                             const clrelu_parameter *p)
{
    const cl_ulong size = n, span = clrelu_batch_span(batch->context, n);
    const cl_float rate = (cl_float)learning_rate, decay = (cl_float)momentum;
    /* An argument that is not used must be valid, too. */
    const clrelu_buffer v =
        clrelu_is_given(p->velocity) ? p->velocity : p->values;
    const clrelu_arg args[] = {
        CLRELU_ARG(size),  CLRELU_ARG(span),        CLRELU_ARG(rate),
        CLRELU_ARG(decay), CLRELU_ARRAY(p->values), CLRELU_ARRAY(p->gradient),
        CLRELU_ARRAY(v),
    };

    if (n == 0)
        return CLRELU_OK;
    CLRELU_TRACE(clrelu_trace_bytes(sizeof(float) * (uint64_t)n *
                                    (decay != 0.0f ? 6 : 4)));
    return clrelu_parameter_add(batch, CLRELU_KERNEL_SGD_STEP, n, span,
                                CLRELU_ARGS(args));
}

static clrelu_status check_arrays(const clrelu_call *call, double momentum,
                                  size_t n, const clrelu_parameter *p)
{
    const unsigned access = CLRELU_READ | CLRELU_WRITE;
    const bool moves = clrelu_is_given(p->velocity) || (float)momentum != 0.0f;
    clrelu_span values, gradient, velocity;
    clrelu_status status =
        clrelu_check_buffer(call, "values", p->values, 4, n, access, &values);

    if (!status)
        status = clrelu_check_buffer(call, "gradient", p->gradient, 4, n,
                                     access, &gradient);
    if (!status)
        status = clrelu_check_disjoint(&values, &gradient, false);
    if (status || !moves)
        return status;
    status = clrelu_check_buffer(call, "velocity", p->velocity, 4, n, access,
                                 &velocity);
    if (!status)
        status = clrelu_check_disjoint(&velocity, &values, false);
    return status ? status : clrelu_check_disjoint(&velocity, &gradient, false);
}

clrelu_status clrelu_sgd_step(clrelu_context *context, const clrelu_exec *exec,
                              double learning_rate, double momentum,
                              const clrelu_parameter *parameter)
{
    const clrelu_call call = {context, exec};
    clrelu_batch batch = {.context = context};
    size_t n = 0;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_trace_parameter(NULL, parameter));
    status = clrelu_parameter_check(&call, parameter, &n);
    if (!status)
        status = clrelu_sgd_check(learning_rate, momentum);
    if (!status && n > 0)
        status = check_arrays(&call, momentum, n, parameter);
    if (!status)
        status = clrelu_sgd_add(&batch, learning_rate, momentum, n, parameter);
    return clrelu_traced(clrelu_batch_finish(&call, &batch, status));
}
