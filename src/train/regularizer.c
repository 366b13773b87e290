/* regularizer.c - penalties on a parameter and their gradients
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "train/parameter.h"

enum id { NONE, L1, L2, L1_L2, ORTHOGONAL };
enum mode { ROWS, COLUMNS };

#define FACTOR(name, preset, other) \
    { \
        name, CLRELU_NUMBER, preset, NULL, other \
    }

static const char *const modes[] = {
    [ROWS] = "rows", [COLUMNS] = "columns", NULL};

/* Names, arguments and defaults of Keras.  There the function l1_l2 and the
 * class L1L2 have different defaults; l is Keras 2's name for l1's and l2's
 * argument. */
static const clrelu_entry table[] = {
    {NONE, {"None"}, {{0}}},
    {L1, {"l1", "L1"}, {FACTOR("l1", 0.01, "l")}},
    {L2, {"l2", "L2"}, {FACTOR("l2", 0.01, "l")}},
    {L1_L2, {"l1_l2"}, {FACTOR("l1", 0.01, NULL), FACTOR("l2", 0.01, NULL)}},
    {L1_L2, {"L1L2"}, {FACTOR("l1", 0.0, NULL), FACTOR("l2", 0.0, NULL)}},
    {ORTHOGONAL,
     {"orthogonal_regularizer", "OrthogonalRegularizer"},
     {FACTOR("factor", 0.01, NULL),
      {"mode", CLRELU_CHOICE, ROWS, modes, NULL}}},
    {0, {NULL}, {{0}}}};

clrelu_status clrelu_regularizer_parse(const char *text, size_t length,
                                       clrelu_spec *spec)
{
    clrelu_status status = clrelu_spec_parse(
        "regularizer", table, text ? text : "None", text ? length : 4, spec);

    for (unsigned i = 0; i < 2 && !status; i++)
        if (spec->values[i].number < 0.0)
            status = clrelu_spec_refuse(spec, i, ">= 0");
    return status;
}

clrelu_status clrelu_regularizer_check(const clrelu_spec *spec, size_t rank)
{
    if (spec->entry->id == ORTHOGONAL && rank != 2)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "orthogonal_regularizer: rank is %zu, must be 2",
                           rank);
    return CLRELU_OK;
}

static float factor_l1(const clrelu_spec *spec)
{
    const bool has = spec->entry->id == L1 || spec->entry->id == L1_L2;

    return has ? (float)spec->values[0].number : 0.0f;
}

static float factor_l2(const clrelu_spec *spec)
{
    if (spec->entry->id == L2)
        return (float)spec->values[0].number;
    return spec->entry->id == L1_L2 ? (float)spec->values[1].number : 0.0f;
}

static clrelu_status add_gradient(clrelu_batch *batch, const clrelu_spec *spec,
                                  size_t n, clrelu_buffer a, clrelu_buffer da)
{
    const cl_ulong size = n, span = clrelu_batch_span(batch->context, n);
    const cl_float l1 = factor_l1(spec), twice_l2 = 2.0f * factor_l2(spec);
    const clrelu_arg args[] = {
        CLRELU_ARG(size),     CLRELU_ARG(span), CLRELU_ARG(l1),
        CLRELU_ARG(twice_l2), CLRELU_ARRAY(a),  CLRELU_ARRAY(da),
    };

    if (n == 0 || (l1 == 0.0f && twice_l2 == 0.0f))
        return CLRELU_OK;
    return clrelu_parameter_add(batch, CLRELU_KERNEL_ADD_PENALTY_GRADIENT, n,
                                span, CLRELU_ARGS(args));
}

static bool columns(const clrelu_spec *spec)
{
    return (size_t)spec->values[1].number == COLUMNS;
}

/* Otherwise the penalty is 0. */
static bool has_pairs(const clrelu_spec *spec, size_t n, const size_t *dims)
{
    return spec->entry->id == ORTHOGONAL && n > 0 &&
           spec->values[0].number > 0.0 && dims[columns(spec)] > 1;
}

static void trace_bytes(const clrelu_spec *spec, size_t n,
                        const clrelu_parameter *p, clrelu_buffer penalty)
{
    const bool adds = clrelu_is_given(p->gradient) &&
                      (factor_l1(spec) != 0.0f || factor_l2(spec) != 0.0f ||
                       has_pairs(spec, n, p->dims));
    const uint64_t arrays = adds ? 3 : (clrelu_is_given(penalty) ? 1 : 0);

    clrelu_trace_bytes(arrays * n * sizeof(float));
}

clrelu_status clrelu_penalty_add(clrelu_batch *batch, const clrelu_spec *spec,
                                 const clrelu_parameter *p,
                                 clrelu_buffer penalty)
{
    size_t n;
    clrelu_status status = clrelu_parameter_count(p->rank, p->dims, &n);

    if (status)
        return status;
    CLRELU_TRACE(trace_bytes(spec, n, p, penalty));
    if (has_pairs(spec, n, p->dims))
        return clrelu_cosines_add(batch, spec->values[0].number, columns(spec),
                                  p, penalty);
    const clrelu_axes all = {
        .groups = 1, .kept = 1, .reduced = n, .group = {n}};
    /* An argument of a kernel must be valid, also if it is not read. */
    if (clrelu_is_given(penalty))
        status =
            clrelu_sum_terms_add(batch, &all, factor_l1(spec), factor_l2(spec),
                                 n > 0 ? p->values : penalty, NULL, penalty);
    if (!status && clrelu_is_given(p->gradient))
        status = add_gradient(batch, spec, n, p->values, p->gradient);
    return status;
}

clrelu_status clrelu_penalty_add_to_step(clrelu_batch *batch,
                                         const clrelu_spec *spec,
                                         const clrelu_parameter *p,
                                         clrelu_step *step)
{
    if (spec->entry->id == ORTHOGONAL)
        return clrelu_penalty_add(batch, spec, p, (clrelu_buffer){0});
    step->factors.s[2] = factor_l1(spec);
    step->factors.s[3] = 2.0f * factor_l2(spec);
    return CLRELU_OK;
}

static clrelu_status check(const clrelu_call *call, size_t n,
                           const clrelu_parameter *p, clrelu_buffer penalty)
{
    const bool wants_penalty = clrelu_is_given(penalty),
               wants_gradient = clrelu_is_given(p->gradient);
    const size_t size = sizeof(float);
    const clrelu_array arrays[] = {
        {"values", p->values, size, n, n > 0 ? CLRELU_READ : 0},
        {"penalty", penalty, size, 1, wants_penalty ? CLRELU_WRITE : 0},
        {"gradient", p->gradient, size, n,
         wants_gradient && n > 0 ? CLRELU_READ | CLRELU_WRITE : 0}};

    if (!wants_penalty && !wants_gradient)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "penalty and gradient: no buffer: mem and pointer "
                           "are NULL in both, at least one output must be "
                           "given");
    return clrelu_check_arrays(call, CLRELU_ARRAYS(arrays));
}

clrelu_status clrelu_penalty(clrelu_context *context, const clrelu_exec *exec,
                             const char *regularizer,
                             const clrelu_parameter *parameter,
                             clrelu_buffer penalty)
{
    const clrelu_call call = {context, exec};
    clrelu_batch batch = {.context = context};
    clrelu_spec spec;
    size_t n = 0;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_trace_parameter(regularizer, parameter));
    status = clrelu_parameter_check(&call, parameter, &n);
    if (!status)
        status = clrelu_regularizer_parse(
            regularizer, regularizer ? strlen(regularizer) : 0, &spec);
    if (!status)
        status = clrelu_regularizer_check(&spec, parameter->rank);
    if (!status)
        status = check(&call, n, parameter, penalty);
    if (!status)
        status = clrelu_penalty_add(&batch, &spec, parameter, penalty);
    return clrelu_traced(clrelu_batch_finish(&call, &batch, status));
}
