/* gaps.c - the arrays with gaps of a call
 * SPDX-License-Identifier: MIT */
#include "ops/gaps.h"

#include "base/status.h"

clrelu_status clrelu_gaps_layout(const clrelu_strides *s, clrelu_buffer mask,
                                 uint64_t n, const clrelu_shape *shape,
                                 const clrelu_operand_strides *operands,
                                 clrelu_layout *layout)
{
    if (clrelu_is_given(mask))
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "mask: is given, must be left out with strides");
    return clrelu_layout_make(s, n, shape, operands, !shape, layout);
}

clrelu_status clrelu_elementwise_layout(const clrelu_elementwise *e,
                                        bool backward, clrelu_layout *layout)
{
    const clrelu_strides *s = e->strides;
    const bool from_output = e->flags & CLRELU_FROM_OUTPUT;

    layout->axes = 0;
    layout->n = e->n;
    if (!s)
        return CLRELU_OK;
    const clrelu_operand_strides operands[CLRELU_OPERANDS] = {
        {from_output ? "y" : "x", from_output ? s->y : s->x, false},
        {backward ? "dy" : NULL, s->dy, false},
        {backward ? "dx" : "y", backward ? s->dx : s->y, true}};
    return clrelu_gaps_layout(s, e->mask, e->n, NULL, operands, layout);
}

/* Whether one is in the gaps of the other. */
static bool interlaces(const clrelu_layout *l, size_t size, clrelu_operand a,
                       const clrelu_span *output, const clrelu_span *other)
{
    const int64_t bytes = (int64_t)(output->begin - other->begin);

    return l->axes > 0 && output->root == other->root &&
           bytes % (int64_t)size == 0 &&
           !clrelu_layout_meet(l, a, bytes / (int64_t)size);
}

clrelu_status clrelu_check_apart(const clrelu_layout *l, size_t size,
                                 clrelu_operand a, const clrelu_span *output,
                                 clrelu_operand b, const clrelu_span *other,
                                 bool same)
{
    const bool alike = l->axes == 0 || clrelu_layout_same(l, a, b);

    if (alike && interlaces(l, size, a, output, other))
        return CLRELU_OK;
    return clrelu_check_disjoint(output, other, same && alike);
}
