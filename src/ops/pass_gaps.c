/* pass_gaps.c - the arrays with gaps of a chain or of PReLU
 * SPDX-License-Identifier: MIT */
#include "ops/pass_gaps.h"

#include "base/status.h"
#include "ops/gaps.h"

clrelu_status clrelu_pass_layout(const clrelu_strides *s, clrelu_pass *p)
{
    p->layout.axes = 0;
    p->layout.n = p->merged.n;
    if (!s)
        return CLRELU_OK;
    const bool residual = clrelu_pass_has(p, CLRELU_PASS_RESIDUAL),
               dx = clrelu_pass_has(p, CLRELU_PASS_DX),
               z = clrelu_pass_has(p, CLRELU_PASS_Z),
               dresidual = clrelu_pass_has(p, CLRELU_PASS_DRESIDUAL);
    const clrelu_operand_strides
        x = {p->from_output ? "y" : "x", p->from_output ? s->y : s->x, false},
        forward[CLRELU_OPERANDS] = {x,
                                    {residual ? "residual" : NULL, s->residual,
                                     false},
                                    {"y", s->y, true},
                                    {z ? "z" : NULL, s->z, true}},
        backward[CLRELU_OPERANDS] = {
            x,
            {"dy", s->dy, false},
            {dx ? "dx" : NULL, s->dx, true},
            {dresidual ? "dresidual" : NULL, s->dresidual, true}};
    const clrelu_status status =
        clrelu_gaps_layout(s, p->mask, p->merged.n, p->chain.shape,
                           p->backward ? backward : forward, &p->layout);

    if (!status && p->layout.axes > 0 &&
        p->merged.count > CLRELU_STRIDED_GROUPS)
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "strides: shape has %u groups of shared and other "
                           "axes, must have at most %d with strides",
                           p->merged.count, CLRELU_STRIDED_GROUPS);
    if (!status && p->layout.axes > 0)
        p->merged.line = p->layout.size[0];
    return status;
}
