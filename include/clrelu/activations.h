/* activations.h - the operations, forward and backward
 * SPDX-License-Identifier: MIT
 *
 *   op                y = f(x)                    dx = f'(x) * dy
 *   leaky_relu        x < 0 ? alpha*x : x         x < 0 ? alpha*dy : dy
 *   prelu             x < 0 ? alpha[j]*x : x      x < 0 ? alpha[j]*dy : dy
 *   elu               x < 0 ? alpha*expm1(x) : x  x < 0 ? alpha*exp(x)*dy : dy
 *   thresholded_relu  x > theta ? x : 0           x > theta ? dy : 0
 *
 * The formulas are those of the Keras page "Advanced Activations", each with
 * its branch on the first comparison as written here: x == 0 and -0.0 count as
 * not negative (derivative 1, sign kept), x == theta gives 0.  NaN propagates
 * through the first three; thresholded_relu gives 0 for NaN.
 */
#ifndef CLRELU_ACTIVATIONS_H
#define CLRELU_ACTIVATIONS_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum clrelu_op {
    CLRELU_LEAKY_RELU = 1,      /* scalar alpha, finite, >= 0; Keras: 0.3 */
    CLRELU_PRELU = 2,           /* alpha is an array: clrelu_prelu below */
    CLRELU_ELU = 3,             /* scalar alpha, finite; Keras: 1.0 */
    CLRELU_THRESHOLDED_RELU = 4 /* scalar theta, finite, >= 0; Keras: 1.0 */
} clrelu_op;

/* The operation's name as the command line takes it, such as "leaky_relu";
 * NULL if op is no enumerator. */
CLRELU_API const char *clrelu_op_name(clrelu_op op);

/* The name of the operation's parameter, "alpha" or "theta"; value, if not
 * NULL, receives its default in Keras.  NULL if op is no enumerator. */
CLRELU_API const char *clrelu_op_parameter(clrelu_op op, double *value);

/* ------------------------------------------------------------- strides -- */

#define CLRELU_MAX_RANK 64

/* Arrays with gaps, such as slices of channels, padded rows and sub-images:
 * element i[0], i[1] ... is i[0]*stride[0] + i[1]*stride[1] + ... elements
 * after the first one.  Bits and sums are those of the same values without
 * gaps.  Nothing is written to a gap.
 *
 *   rank, dims   extents of the arrays, 0 <= rank <= CLRELU_MAX_RANK: those of
 *                the call's shape, or any whose product is the call's n
 *   x, y ...     rank strides of each array, in elements; NULL: the array has
 *                no gaps.  Those of an array that is not given are ignored
 *
 * No stride is negative.  The elements of an input may overlap, by a stride of
 * 0 for example.  Those of an output may not: in the order of its strides, each
 * is larger than the distance from the first to the last element along the axes
 * of smaller strides, counted together.
 *
 * Axes are merged as far as the strides of all arrays allow.  UNSUPPORTED: more
 * than 6 axes that are left, more than 16 groups of shared and other axes, and
 * strides with a mask or for second derivatives.
 *
 * Aliasing: an output that may be an input must have its strides, too.  Two
 * arrays of the same strides may lie in each other's gaps; the bytes from the
 * first to the last element of other arrays must be disjoint. */
typedef struct clrelu_strides {
    size_t rank;
    const size_t *dims;
    const int64_t *x, *y, *dy, *dx, *residual, *z, *dresidual;
    uint64_t reserved[3];
} clrelu_strides;

/* -------------------------------------------------------- element-wise -- */

/* A call of an operation with a scalar parameter.
 *
 *   op      any but CLRELU_PRELU
 *   dtype   the type of all arrays
 *   flags   backward only: CLRELU_ACCUMULATE_DX adds the rounded product to dx;
 *           CLRELU_FROM_OUTPUT reads y instead of x
 *   scalar  alpha or theta; it is rounded first to the type that computes:
 *           float64 if dtype is, else float32, in which it must be finite
 *   n       elements of each array; 0 enqueues at most a marker
 *   x       the input; backward: not with CLRELU_FROM_OUTPUT or a mask
 *   y       forward: the output; backward: only read with CLRELU_FROM_OUTPUT
 *   dy, dx  backward only: the gradient by y, and the output
 *   mask    may be left out; forward: another output, backward: an input
 *           instead of x.  uint32 elements, ceil(n/32) of them: bit i%32 of
 *           element i/32 is 1 where x[i] has the derivative 1, x < 0 being
 *           false or x > theta true; the last element's other bits are 0.
 *           Disjoint from all other arrays.  Not for CLRELU_ELU
 *   strides may be NULL: no array has gaps */
typedef struct clrelu_elementwise {
    clrelu_op op;
    clrelu_dtype dtype;
    uint32_t flags;
    uint32_t reserved_32;
    double scalar;
    size_t n;
    clrelu_buffer x, y, dy, dx;
    clrelu_buffer mask;
    const clrelu_strides *strides;
    uint64_t reserved[3];
} clrelu_elementwise;

/* y[i] = f(x[i]) for 0 <= i < n.
 * Aliasing: y may be x (the same bytes, also through a sub-buffer); any other
 * overlap of an output is an error.
 * Accuracy: correctly rounded; elu within 1 ulp for alpha = 1, else within 1.5
 * ulp.  The same bits on every device with IEEE float32 and fma.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_OP, INVALID_DTYPE, INVALID_SCALAR, INVALID_SIZE, INVALID_RANK,
 * INVALID_STRIDES, INVALID_FLAGS, INVALID_RESERVED, INVALID_BUFFER, BUFFER_*,
 * UNSUPPORTED, BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_forward(clrelu_context *context,
                                        const clrelu_exec *exec,
                                        const clrelu_elementwise *call);

/* dx[i] = f'(x[i]) * dy[i] for 0 <= i < n.  x is the input of the forward call.
 * A mask of the forward call gives the same bits as x.
 * Forward mode: with the tangent of x as dy, dx is the tangent of y.  Second
 * derivatives: clrelu_chain_double_backward in chain.h.
 *
 * With CLRELU_FROM_OUTPUT the output y of the forward call takes the place of
 * x, which may have been overwritten by it.  y has the sign of x:
 *     thresholded_relu  the same bits
 *     leaky_relu        the same bits, unless x is -0, which counts as
 *                       negative, or -inf with alpha 0, which does not
 *     elu, alpha > 0    (y + alpha)*dy where y is negative or -0, else dy;
 *                       so -0 counts as negative.  For finite y and dy,
 *     |dx - alpha*exp(x)*dy| <= 5*u*alpha*|dy| + s*(1 + |dy|),
 * where u is 2^-24, 2^-11, 2^-8 and 2^-53 for float32, float16, bfloat16 and
 * float64, and s is twice the smallest subnormal number.  So dx has no correct
 * digit where exp(x) is below u.
 *
 * Aliasing: dx may be dy, or x or y in its place; any other overlap of dx is
 * an error.
 * Accuracy: correctly rounded; elu within 2 ulp of alpha*exp(x)*dy for
 * 2^-20 <= |alpha| <= 2^125 and x >= -129, also where exp(x) is subnormal.  For
 * smaller x exp(x) may be 0; for float16 with alpha = 1 it may be 0 below -88,
 * which no finite dy can reveal.
 * Errors: those of clrelu_forward; INVALID_SCALAR also for CLRELU_FROM_OUTPUT
 * and elu with alpha <= 0 or leaky_relu with alpha -0, where y does not tell
 * the sign of x. */
CLRELU_API clrelu_status clrelu_backward(clrelu_context *context,
                                         const clrelu_exec *exec,
                                         const clrelu_elementwise *call);

/* --------------------------------------------------------------- prelu -- */

/* How a shape of alpha is to be read.  In all layouts alpha has an element for
 * each combination of the indices along the axes of x that are not shared. */
typedef enum clrelu_alpha_layout {
    CLRELU_ALPHA_KERAS = 0, /* x's shape without the batch, which is always
                             * shared; shared axes have extent 1 */
    CLRELU_ALPHA_NUMPY = 1, /* alpha_dims broadcasts to dims, aligned at the
                             * last axis: each extent is 1 or x's.  As ONNX has
                             * it; the batch may have its own alphas */
    CLRELU_ALPHA_TORCH = 2  /* one element, or one for each channel of axis 1 */
} clrelu_alpha_layout;

/* The shapes of x and alpha.
 *
 *   rank, dims     extents of x, batch first; 0 <= rank <= CLRELU_MAX_RANK,
 *                  where a rank of 0 is one element with one alpha
 *   shared_count,  CLRELU_ALPHA_KERAS: axes counted from 1 (the batch is axis 0
 *   shared_axes    and always shared): each in 1..rank-1, in any order,
 *                  repetitions allowed; NULL with shared_count 0.  The other
 *                  layouts: 0 and NULL
 *   alpha_rank,    extents of alpha.  CLRELU_ALPHA_KERAS: checked against
 *   alpha_dims     clrelu_prelu_alpha_dims; NULL: not checked
 *   alpha_layout   which axes alpha_dims stands for
 *
 * A blocked layout such as nChw16c is the shape (n, C/16, h, w, 16) with the
 * shared axes 2 and 3: alpha is (C/16, 1, 1, 16), the C alphas in order. */
typedef struct clrelu_shape {
    size_t rank;
    const size_t *dims;
    size_t shared_count;
    const int *shared_axes;
    size_t alpha_rank;
    const size_t *alpha_dims;
    clrelu_alpha_layout alpha_layout;
    uint32_t reserved_32;
    uint64_t reserved[4];
} clrelu_shape;

/* alpha's shape: its rank to rank, its extents, at most CLRELU_MAX_RANK, to
 * dims, and their product to count; any may be NULL.  For CLRELU_ALPHA_KERAS
 * x's shape without the batch, shared axes set to 1; else alpha_dims.
 * Errors: INVALID_NULL, INVALID_RANK, INVALID_AXIS, INVALID_SIZE, INVALID_ENUM,
 * INVALID_ALPHA_SHAPE, INVALID_RESERVED. */
CLRELU_API clrelu_status clrelu_prelu_alpha_dims(const clrelu_shape *shape,
                                                 size_t *rank, size_t *dims,
                                                 size_t *count);

/* A call of PReLU.
 *
 *   dtype        the type of x, y, dy and dx
 *   alpha_dtype  the type of alpha and dalpha: 0 for dtype, or CLRELU_FLOAT32
 *                with a dtype of float16 or bfloat16
 *   flags        backward only: CLRELU_ACCUMULATE_DX, CLRELU_ACCUMULATE_DALPHA,
 *                each with its output; CLRELU_FROM_OUTPUT
 *   x            the input; backward: not with CLRELU_FROM_OUTPUT or a mask
 *   alpha        backward: only read for dx, and with CLRELU_FROM_OUTPUT; else
 *                it may be left out
 *   y            forward: the output; backward: read with CLRELU_FROM_OUTPUT
 *   dy           backward only: the gradient by y
 *   dx, dalpha   backward only: the outputs; at least one is given
 *   workspace    backward only: scratch memory of at least
 *                clrelu_prelu_workspace elements, reusable once the call's
 *                commands have run; left out: the call allocates it
 *   mask         as in clrelu_elementwise; backward: only without dalpha
 *   strides      as in clrelu_elementwise */
typedef struct clrelu_prelu {
    clrelu_dtype dtype;
    clrelu_dtype alpha_dtype;
    uint32_t flags;
    uint32_t reserved_32;
    const clrelu_shape *shape;
    clrelu_buffer x, alpha, y, dy, dx, dalpha, workspace;
    clrelu_buffer mask;
    const clrelu_strides *strides;
    uint64_t reserved[3];
} clrelu_prelu;

/* y[i] = x[i] < 0 ? alpha[j]*x[i] : x[i], where j is the index i without its
 * shared axes.
 * Aliasing: y may be x; any other overlap of an output is an error.
 * Accuracy: correctly rounded.
 * Errors: those of clrelu_forward and of clrelu_prelu_alpha_dims. */
CLRELU_API clrelu_status clrelu_prelu_forward(clrelu_context *context,
                                              const clrelu_exec *exec,
                                              const clrelu_prelu *call);

/* dx[i] = x[i] < 0 ? alpha[j(i)]*dy[i] : dy[i], and
 * dalpha[j] = sum of x[i]*dy[i] over the i with j(i) = j and x[i] < 0,
 * both from one pass over x and dy.
 * A mask gives the same bits of dx as x; dalpha needs x, and is refused with
 * UNSUPPORTED.
 * Second derivatives, and the tangent of y by those of x and alpha:
 * clrelu_chain_double_backward in chain.h.
 *
 * With CLRELU_FROM_OUTPUT y takes the place of x.  Each alpha must be positive:
 * then y has the sign of x, and dx the bits of leaky_relu from y.  dalpha[j] is
 * the sum of y[i]*dy[i], divided by alpha[j].  Its bound below then is
 *     |dalpha - S| <= u*|S| + (v + 3*(m*u)^2)*A,
 * where v is 2^-24, 2^-11, 2^-8 and 2^-53 for float32, float16, bfloat16 and
 * float64, as long as no y is subnormal: y is alpha*x, rounded.  The device
 * checks alpha for dalpha alone, which is NaN unless
 * 2^-100 <= alpha[j] <= 2^100.  dx of a negative alpha is wrong, as y does not
 * tell the sign of x.
 *
 * Aliasing: dx may be dy, or x or y in its place; any other overlap of an
 * output is an error.
 * Accuracy: dx is correctly rounded.  dalpha is a compensated sum, in an order
 * that depends only on the shape: the same bits from run to run and on every
 * device with IEEE float32 and fma.  With u = 2^-24, S the exact sum and A the
 * sum of the |x*dy|,
 *     |dalpha - S| <= u*|S| + 2*(m*u)^2*A,   m = 320 + n/2^17,
 * for n elements of x (m is the longest chain of additions), as long as no
 * product underflows: for up to 2^26 elements that is below u*|S| + 2^-27*A.
 * (Ogita, Rump, Oishi, "Accurate sum and dot product", 2005, algorithm Dot2.)
 * With CLRELU_ACCUMULATE_DALPHA the old dalpha is one more term, rounded with
 * the others.  If a product or the uncompensated sum is not finite, dalpha is
 * the uncompensated sum.
 * Errors: those of clrelu_prelu_forward. */
CLRELU_API clrelu_status clrelu_prelu_backward(clrelu_context *context,
                                               const clrelu_exec *exec,
                                               const clrelu_prelu *call);

/* The elements of clrelu_prelu_backward's workspace for dalpha of this shape,
 * float64 if dtype is, else float32: at most 8 MiB, and two for each alpha with
 * CLRELU_FROM_OUTPUT; 0: none is needed.  Only dtype, shape and
 * CLRELU_FROM_OUTPUT of the call are used.
 * Errors: those of clrelu_prelu_alpha_dims, and INVALID_DTYPE. */
CLRELU_API clrelu_status clrelu_prelu_workspace(const clrelu_prelu *call,
                                                size_t *count);

/* -------------------------------------------------------------- shards -- */

/* A batch too large for one device is divided along its first axis into shards.
 * Each is a call of clrelu_prelu_backward_partial, on any device, process or
 * machine.  The sum of their partials is the batch's dalpha.  Its bits depend
 * on the shards and their order, not on where they were computed. */

/* As clrelu_prelu_backward for one shard, but dalpha is a partial: two rows,
 * [2][alphas], the sums and their rounding errors, of float64 if dtype is, else
 * of float32.  dalpha is given; flags may have CLRELU_ACCUMULATE_DX.
 * Errors: those of clrelu_prelu_backward. */
CLRELU_API clrelu_status clrelu_prelu_backward_partial(
    clrelu_context *context, const clrelu_exec *exec, const clrelu_prelu *call);

/* out[j] = sum of partials[i*count + j] over 0 <= i < rows, for 0 <= j < count,
 * in the order of the rows, compensated.  A partial of dalpha is 2 rows; an
 * array without rounding errors, such as dw, is 1 row.  dtype is the type of
 * out; partials are float64 for CLRELU_FLOAT64, else float32.  rows = 0 gives
 * zeros.
 * Aliasing: out and partials must be disjoint.
 * Accuracy: with the u, S and A of clrelu_prelu_backward over all elements,
 *     |out - S| <= u*|S| + 2*(m*u)^2*A,   m = 320 + n/2^17 + rows,
 * where n is the number of elements of the largest shard.  For rows without
 * errors m = rows, and A is the sum of their magnitudes.  A 16-bit out is that
 * sum rounded once more.  If a sum is not finite, out is the uncompensated sum.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_DTYPE, INVALID_SIZE, INVALID_RESERVED, INVALID_BUFFER, BUFFER_*,
 * UNSUPPORTED, BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_sum_partials(
    clrelu_context *context, const clrelu_exec *exec, clrelu_dtype dtype,
    size_t rows, size_t count, clrelu_buffer partials, clrelu_buffer out);

/* The same on the host, before it returns.  The bits are the same, except those
 * of a NaN.
 * Errors: INVALID_NULL, INVALID_DTYPE, INVALID_SIZE, BUFFER_OVERLAP. */
CLRELU_API clrelu_status clrelu_sum_partials_host(clrelu_dtype dtype,
                                                  size_t rows, size_t count,
                                                  const void *partials,
                                                  void *out);

/* --------------------------------------------------------------- dense -- */

/* A call of the dense layer y = f(z), z = x W + b: float32 matrices in C order,
 * x of (rows, inputs), W of (inputs, outputs), b of (outputs), y and z of
 * (rows, outputs).
 *
 *   op, scalar    f and its alpha or theta; CLRELU_PRELU ignores scalar
 *   flags         backward only: CLRELU_ACCUMULATE_DX and
 *                 CLRELU_ACCUMULATE_DALPHA, each with its output, and
 *                 CLRELU_ACCUMULATE_DW for dw and db
 *   alpha_count   CLRELU_PRELU: elements of alpha, outputs or 1
 *   x, w          the input and the weights
 *   b             forward only
 *   alpha         only used by CLRELU_PRELU
 *   z             forward: an output that may be left out; backward: an input
 *   y             forward only: the output
 *   dy            backward only: the gradient by y
 *   dz, dw, db    backward only: outputs
 *   dx, dalpha    backward only: outputs that may be left out; only
 *                 CLRELU_PRELU has dalpha
 *
 * CLBlast computes the matrix products; their bits depend on the device.  The
 * rest is one pass over the product in each direction.  CLBlast takes no
 * unified shared memory: it is refused with UNSUPPORTED, as is every call in a
 * library built without CLBlast. */
typedef struct clrelu_dense {
    clrelu_op op;
    uint32_t flags;
    double scalar;
    size_t rows, inputs, outputs;
    size_t alpha_count;
    clrelu_buffer x, w, b, alpha, z, y;
    clrelu_buffer dy, dz, dx, dw, db, dalpha;
    uint64_t reserved[8];
} clrelu_dense;

/* z and y from x.
 * Aliasing: an output must be disjoint from all other arrays.
 * Accuracy: z is CLBlast's product plus b, rounded; y is clrelu_forward's of z.
 * Errors: those of clrelu_forward, INVALID_ALPHA_SHAPE (alpha_count),
 * UNSUPPORTED, CLBLAST_ERROR.  After CLBLAST_ERROR or an error of OpenCL, y and
 * z may be partly written. */
CLRELU_API clrelu_status clrelu_dense_forward(clrelu_context *context,
                                              const clrelu_exec *exec,
                                              const clrelu_dense *call);

/* dz = f'(z) * dy,  db = the sums of dz over the rows,
 * dalpha = the sums of z*dy where z < 0, over the rows; a single alpha's over
 * all elements,  dx = dz W^T,  dw = x^T dz.
 * dz, db and dalpha come from one pass over z and dy.
 * Aliasing: dz may be dy or z; any other overlap of an output is an error.
 * Accuracy: dz as dx of clrelu_backward.  db and dalpha are compensated sums,
 * in an order that depends only on rows and outputs, as accurate as dalpha of
 * clrelu_prelu_backward.  dx and dw are CLBlast's.
 * Errors: those of clrelu_dense_forward, and INVALID_FLAGS. */
CLRELU_API clrelu_status clrelu_dense_backward(clrelu_context *context,
                                               const clrelu_exec *exec,
                                               const clrelu_dense *call);

#ifdef __cplusplus
}
#endif

#endif
