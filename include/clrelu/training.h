/* training.h - parameters of a layer, and PReLU as a layer
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAINING_H
#define CLRELU_TRAINING_H

#include "activations.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------- parameters -- */

/* For a parameter such as PReLU's alpha: an initializer sets its first values,
 * a regularizer adds a penalty to the loss, an optimizer's step updates it, and
 * a constraint is applied after the step.  Names, arguments and constants are
 * those of Keras 2.2 and later and of tf.keras; where they differ, tf.keras's.
 * A spec is a name, alone or with arguments by position or by name, as in
 * Python:
 *
 *     he_normal    l1_l2(0.01, 0.02)    max_norm(2, axis=[0, 1])
 *
 * Names are case-sensitive; names in brackets are synonyms.  Arguments are
 * rounded to float32 and must be finite there.
 *
 *     initializers                     every seed=None: the call's seed
 *     zeros [zero Zeros]               ones [one Ones]
 *     constant [Constant]              (value=0)
 *     random_uniform [uniform          (minval=-0.05, maxval=0.05, seed)
 *       RandomUniform]                 minval <= v < maxval
 *     random_normal [normal            (mean=0, stddev=0.05, seed)
 *       RandomNormal]
 *     truncated_normal                 (mean=0, stddev=0.05, seed)
 *       [TruncatedNormal]              only values within 2 stddev of mean
 *     variance_scaling                 (scale=1, mode=fan_in,
 *       [VarianceScaling]              distribution=truncated_normal, seed)
 *     glorot_normal [GlorotNormal]     (seed) scale 1, fan_avg
 *     glorot_uniform [GlorotUniform]
 *     he_normal [HeNormal]             (seed) scale 2, fan_in
 *     he_uniform [HeUniform]
 *     lecun_normal [LecunNormal]       (seed) scale 1, fan_in
 *     lecun_uniform [LecunUniform]
 *     orthogonal [Orthogonal]          (gain=1, seed) rank >= 2: gain*Q of
 *                                      (d1*...*dk-1, dk) normal numbers
 *     identity [Identity]              (gain=1) rank 2: gain on the diagonal
 *
 *     regularizers                     penalty, added to a loss
 *     l1 [L1]                          (l1=0.01) l1*sum|a|
 *     l2 [L2]                          (l2=0.01) l2*sum a^2
 *     l1_l2                            (l1=0.01, l2=0.01) both
 *     L1L2                             (l1=0, l2=0) both
 *     orthogonal_regularizer           (factor=0.01, mode=rows) rank 2: factor
 *       [OrthogonalRegularizer]        times the mean |cosine| of two rows
 *
 *     constraints                      n: root of the sum of a^2 over axis
 *     max_norm [maxnorm MaxNorm]       (max_value=2, axis=0)
 *                                      a * min(n, max_value)/(1e-7 + n)
 *     non_neg [nonneg NonNeg]          a < 0 ? 0 : a
 *     unit_norm [unitnorm UnitNorm]    (axis=0) a / (1e-7 + n)
 *     min_max_norm [MinMaxNorm]        (min_value=0, max_value=1, rate=1,
 *                                      axis=0) a * (rate*clip(n, min_value,
 *                                      max_value) + (1 - rate)*n)/(1e-7 + n)
 *     radial_constraint                rank 4, (n, n, channels, kernels): one
 *       [RadialConstraint]             value for each ring around the middle
 *
 * orthogonal_regularizer compares rows; with the mode columns, columns.  It
 * divides by no length below 1e-6.  radial_constraint sets each kernel: the
 * ring of elements through (i, i), i >= n/2, gets the value of (i, i); in the
 * middle, and if n is odd, that of (i-1, i-1), as in tf.keras.
 *
 * variance_scaling's mode is fan_in, fan_out or fan_avg; its distribution is
 * truncated_normal (normal is the same), untruncated_normal or uniform.  With
 * v = scale/max(1, fan) the results have the standard deviation sqrt(v);
 * uniform is in -sqrt(3*v) to sqrt(3*v).  Fans are tf.keras's: for a shape
 * (..., m, n) m and n, each times the product of the other extents; for (n)
 * both are n, for () both are 1.  axis is an axis of the parameter, counted
 * from 0 or backwards from -1, a list of them, or None for all.  A regularizer
 * or constraint may be None or NULL.  Factors, norms and standard deviations
 * must not be negative, scale must be positive, min_value <= max_value, minval
 * <= maxval, and rate in 0..1; Keras accepts more.
 *
 * The arrays of this section are float32.  All its functions may return
 * INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS, INVALID_SIZE,
 * INVALID_RESERVED, INVALID_BUFFER, BUFFER_*, BUILD_FAILED, OUT_OF_MEMORY,
 * DEVICE_LOST, OPENCL_ERROR, and the errors that they name. */

/* A parameter: float32 arrays of the shape dims[0..rank-1]; rank may be 0.
 *
 *   values    the parameter a
 *   gradient  the gradient da of the loss by a
 *   velocity  the momentum's memory */
typedef struct clrelu_parameter {
    size_t rank;
    const size_t *dims;
    clrelu_buffer values, gradient, velocity;
    uint64_t reserved[4];
} clrelu_parameter;

/* values = the initializer's values; the other arrays are not used.
 * Random numbers are Philox4x32-10 (Salmon, Moraes, Dror, Shaw, 2011) with the
 * key seed and the counter 0, 1, ...: a seed gives the same array on every
 * device, and a smaller array is a prefix of it.  Use different seeds for
 * different arrays.  orthogonal is computed on the host before the call
 * returns.
 * Accuracy: normal numbers are the inverse of the distribution function (Giles,
 * "Approximating the erfinv function", 2010), within 2^-20 of their value, at 6
 * standard deviations within 2^-11.
 * Errors: INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR, INVALID_RANK. */
CLRELU_API clrelu_status clrelu_initialize(clrelu_context *context,
                                           const clrelu_exec *exec,
                                           const char *initializer,
                                           uint64_t seed,
                                           const clrelu_parameter *parameter);

/* penalty[0] = the regularizer's value for a, and da[i] += its derivative, such
 * as l1*sign(a[i]) + 2*l2*a[i]; that of |v| is 0 at v = 0.
 * penalty or gradient may be left out; at least one is given.  A factor of 0
 * drops its term.
 * Aliasing: all arrays must be disjoint.
 * Accuracy: penalty is a compensated sum, in an order that depends only on the
 * shape, within 4 ulp.
 * For m rows of n elements orthogonal_regularizer uses 8*m^2 bytes of device
 * memory for each 2^14 of n.  Its dot products are compensated sums, too;
 * penalty is within 8 ulp + factor*(n*2^-24)^2, as long as no product of two
 * elements over- or underflows.  A single row has the penalty 0.
 * Errors: INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR, INVALID_RANK. */
CLRELU_API clrelu_status clrelu_penalty(clrelu_context *context,
                                        const clrelu_exec *exec,
                                        const char *regularizer,
                                        const clrelu_parameter *parameter,
                                        clrelu_buffer penalty);

/* Applies the constraint to values in place.
 * Accuracy: within 8 ulp of the formula, as long as no square over- or
 * underflows; if a norm overflows, its elements become 0 or NaN, as in Keras.
 * Errors: INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR, INVALID_RANK,
 * INVALID_AXIS, INVALID_ALPHA_SHAPE (radial_constraint). */
CLRELU_API clrelu_status clrelu_constrain(clrelu_context *context,
                                          const clrelu_exec *exec,
                                          const char *constraint,
                                          const clrelu_parameter *parameter);

/* A step of stochastic gradient descent, for every element i:
 *     velocity[i] = momentum*velocity[i] - learning_rate*da[i],
 *     a[i] += velocity[i], da[i] = 0,
 * each operation rounded to float32.  velocity must be 0 before the first step;
 * with momentum 0 it is not used, and may be left out.
 * Aliasing: all arrays must be disjoint.
 * Errors: INVALID_SCALAR. */
CLRELU_API clrelu_status clrelu_sgd_step(clrelu_context *context,
                                         const clrelu_exec *exec,
                                         double learning_rate, double momentum,
                                         const clrelu_parameter *parameter);

/* -------------------------------------------------------- prelu's layer -- */

/* PReLU with alpha, its gradient, and their regularizer and constraint.
 * Thread-safety: one thread at a time.
 * Ordering: queue and events order its calls, like all calls. */
typedef struct clrelu_prelu_layer clrelu_prelu_layer;

/*   dims          rank extents of x, batch first; 0 leaves the batch or a
 *                 shared axis open: then x may have any extent there
 *   shared_axes   as in clrelu_shape
 *   initializer   NULL: zeros
 *   regularizer   NULL: none
 *   constraint    NULL: none; applied after an update, but not to the first
 *                 values, nor to those of clrelu_prelu_layer_write_alpha and
 *                 clrelu_prelu_layer_load
 *   seed          for an initializer without a seed */
typedef struct clrelu_prelu_layer_params {
    size_t rank;
    const size_t *dims;
    size_t shared_count;
    const int *shared_axes;
    const char *initializer;
    const char *regularizer;
    const char *constraint;
    uint64_t seed;
    uint64_t reserved[4];
} clrelu_prelu_layer_params;

/* Creates a layer and enqueues its first values: alpha from the initializer,
 * dalpha and the momentum's velocity 0.  The event of exec completes then.
 * The context must outlive the layer.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_SIZE, INVALID_RANK, INVALID_AXIS, INVALID_ALPHA_SHAPE (an axis left
 * open that is not shared; radial_constraint), INVALID_SPEC, UNKNOWN_NAME,
 * INVALID_SCALAR, INVALID_RESERVED, BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST,
 * OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_prelu_layer_create(
    clrelu_context *context, const clrelu_exec *exec,
    const clrelu_prelu_layer_params *params, clrelu_prelu_layer **out);

/* The same from a text such as
 *     PReLU(input_shape=[0,0,0,64],shared_axes=[1,2],
 *           alpha_initializer=he_normal(seed=7),alpha_regularizer=l1(0.01),
 *           alpha_constraint=non_neg,seed=1)
 * Only input_shape is required. */
CLRELU_API clrelu_status clrelu_prelu_layer_create_from_config(
    clrelu_context *context, const clrelu_exec *exec, const char *config,
    clrelu_prelu_layer **out);

/* The layer's configuration as such a text: writes at most size characters,
 * including the final 0, and to length the length without it.  text may be NULL
 * with size 0; length may be NULL.
 * Errors: INVALID_NULL. */
CLRELU_API clrelu_status clrelu_prelu_layer_config(
    const clrelu_prelu_layer *layer, size_t size, char *text, size_t *length);

/* Commands already enqueued still run. */
CLRELU_API void clrelu_prelu_layer_destroy(clrelu_prelu_layer **layer);

/* alpha's shape, as clrelu_prelu_alpha_dims.
 * Errors: INVALID_NULL (layer). */
CLRELU_API clrelu_status clrelu_prelu_layer_alpha_dims(
    const clrelu_prelu_layer *layer, size_t *rank, size_t *dims, size_t *count);

/* The float32 arrays alpha and dalpha, which the layer owns: valid until it is
 * destroyed.  To use your own optimizer, read dalpha, write alpha, and set
 * dalpha to 0 before the next backward call. */
CLRELU_API clrelu_buffer
clrelu_prelu_layer_alpha_buffer(const clrelu_prelu_layer *layer);
CLRELU_API clrelu_buffer
clrelu_prelu_layer_dalpha_buffer(const clrelu_prelu_layer *layer);

/* y from x, as clrelu_prelu_forward with the layer's alpha.  Of call, alpha,
 * dalpha and alpha_dtype are left out; shape has only rank and dims: rank must
 * be the layer's, and dims[i], too, except for open axes.
 * Errors: those of clrelu_prelu_forward. */
CLRELU_API clrelu_status
clrelu_prelu_layer_forward(const clrelu_prelu_layer *layer,
                           const clrelu_exec *exec, const clrelu_prelu *call);

/* dx, and dalpha += its sum, as clrelu_prelu_backward; dx may be left out. call
 * is as for clrelu_prelu_layer_forward, and flags may have
 * CLRELU_ACCUMULATE_DX.  dalpha accumulates until the next update.
 * Errors: those of clrelu_prelu_backward. */
CLRELU_API clrelu_status clrelu_prelu_layer_backward(clrelu_prelu_layer *layer,
                                                     const clrelu_exec *exec,
                                                     const clrelu_prelu *call);

/* penalty[0] = the regularizer's value for alpha, 0 without one.
 * Errors: those of clrelu_penalty. */
CLRELU_API clrelu_status
clrelu_prelu_layer_penalty(const clrelu_prelu_layer *layer,
                           const clrelu_exec *exec, clrelu_buffer penalty);

/* Adds the regularizer's gradient to dalpha, makes a step of clrelu_sgd_step,
 * and applies the constraint, with the bits of clrelu_penalty, clrelu_sgd_step
 * and clrelu_constrain one after the other.  dalpha is 0 then.
 * All is one pass over alpha, dalpha and the velocity; max_norm, min_max_norm
 * and unit_norm take another pass over alpha, as each element needs its norm,
 * and so does radial_constraint.  orthogonal_regularizer's gradient comes
 * before, in passes of its own.
 * Errors: those of clrelu_sgd_step. */
CLRELU_API clrelu_status clrelu_prelu_layer_update(clrelu_prelu_layer *layer,
                                                   const clrelu_exec *exec,
                                                   double learning_rate,
                                                   double momentum);

/* alpha = values, count of them, which may be freed after the call.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_ALPHA_SHAPE (count), OUT_OF_MEMORY, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_prelu_layer_write_alpha(
    clrelu_prelu_layer *layer, const clrelu_exec *exec, size_t count,
    const float *values);

/* values = alpha, count of them.
 * Ordering: waits until they are read.
 * Errors: those of clrelu_prelu_layer_write_alpha. */
CLRELU_API clrelu_status clrelu_prelu_layer_read_alpha(
    const clrelu_prelu_layer *layer, const clrelu_exec *exec, size_t count,
    float *values);

/* alpha as a NumPy file.  save writes float32, atomically; load reads booleans,
 * integers and floats of any size, of alpha's shape.  A replaced file keeps its
 * mode, here and in the calls below; symbolic links are followed.
 * Ordering: save waits until alpha is read.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * FILE_ERROR, INVALID_ALPHA_SHAPE, OUT_OF_MEMORY, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_prelu_layer_save(
    const clrelu_prelu_layer *layer, const clrelu_exec *exec, const char *path);
CLRELU_API clrelu_status clrelu_prelu_layer_load(clrelu_prelu_layer *layer,
                                                 const clrelu_exec *exec,
                                                 const char *path);

#ifdef __cplusplus
}
#endif

#endif
