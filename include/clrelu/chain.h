/* chain.h - scale, bias, activation, gain and residual in one pass
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CHAIN_H
#define CLRELU_CHAIN_H

#include "activations.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is done around an activation f, in one pass over memory in each
 * direction.  Every part is optional:
 *
 *     z = scale*x + bias                  df = gain*dy
 *     y = gain*f(z) + residual            dz = f'(z)*df,  dx = scale*dz
 *
 *     dscale = sum of x*dz        dalpha = sum of z*df where z < 0
 *     dbias = sum of dz           dresidual = dy
 *
 * scale and bias have an element for each combination of the indices along the
 * axes that are not shared, as PReLU's alpha has; so have dscale and dbias.
 * One shape is for all of them: a convolution's or a dense layer's scale, bias
 * and alpha are of its channels.  alpha may also be a single element.
 *
 * Each operation is rounded as if it were a call of its own: scale*x, then
 * + bias, then f, gain*, + residual, and likewise backward.  So for float32 and
 * float64 a chain has the bits of chains of one part each, called one after the
 * other; f is then clrelu_forward's and clrelu_backward's, or their like for
 * prelu.  A part that is left out is not computed, and a gain of 1 changes no
 * bit.  For float16 and bfloat16 all values between x and an output are
 * float32, and each output is rounded once.  Calls one after the other round
 * more often, so their bits may differ; clrelu_prelu_forward and clrelu_forward
 * round the exact product alpha*x once, a chain rounds it to float32 first.
 *
 *   op            f; CLRELU_LEAKY_RELU with the scalar 1 is f(z) = z
 *   dtype         the type of x, residual, z, y, dy, dx and dresidual
 *   alpha_dtype   the type of scale, bias, alpha and their gradients: 0 for
 *                 dtype, or CLRELU_FLOAT32 with float16 or bfloat16
 *   flags         backward only: any of CLRELU_ACCUMULATE_DX, _DALPHA, _DBIAS,
 *                 _DSCALE and _DRESIDUAL, each with its output
 *   scalar        as in clrelu_elementwise; CLRELU_PRELU ignores it
 *   gain          finite in the type that computes; 0 stands for 1
 *   alpha_count   CLRELU_PRELU only: 1 for a single alpha and dalpha; 0 or the
 *                 shape's number for an alpha for each combination
 *   shape         x's shape, and the shared axes of scale, bias and alpha
 *   x             the input
 *   scale, bias   inputs that may be left out
 *   alpha         the input of CLRELU_PRELU; others ignore it and dalpha
 *   residual      forward only: an input that may be left out
 *   z             forward only: an output that may be left out
 *   y             forward only: the output
 *   dy            backward only: the gradient by y
 *   dx, dscale, dbias, dalpha   backward only: outputs; at least one is given.
 *                 dscale and dbias need no scale and bias: those are 1 and 0
 *   dresidual     backward only: an output that may be left out, as it is dy
 *   workspace     backward only: scratch memory of at least
 *                 clrelu_chain_workspace elements, reusable once the call's
 *                 commands have run; left out: the call allocates it
 *   strides       as in clrelu_elementwise */
typedef struct clrelu_chain {
    clrelu_op op;
    clrelu_dtype dtype;
    clrelu_dtype alpha_dtype;
    uint32_t flags;
    double scalar;
    double gain;
    size_t alpha_count;
    const clrelu_shape *shape;
    clrelu_buffer x, scale, bias, alpha, residual, z, y;
    clrelu_buffer dy, dx, dscale, dbias, dalpha, dresidual, workspace;
    const clrelu_strides *strides;
    uint64_t reserved[7];
} clrelu_chain;

/* y, and z if it is given.
 * Aliasing: y may be x or residual, and z may be x; any other overlap of an
 * output is an error.
 * Accuracy: each operation is correctly rounded; elu as in clrelu_forward.  The
 * same bits on every device with IEEE float32 and fma.
 * Errors: those of clrelu_prelu_forward, INVALID_OP and INVALID_SCALAR (scalar,
 * gain). */
CLRELU_API clrelu_status clrelu_chain_forward(clrelu_context *context,
                                              const clrelu_exec *exec,
                                              const clrelu_chain *call);

/* The outputs that are given, from one pass over x and dy; x is the forward
 * call's, and z is computed again.  After a forward call that has stored z, z
 * may be given as x, without scale and bias: then dx is dz.
 * CLRELU_FROM_OUTPUT is refused: y is not f(z) alone.  Nor has a chain a mask.
 * Aliasing: dx may be dy or x; any other overlap of an output is an error.
 * Accuracy: dx as y of clrelu_chain_forward.  dscale, dbias and dalpha are
 * compensated sums of the rounded x, z, df and dz, in an order that depends on
 * the shape alone: the same bits from run to run and on every device with IEEE
 * float32 and fma.  Each has the bound of dalpha of clrelu_prelu_backward,
 * where A is the sum of the |x*dz|, |dz| or |z*df|.  A single dalpha of a shape
 * of several alphas has alphas/32 + 37 more in m.
 * Errors: those of clrelu_chain_forward. */
CLRELU_API clrelu_status clrelu_chain_backward(clrelu_context *context,
                                               const clrelu_exec *exec,
                                               const clrelu_chain *call);

/* The same for a shard of a batch, as clrelu_prelu_backward_partial: dscale,
 * dbias and dalpha are partials of two rows each, for clrelu_sum_partials.  At
 * least one of them is given; flags may have CLRELU_ACCUMULATE_DX and
 * CLRELU_ACCUMULATE_DRESIDUAL.
 * Errors: those of clrelu_chain_backward. */
CLRELU_API clrelu_status clrelu_chain_backward_partial(
    clrelu_context *context, const clrelu_exec *exec, const clrelu_chain *call);

/* The second derivatives: the backward pass of clrelu_chain_backward.
 *
 *   ddx, ddscale, ddbias, ddalpha   inputs of the types and shapes of dx,
 *                 dscale, dbias and dalpha: the gradients by them.  Those left
 *                 out are 0; at least one is given.  ddalpha is for
 *                 CLRELU_PRELU; others ignore it
 *   ddy           an output of dy's type and shape, the gradient by dy; it may
 *                 be left out */
typedef struct clrelu_second {
    clrelu_buffer ddx, ddscale, ddbias, ddalpha;
    clrelu_buffer ddy;
    uint64_t reserved[4];
} clrelu_second;

/* The gradients by what clrelu_chain_backward reads, from one pass:
 *
 *     g = (scale*ddx + x*ddscale) + ddbias
 *     gz = f''(z)*df*g;  prelu: ddalpha*df where z < 0
 *
 *     ddy = gain*(f'(z)*g + (ddalpha*z where z < 0))
 *     dx = scale*gz + ddscale*dz       dscale = sum of x*gz + ddx*dz
 *     dalpha = sum of df*g where z < 0          dbias = sum of gz
 *
 * z, df and dz are as above.  f'' of elu is f' where z < 0, and gz is dz*g; of
 * the others it is 0.  dx, dscale, dbias and dalpha are those of call: outputs,
 * at least one of which or ddy is given; its flags may have theirs.  dresidual,
 * which is dy, is ignored: the caller adds the gradient by it to ddy.
 *
 * One operation is a chain of no parts, of a shape of any rank: PReLU with its
 * shared axes, or elu of the shape (n).  leaky_relu and thresholded_relu have a
 * dx of 0 then, and ddy is clrelu_backward of ddx.
 *
 * Forward mode: with the tangents of x, scale, bias and alpha as ddx, ddscale,
 * ddbias and ddalpha, ddy is the tangent of y, without that of residual.  For
 * ddy alone dy is not read, and may be left out.  Of PReLU alone that is
 *     ty = x < 0 ? alpha*tx + talpha*x : tx;
 * the other operations' tangent is clrelu_backward with tx as dy.
 *
 * All arrays are without gaps; strides is refused with UNSUPPORTED.
 * Aliasing: dx and ddy may each be x, dy or ddx; any other overlap of an output
 * is an error.
 * Accuracy: each operation is rounded, in the order of the formulas, and
 * f'(z)*df and f'(z)*g as dx of clrelu_backward.  dscale, dbias and dalpha are
 * compensated sums as in clrelu_chain_backward, of the rounded x, ddx, z, df,
 * dz, g and gz, with the same bound; m of dscale is twice as large, A is its
 * sum of the |x*gz| and |ddx*dz|.  The same bits from run to run and on every
 * device with IEEE float32 and fma.
 * Errors: those of clrelu_chain_backward. */
CLRELU_API clrelu_status clrelu_chain_double_backward(
    clrelu_context *context, const clrelu_exec *exec, const clrelu_chain *call,
    const clrelu_second *second);

/* The same for a shard of a batch, as clrelu_chain_backward_partial.
 * Errors: those of clrelu_chain_double_backward. */
CLRELU_API clrelu_status clrelu_chain_double_backward_partial(
    clrelu_context *context, const clrelu_exec *exec, const clrelu_chain *call,
    const clrelu_second *second);

/* The elements of the workspace of a clrelu_chain_backward or
 * clrelu_chain_double_backward with these outputs, float64 if dtype is, else
 * float32; 0: none is needed.  It only matters which buffers are given.
 * Errors: those of clrelu_prelu_alpha_dims, INVALID_OP, INVALID_DTYPE and
 * INVALID_SCALAR. */
CLRELU_API clrelu_status clrelu_chain_workspace(const clrelu_chain *call,
                                                size_t *count);

#ifdef __cplusplus
}
#endif

#endif
