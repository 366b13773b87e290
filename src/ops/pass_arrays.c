/* pass_arrays.c - the arrays of a chain or of PReLU
 * SPDX-License-Identifier: MIT */
#include "ops/pass_arrays.h"

#include "base/integer.h"
#include "base/status.h"
#include "base/types.h"
#include "ops/gaps.h"

/* An array, and an output with a flag to add to it; of is a member of
 * clrelu_pass. */
#define ARRAY(id, of, field) \
    [CLRELU_PASS_##id] = {#field, offsetof(clrelu_pass, of.field), 0, NULL}
#define ADDED(id, field) \
    [CLRELU_PASS_##id] = {#field, offsetof(clrelu_pass, chain.field), \
                          CLRELU_ACCUMULATE_##id, #id}

static const struct {
    const char *name;
    size_t place; /* in clrelu_pass */
    uint32_t accumulate;
    const char *flag;
} facts[CLRELU_PASS_ARRAYS] = {
    ARRAY(X, chain, x),
    ARRAY(SCALE, chain, scale),
    ARRAY(BIAS, chain, bias),
    ARRAY(ALPHA, chain, alpha),
    ARRAY(RESIDUAL, chain, residual),
    ARRAY(DY, chain, dy),
    ARRAY(DDX, second, ddx),
    ARRAY(DDSCALE, second, ddscale),
    ARRAY(DDBIAS, second, ddbias),
    ARRAY(DDALPHA, second, ddalpha),
    ARRAY(Y, chain, y),
    ARRAY(Z, chain, z),
    ADDED(DX, dx),
    ADDED(DRESIDUAL, dresidual),
    ADDED(DALPHA, dalpha),
    ADDED(DBIAS, dbias),
    ADDED(DSCALE, dscale),
    ARRAY(DDY, second, ddy),
    [CLRELU_PASS_MASK] = {"mask", offsetof(clrelu_pass, mask), 0, NULL},
    ARRAY(WORKSPACE, chain, workspace),
};

const clrelu_buffer *clrelu_pass_buffer(const clrelu_pass *p,
                                        clrelu_pass_array id)
{
    const char *pass = (const char *)p;

    return (const clrelu_buffer *)(const void *)(pass + facts[id].place);
}

static bool is_sum(clrelu_pass_array id)
{
    return id >= CLRELU_PASS_DALPHA && id <= CLRELU_PASS_DSCALE;
}

/* A gradient by an output of the backward pass. */
static bool is_gradient_by_output(clrelu_pass_array id)
{
    return id >= CLRELU_PASS_DDX && id <= CLRELU_PASS_DDALPHA;
}

static bool is_of_direction(const clrelu_pass *p, clrelu_pass_array id)
{
    if (is_gradient_by_output(id) || id == CLRELU_PASS_DDY)
        return p->is_double;
    if (id == CLRELU_PASS_DRESIDUAL && p->is_double)
        return false;
    if (id == CLRELU_PASS_RESIDUAL || id == CLRELU_PASS_Y ||
        id == CLRELU_PASS_Z)
        return !p->backward;
    return p->backward || id <= CLRELU_PASS_ALPHA || id == CLRELU_PASS_MASK;
}

void clrelu_pass_find_given(clrelu_pass *p)
{
    p->given = 0;
    for (int i = 0; i < CLRELU_PASS_ARRAYS; i++) {
        const clrelu_pass_array id = (clrelu_pass_array)i;
        if (is_of_direction(p, id) &&
            clrelu_is_given(*clrelu_pass_buffer(p, id)))
            p->given |= 1u << id;
    }
}

#define BIT(id) (1u << CLRELU_PASS_##id)
#define SUM_BITS (BIT(DALPHA) | BIT(DBIAS) | BIT(DSCALE))

/* Those that must be given.  PReLU alone reads alpha for dx, or to divide by
 * it. */
static unsigned required_bits(const clrelu_pass *p)
{
    const bool only_sums = p->is_prelu && p->backward &&
                           !(p->given & BIT(DX)) && !p->from_output,
               reads_alpha = p->chain.op == CLRELU_PRELU && !only_sums,
               reads_x = !(p->backward && (p->given & BIT(MASK))),
               only_ddy = p->is_double && !(p->given & (BIT(DX) | SUM_BITS));
    const unsigned dy = only_ddy ? 0 : BIT(DY);

    return (reads_x ? BIT(X) : 0) | (p->backward ? dy : BIT(Y)) |
           (reads_alpha ? BIT(ALPHA) : 0);
}

bool clrelu_pass_accumulates(const clrelu_pass *p, clrelu_pass_array id)
{
    return p->chain.flags & facts[id].accumulate;
}

uint64_t clrelu_pass_sum_count(const clrelu_pass *p, clrelu_pass_array id)
{
    const bool one = clrelu_pass_has_one_alpha(p) && id == CLRELU_PASS_DALPHA;

    return (p->partial ? 2 : 1) * (one ? 1 : p->merged.alphas);
}

/* ----------------------------------------------------------------- flags -- */

static uint32_t known_flags(const clrelu_pass *p)
{
    uint32_t known = 0;

    for (int id = CLRELU_PASS_DX; id <= CLRELU_PASS_DSCALE; id++) {
        const bool of_prelu = id == CLRELU_PASS_DX || id == CLRELU_PASS_DALPHA;
        if (p->backward && (of_prelu || !p->is_prelu) &&
            !(p->partial && is_sum((clrelu_pass_array)id)) &&
            is_of_direction(p, (clrelu_pass_array)id))
            known |= facts[id].accumulate;
    }
    if (p->is_prelu && p->backward)
        known |= CLRELU_FROM_OUTPUT;
    return known;
}

static clrelu_status fail_no_output(const clrelu_pass *p)
{
    if (p->is_prelu)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           p->partial
                               ? "dalpha: no buffer: mem and pointer are NULL"
                               : "dx and dalpha: no buffer: mem and pointer "
                                 "are NULL in both, at least one output must "
                                 "be given");
    return clrelu_fail(CLRELU_INVALID_NULL,
                       "%s%sdscale, dbias and dalpha: no buffer: mem and "
                       "pointer are NULL in all, at least one output must be "
                       "given",
                       p->is_double && !p->partial ? "ddy, " : "",
                       p->partial ? "" : "dx, ");
}

/* Without any, all outputs were 0. */
static clrelu_status check_gradients(const clrelu_pass *p)
{
    const unsigned gradients =
        BIT(DDX) | BIT(DDSCALE) | BIT(DDBIAS) | BIT(DDALPHA);

    if (!p->is_double || (p->given & gradients))
        return CLRELU_OK;
    return clrelu_fail(CLRELU_INVALID_NULL,
                       "ddx, ddscale, ddbias and, of CLRELU_PRELU, ddalpha: no "
                       "buffer: mem and pointer are NULL in all, at least one "
                       "gradient must be given");
}

static clrelu_status check_outputs(const clrelu_pass *p)
{
    const unsigned outputs = SUM_BITS | (p->partial ? 0 : BIT(DX) | BIT(DDY));

    if (p->backward && !(p->given & outputs))
        return fail_no_output(p);
    if (p->backward && (p->given & BIT(MASK)) && (p->given & BIT(DALPHA)))
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "dalpha: is given, must be left out with mask: it "
                           "is a sum of x*dy");
    for (int i = CLRELU_PASS_DX; i <= CLRELU_PASS_DSCALE && p->chain.flags;
         i++) {
        const clrelu_pass_array id = (clrelu_pass_array)i;
        if (clrelu_pass_accumulates(p, id) && !clrelu_pass_has(p, id))
            return clrelu_fail(CLRELU_INVALID_FLAGS,
                               "flags has CLRELU_ACCUMULATE_%s, but %s is left "
                               "out",
                               facts[id].flag, facts[id].name);
    }
    return CLRELU_OK;
}

clrelu_status clrelu_pass_check_flags(const clrelu_pass *p)
{
    clrelu_status status =
        p->chain.flags ? clrelu_check_flags(p->chain.flags, known_flags(p))
                       : CLRELU_OK;

    if (!status)
        status = check_outputs(p);
    return status ? status : check_gradients(p);
}

/* ---------------------------------------------------------------- arrays -- */

/* Of the arrays of x's shape, which may have gaps; else CLRELU_OPERANDS. */
static clrelu_operand operand_of(clrelu_pass_array id)
{
    switch (id) {
    case CLRELU_PASS_X:
        return CLRELU_OPERAND_X;
    case CLRELU_PASS_RESIDUAL:
    case CLRELU_PASS_DY:
        return CLRELU_OPERAND_DY;
    case CLRELU_PASS_Y:
    case CLRELU_PASS_DX:
        return CLRELU_OPERAND_OUT;
    case CLRELU_PASS_Z:
    case CLRELU_PASS_DRESIDUAL:
        return CLRELU_OPERAND_SECOND;
    default:
        return CLRELU_OPERANDS;
    }
}

/* Elements, and bytes of one. */
static uint64_t count_elements(const clrelu_pass *p, clrelu_pass_array id,
                               uint64_t workspace_bytes, size_t *size)
{
    *size = clrelu_dtype_size(p->alpha_dtype);
    switch (id) {
    case CLRELU_PASS_SCALE:
    case CLRELU_PASS_BIAS:
    case CLRELU_PASS_DDSCALE:
    case CLRELU_PASS_DDBIAS:
        return p->merged.alphas;
    case CLRELU_PASS_ALPHA:
    case CLRELU_PASS_DDALPHA:
        return clrelu_pass_has_one_alpha(p) ? 1 : p->merged.alphas;
    case CLRELU_PASS_DALPHA:
    case CLRELU_PASS_DBIAS:
    case CLRELU_PASS_DSCALE:
        if (p->partial)
            *size = clrelu_compute_size(p->chain.dtype);
        return clrelu_pass_sum_count(p, id);
    case CLRELU_PASS_MASK:
        *size = sizeof(cl_uint);
        return ceil_div(p->merged.n, 32);
    case CLRELU_PASS_WORKSPACE:
        *size = clrelu_compute_size(p->chain.dtype);
        return workspace_bytes / *size;
    default:
        *size = clrelu_dtype_size(p->chain.dtype);
        return clrelu_layout_extent(&p->layout, operand_of(id));
    }
}

static unsigned access_of(const clrelu_pass *p, clrelu_pass_array id)
{
    if (id == CLRELU_PASS_WORKSPACE)
        return CLRELU_READ | CLRELU_WRITE;
    if (id < CLRELU_PASS_Y || (id == CLRELU_PASS_MASK && p->backward))
        return CLRELU_READ;
    return CLRELU_WRITE | (clrelu_pass_accumulates(p, id) ? CLRELU_READ : 0u);
}

/* Of an empty x only the sums are looked at, and only arrays that the kernels
 * use. */
static unsigned checked_bits(const clrelu_pass *p, uint64_t workspace_bytes)
{
    const unsigned required = required_bits(p);
    unsigned bits = required | (p->given & ~BIT(ALPHA));

    if (workspace_bytes == 0)
        bits &= ~BIT(WORKSPACE);
    if (p->merged.alphas == 0)
        bits &= ~SUM_BITS;
    return p->merged.n > 0 ? bits : bits & SUM_BITS;
}

static bool may_be_same(clrelu_pass_array output, clrelu_pass_array input)
{
    const bool gradient = output == CLRELU_PASS_DX || output == CLRELU_PASS_DDY;

    if (input == CLRELU_PASS_X)
        return output == CLRELU_PASS_Y || output == CLRELU_PASS_Z || gradient;
    if (input == CLRELU_PASS_DY || input == CLRELU_PASS_DDX)
        return gradient;
    return output == CLRELU_PASS_Y && input == CLRELU_PASS_RESIDUAL;
}

static clrelu_status check_pair(const clrelu_pass *p, const clrelu_span spans[],
                                clrelu_pass_array output,
                                clrelu_pass_array other)
{
    const clrelu_operand a = operand_of(output), b = operand_of(other);
    const bool same = may_be_same(output, other);

    if (a == CLRELU_OPERANDS || b == CLRELU_OPERANDS)
        return clrelu_check_disjoint(&spans[output], &spans[other], same);
    return clrelu_check_apart(&p->layout, clrelu_dtype_size(p->chain.dtype), a,
                              &spans[output], b, &spans[other], same);
}

/* Backward the mask is an input, but overlaps no other. */
static clrelu_status check_overlaps(const clrelu_pass *p,
                                    const clrelu_span spans[], unsigned bits)
{
    clrelu_status status = CLRELU_OK;

    for (int i = CLRELU_PASS_Y; i < CLRELU_PASS_ARRAYS; i++)
        for (int k = 0; k < i && (bits >> i & 1) && !status; k++)
            if (bits >> k & 1)
                status = check_pair(p, spans, (clrelu_pass_array)i,
                                    (clrelu_pass_array)k);
    return status;
}

clrelu_status clrelu_pass_check_arrays(const clrelu_call *call,
                                       const clrelu_pass *p,
                                       uint64_t workspace_bytes)
{
    const unsigned bits = checked_bits(p, workspace_bytes);
    clrelu_span spans[CLRELU_PASS_ARRAYS];
    clrelu_status status = CLRELU_OK;

    for (int i = 0; i < CLRELU_PASS_ARRAYS && !status; i++) {
        const clrelu_pass_array id = (clrelu_pass_array)i;
        size_t size;
        if (!(bits >> id & 1))
            continue;
        const uint64_t n = count_elements(p, id, workspace_bytes, &size);
        const char *name =
            id == CLRELU_PASS_X && p->from_output ? "y" : facts[id].name;
        status = clrelu_check_buffer(call, name, *clrelu_pass_buffer(p, id),
                                     size, n, access_of(p, id), &spans[id]);
    }
    return status ? status : check_overlaps(p, spans, bits);
}
