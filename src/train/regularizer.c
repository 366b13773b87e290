/* regularizer.c - penalties on a parameter and their gradients
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/integer.h"
#include "base/status.h"
#include "core/check.h"
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
    const clrelu_program_key key = clrelu_parameter_key();
    const cl_ulong size = n, span = clrelu_batch_span(batch->context, n);
    const cl_float l1 = factor_l1(spec), twice_l2 = 2.0f * factor_l2(spec);
    const cl_ulong a_offset = a.offset, da_offset = da.offset;
    const clrelu_arg args[] = {
        CLRELU_ARG(size),     CLRELU_ARG(span),      CLRELU_ARG(l1),
        CLRELU_ARG(twice_l2), CLRELU_ARG(a.mem),     CLRELU_ARG(a_offset),
        CLRELU_ARG(da.mem),   CLRELU_ARG(da_offset),
    };

    if (n == 0 || (l1 == 0.0f && twice_l2 == 0.0f))
        return CLRELU_OK;
    return clrelu_batch_add(batch, &key, CLRELU_KERNEL_ADD_PENALTY_GRADIENT,
                            ceil_div(n, span), CLRELU_ARGS(args));
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

clrelu_status clrelu_penalty_add(clrelu_batch *batch, const clrelu_spec *spec,
                                 size_t rank, const size_t *dims,
                                 clrelu_buffer a, clrelu_buffer penalty,
                                 clrelu_buffer da)
{
    size_t n;
    clrelu_status status = clrelu_parameter_count(rank, dims, &n);

    if (!status && has_pairs(spec, n, dims))
        return clrelu_cosines_add(batch, spec->values[0].number, columns(spec),
                                  dims, a, penalty, da);
    const clrelu_axes all = {
        .groups = 1, .kept = 1, .reduced = n, .group = {n}};
    /* An argument of a kernel must be valid, also if it is not read. */
    if (!status && penalty.mem)
        status =
            clrelu_sum_terms_add(batch, &all, factor_l1(spec), factor_l2(spec),
                                 n > 0 ? a : penalty, penalty);
    if (!status && da.mem)
        status = add_gradient(batch, spec, n, a, da);
    return status;
}

static clrelu_status check(const clrelu_call *call, size_t n, clrelu_buffer a,
                           clrelu_buffer penalty, clrelu_buffer da)
{
    clrelu_span on_a = {0}, on_penalty = {0}, on_da = {0};
    clrelu_status status = CLRELU_OK;

    if (!penalty.mem && !da.mem)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "penalty and da: mem is NULL in both, at least one "
                           "output must be given");
    if (n > 0)
        status = clrelu_check_buffer(call, "a", a, 4, n, CLRELU_READ, &on_a);
    if (!status && penalty.mem)
        status = clrelu_check_buffer(call, "penalty", penalty, 4, 1,
                                     CLRELU_WRITE, &on_penalty);
    if (!status && da.mem && n > 0)
        status = clrelu_check_buffer(call, "da", da, 4, n,
                                     CLRELU_READ | CLRELU_WRITE, &on_da);
    if (!status && on_penalty.root && on_a.root)
        status = clrelu_check_disjoint(&on_penalty, &on_a, false);
    if (!status && on_penalty.root && on_da.root)
        status = clrelu_check_disjoint(&on_penalty, &on_da, false);
    if (!status && on_da.root)
        status = clrelu_check_disjoint(&on_da, &on_a, false);
    return status;
}

clrelu_status clrelu_regularize(clrelu_context *context, cl_command_queue queue,
                                clrelu_dtype dtype, const char *regularizer,
                                size_t rank, const size_t *dims,
                                clrelu_buffer a, clrelu_buffer penalty,
                                clrelu_buffer da, cl_uint wait_count,
                                const cl_event *wait_list, cl_event *event)
{
    const clrelu_call call = {context, queue, wait_count, wait_list, event};
    clrelu_batch batch = {.context = context};
    clrelu_spec spec;
    size_t n = 0;
    clrelu_status status = clrelu_parameter_check(&call, dtype);

    if (!status)
        status = clrelu_regularizer_parse(
            regularizer, regularizer ? strlen(regularizer) : 0, &spec);
    if (!status)
        status = clrelu_parameter_count(rank, dims, &n);
    if (!status)
        status = clrelu_regularizer_check(&spec, rank);
    if (!status)
        status = check(&call, n, a, penalty, da);
    if (!status)
        status = clrelu_penalty_add(&batch, &spec, rank, dims, a, penalty, da);
    if (!status)
        status = clrelu_batch_enqueue(&call, &batch);
    clrelu_batch_end(&batch);
    return status;
}
