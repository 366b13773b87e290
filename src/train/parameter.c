/* parameter.c - updates of a parameter between two passes
 * SPDX-License-Identifier: MIT */
#include "train/parameter.h"

#include "base/integer.h"
#include "base/status.h"
#include "core/check.h"

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

    if (!status)
        status = CLRELU_CHECK_STRUCT("parameter", p);
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

static clrelu_status add_terms(clrelu_batch *batch, const clrelu_axes *axes,
                               cl_ulong parts, float l1, float l2,
                               clrelu_buffer a, const clrelu_step *step,
                               cl_mem sums)
{
    const uint64_t count = parts * axes->kept;
    /* Finding a term takes an iteration for each group of axes. */
    const uint64_t iterations =
        (axes->reduced / parts + 1) * (axes->groups + 1);
    const cl_ulong span =
        clrelu_parameter_span(batch->context, count, iterations);
    const bool steps = step != NULL;
    const clrelu_step none = {0}, *s = steps ? step : &none;
    const clrelu_arg args[] = {
        CLRELU_ARG(*axes),
        CLRELU_ARG(parts),
        CLRELU_ARG(span),
        CLRELU_ARG_IF(!steps, l1),
        CLRELU_ARG_IF(!steps, l2),
        CLRELU_ARG_IF(steps, s->factors),
        CLRELU_ARRAY(a),
        CLRELU_ARRAY_IF(steps, s->gradient),
        CLRELU_ARRAY_IF(steps, s->velocity),
        CLRELU_ARG(sums),
    };

    return clrelu_parameter_add(
        batch, steps ? CLRELU_KERNEL_STEP_TERMS : CLRELU_KERNEL_SUM_TERMS,
        count, span, CLRELU_ARGS(args));
}

clrelu_status clrelu_sum_terms_add(clrelu_batch *batch, const clrelu_axes *axes,
                                   float l1, float l2, clrelu_buffer a,
                                   const clrelu_step *step, clrelu_buffer out)
{
    const clrelu_program_key key = clrelu_parameter_key();
    const cl_ulong parts =
        min_u64(max_u64(ceil_div(axes->reduced, PART), 1), MAX_PARTS);
    cl_mem sums = NULL;
    clrelu_status status = clrelu_batch_scratch(
        batch, 2 * parts * axes->kept * sizeof(float), &sums);

    if (!status)
        status = add_terms(batch, axes, parts, l1, l2, a, step, sums);
    if (!status)
        status = clrelu_batch_sum_rows(batch, &key, clrelu_at(sums, 0), parts,
                                       axes->kept, false, false, out);
    return status;
}
