/* clrelu.h - LeakyReLU, PReLU, ELU and ThresholdedReLU on any OpenCL device
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
 *
 * General rules, valid for every function below:
 *  - Sizes, shapes and offsets count elements; only the workspace of
 *    clrelu_prelu_backward has its size and offset in bytes.  Arrays are
 *    contiguous in C order.
 *  - A call checks all arguments, then only enqueues commands on the caller's
 *    queue.  It never prints and never flushes.  It does not wait, except
 *    clrelu_prelu_layer_get_alpha, clrelu_prelu_layer_save, clrelu_warm,
 *    clrelu_tune and clrelu_context_arithmetic.  A call that fails has enqueued
 *    nothing that writes to an output.  The one exception: OpenCL rejects a
 *    command after it accepted an earlier one of the same call; the outputs are
 *    then undefined.  Queues may be in order or out of order.
 *  - Buffers must stay alive as clEnqueueNDRangeKernel demands.
 *  - The commands wait for the wait_count events in wait_list; 0 and NULL: no
 *    wait.  If event is not NULL it receives an event that completes with the
 *    call's last command; the caller releases it.
 *  - Nothing is written outside the stated elements of an output.
 *  - *_create stores NULL on failure.  *_destroy takes a pointer to the object,
 *    accepts NULL, and sets the object to NULL.
 *  - Every function that can fail returns a status and sets the text of
 *    clrelu_error(): the argument, its value and the accepted values.
 *  - OpenCL does not survive a fork.  In a process forked after the first
 *    clrelu_device_list or clrelu_context_create these two, and every function
 *    that takes a context or a queue, return CLRELU_FORKED (not repeated in the
 *    lists of errors below); *_destroy frees only host memory.  Fork before, or
 *    call exec in the child.
 */
#ifndef CLRELU_H
#define CLRELU_H

#include <stddef.h>
#include <stdint.h>

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#ifdef __APPLE__
#include <OpenCL/cl.h>
#else
#include <CL/cl.h>
#endif

#if defined(_WIN32)
#define CLRELU_API
#elif defined(__GNUC__)
#define CLRELU_API __attribute__((visibility("default")))
#else
#define CLRELU_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------- version -- */

#define CLRELU_VERSION_MAJOR 0
#define CLRELU_VERSION_MINOR 1
#define CLRELU_VERSION_PATCH 0

/* As one number, for #if: 0.1.0 is 100, 1.2.3 would be 10203. */
#define CLRELU_VERSION \
    (CLRELU_VERSION_MAJOR * 10000 + CLRELU_VERSION_MINOR * 100 + \
     CLRELU_VERSION_PATCH)

/* The version of the library at run time, such as "0.1.0". */
CLRELU_API const char *clrelu_version(void);

/* -------------------------------------------------------------- status -- */

typedef enum clrelu_status {
    CLRELU_OK = 0,
    CLRELU_INVALID_NULL = 1,    /* a pointer or handle that must be given */
    CLRELU_INVALID_CONTEXT = 2, /* a queue or buffer of another cl_context,
                                 * or a queue of another device */
    CLRELU_INVALID_QUEUE = 3,   /* not a command queue */
    CLRELU_INVALID_EVENTS = 4,  /* wait list and count disagree, or an event
                                 * is invalid or of another cl_context */
    CLRELU_INVALID_OP = 5,      /* not an enumerator of clrelu_op, or one
                                 * that this function does not take */
    CLRELU_INVALID_DTYPE = 6,   /* not an enumerator of clrelu_dtype */
    CLRELU_INVALID_SCALAR = 7,  /* alpha or theta outside its range */
    CLRELU_INVALID_SIZE = 8,    /* a size beyond SIZE_MAX/8 elements */
    CLRELU_INVALID_RANK = 9,    /* a rank beyond CLRELU_MAX_RANK, or one that
                                 * the function or the spec does not take */
    CLRELU_INVALID_AXIS = 10,   /* a shared axis that is not in 1..rank-1 */
    CLRELU_INVALID_ALPHA_SHAPE = 11, /* alpha's shape does not match x and the
                                      * shared axes, or a spec */
    CLRELU_INVALID_FLAGS = 12,       /* an unknown flag, or one without its
                                      * output */
    CLRELU_INVALID_BUFFER = 13,      /* not a buffer object */
    CLRELU_BUFFER_TOO_SMALL = 14,    /* ends before offset + elements */
    CLRELU_BUFFER_READ_ONLY = 15,    /* an output the device may not write */
    CLRELU_BUFFER_WRITE_ONLY = 16,   /* an input the device may not read */
    CLRELU_BUFFER_OVERLAP = 17,      /* an output overlaps another argument in a
                                      * way the function does not allow */
    CLRELU_INVALID_DEVICE = 18,      /* a device that the cl_context lacks, or a
                                      * spec that cannot be parsed */
    CLRELU_NO_DEVICE = 19,           /* no OpenCL device matches; the text lists
                                      * the available ones */
    CLRELU_UNSUPPORTED = 20,         /* the device cannot do it */
    CLRELU_BUILD_FAILED = 21,        /* the device's compiler rejected a
                                      * program; the text has its log */
    CLRELU_OUT_OF_MEMORY = 22,       /* host or device memory */
    CLRELU_DEVICE_LOST = 23,         /* CL_DEVICE_NOT_AVAILABLE */
    CLRELU_OPENCL_ERROR = 24,        /* anything else OpenCL reports; the text
                                      * names the call and its code */
    CLRELU_INVALID_SPEC = 25,    /* an initializer, regularizer, constraint or
                                  * configuration that cannot be parsed       */
    CLRELU_UNKNOWN_NAME = 26,    /* ... of an unknown name; the text lists the
                                  * known ones                                */
    CLRELU_FILE_ERROR = 27,      /* a file that cannot be read or written, or
                                  * is no .npy file                           */
    CLRELU_CLBLAST_ERROR = 28,   /* CLBlast reports it; the text names the call
                                  * and its code                             */
    CLRELU_INVALID_PROGRAM = 29, /* a program file that is damaged, or for
                                  * another device, driver or version, or
                                  * without the program needed             */
    CLRELU_FORKED = 30 /* the process was forked from one that has used OpenCL;
                        * see the general rules */
} clrelu_status;

/* The enumerator's name, such as "CLRELU_INVALID_AXIS". */
CLRELU_API const char *clrelu_status_name(clrelu_status status);

/* The text of this thread's last failed call, "" before the first one.  Valid
 * until the thread's next failing call. */
CLRELU_API const char *clrelu_error(void);

/* ------------------------------------------------------------- devices -- */

/* A device spec is up to three words joined by colons, each optional:
 *
 *     [PLATFORM:][TYPE][:INDEX]
 *
 * TYPE is gpu, cpu, accelerator or any.  INDEX counts the devices that fit the
 * rest, from 0.  PLATFORM, or a single word that is not a TYPE, is part of the
 * name of the platform or of the name, vendor or version of the device, in any
 * case of letters ("nvidia", "pocl", "radeon").  Examples: "gpu", "gpu:1",
 * "pocl:cpu:0", "intel:gpu", "iris xe".  Platforms without devices and devices
 * that are not available are ignored.  Several matches are ordered GPUs,
 * accelerators, CPUs, others, each type in the platforms' order. */

typedef struct clrelu_device {
    cl_platform_id platform;
    cl_device_id device;
    cl_device_type type;
    char platform_name[128];
    char name[128];
    char vendor[128];
    char version[128]; /* CL_DEVICE_VERSION */
    char driver[128];  /* CL_DRIVER_VERSION */
    cl_uint compute_units;
    uint64_t memory_bytes;    /* CL_DEVICE_GLOBAL_MEM_SIZE */
    uint64_t max_alloc_bytes; /* CL_DEVICE_MAX_MEM_ALLOC_SIZE */
    uint64_t cache_bytes;     /* CL_DEVICE_GLOBAL_MEM_CACHE_SIZE */
    int compiler;             /* 1: compiles programs at run time */
} clrelu_device;

/* Lists the available devices with OpenCL 1.2 or later that match spec (NULL or
 * "": all), best first.
 * Writes at most capacity entries to devices, and the number of all matches to
 * count.  devices may be NULL with capacity 0.  No match is not an error: count
 * is 0, as it is after an error.
 * Thread-safety: safe, also as the first use of OpenCL in the process.  PoCL's
 * own first use is not thread-safe: a program with threads that call OpenCL
 * directly lists the devices once before it starts them.
 * Errors: INVALID_NULL (count, devices), INVALID_DEVICE (spec), OUT_OF_MEMORY,
 * OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_device_list(const char *spec, size_t capacity,
                                            clrelu_device *devices,
                                            size_t *count);

/* ------------------------------------------------------------- context -- */

/* A device of a cl_context and its compiled programs.  There may be several,
 * also for the same device. Thread-safety: safe; threads may share a context,
 * with a queue each. */
typedef struct clrelu_context clrelu_context;

/* All fields are optional; all zero selects a device.  Objects that are given
 * are retained until the context is destroyed. queue            adopt its
 * cl_context and device; context and device must be NULL or agree context adopt
 * it, with device, or its only device device           create a cl_context for
 * it spec             select a device, as above; NULL: the environment variable
 *                    CLRELU_DEVICE if set and not empty, else the best device.
 *                    Ignored if queue, context or device is given.
 *   program          a file of clrelu_save_programs for the same device: all
 *                    programs come from it, nothing is compiled; "": programs
 *                    come from the user's cache (docs/cache.md) or are
 *                    compiled; NULL: the environment variable CLRELU_PROGRAM if
 *                    set, else as "" */
typedef struct clrelu_context_params {
    const char *spec;
    cl_context context;
    cl_device_id device;
    cl_command_queue queue;
    const char *program;
} clrelu_context_params;

/* Creates a context; params may be NULL (all zero).  Nothing is compiled yet.
 * Errors: INVALID_NULL (out), INVALID_CONTEXT, INVALID_QUEUE, INVALID_DEVICE,
 * NO_DEVICE, UNSUPPORTED (OpenCL 1.0 or 1.1), OUT_OF_MEMORY, OPENCL_ERROR,
 * FILE_ERROR, INVALID_PROGRAM. */
CLRELU_API clrelu_status clrelu_context_create(
    const clrelu_context_params *params, clrelu_context **out);

/* Releases the programs and the OpenCL objects.  Commands already enqueued
 * still run; no other thread may be in a call with the context.  Some drivers
 * make binaries expensive; then the cache is written here. */
CLRELU_API void clrelu_context_destroy(clrelu_context **context);

/* The context's OpenCL objects, which it owns: valid until it is destroyed. */
CLRELU_API cl_context clrelu_context_cl(const clrelu_context *context);
CLRELU_API cl_device_id clrelu_context_device(const clrelu_context *context);

/* Conformance of a device's float32 arithmetic. */
typedef struct clrelu_arithmetic {
    int same_bits;     /* 1: IEEE 754's +, *, fma, < and subnormal numbers */
    char differs[256]; /* the deviations, such as "subnormal numbers in fma";
                        * "" if none */
} clrelu_arithmetic;

/* Whether the device gives the same bits as all other conforming devices.
 * Statements about identical bits below require same_bits; docs/numerics.md has
 * the effect of each deviation.
 * Ordering: compiles and runs test cases on a queue of its own, and waits.
 * Errors: INVALID_NULL, BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST,
 * OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_context_arithmetic(clrelu_context *context,
                                                   clrelu_arithmetic *out);

/* --------------------------------------------------------- activations -- */

typedef enum clrelu_op {
    CLRELU_LEAKY_RELU,      /* scalar alpha, finite, >= 0; Keras: 0.3 */
    CLRELU_PRELU,           /* alpha is an array: clrelu_prelu_* below */
    CLRELU_ELU,             /* scalar alpha, finite; Keras: 1.0 */
    CLRELU_THRESHOLDED_RELU /* scalar theta, finite, >= 0; Keras: 1.0 */
} clrelu_op;

/* The operation's name as the command line takes it, such as "leaky_relu";
 * NULL if op is no enumerator. */
CLRELU_API const char *clrelu_op_name(clrelu_op op);

/* The name of the operation's parameter, "alpha" or "theta"; value, if not
 * NULL, receives its default in Keras.  NULL if op is no enumerator. */
CLRELU_API const char *clrelu_op_parameter(clrelu_op op, double *value);

/* The type of the elements in the buffers.  float16 and bfloat16 are storage
 * types: computed in float32 and rounded once, to nearest even (elu rounds
 * apparent ties away from zero: docs/numerics.md); they need no extension.
 * float64 needs cl_khr_fp64. */
typedef enum clrelu_dtype {
    CLRELU_FLOAT32 = 1,
    CLRELU_FLOAT16 = 2,
    CLRELU_BFLOAT16 = 3,
    CLRELU_FLOAT64 = 4
} clrelu_dtype;

/* Bytes of one element; 0 if dtype is no enumerator. */
CLRELU_API size_t clrelu_dtype_size(clrelu_dtype dtype);

/* An array that begins offset elements into mem; passed by value. */
typedef struct clrelu_buffer {
    cl_mem mem;
    size_t offset;
} clrelu_buffer;

typedef enum clrelu_flags {
    CLRELU_ACCUMULATE_DX = 1,     /* dx += instead of dx = */
    CLRELU_ACCUMULATE_DALPHA = 2, /* dalpha += instead of dalpha =            */
    CLRELU_ACCUMULATE_DW = 4,     /* dw +=, db +=: clrelu_dense_backward      */
    CLRELU_PARTIAL_DALPHA = 8     /* dalpha receives an unrounded pair, for
                                   * clrelu_sum_partials                      */
} clrelu_flags;

/* y[i] = f(x[i]) for 0 <= i < n, for every op but CLRELU_PRELU.
 * scalar is alpha or theta; it is rounded first to the type that computes:
 * float64 if x is float64, else float32, in which it must be finite.
 * n = 0 enqueues at most a marker.
 * Aliasing: y may be x (the same bytes, also through a sub-buffer); any other
 * overlap is an error.
 * Accuracy: correctly rounded; elu within 1 ulp for alpha = 1, else within 1.5
 * ulp.  The same bits on every device with IEEE float32 and fma.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_OP, INVALID_DTYPE, INVALID_SCALAR, INVALID_SIZE, INVALID_BUFFER,
 * BUFFER_*, BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_forward(clrelu_context *context,
                                        cl_command_queue queue, clrelu_op op,
                                        clrelu_dtype dtype, double scalar,
                                        size_t n, clrelu_buffer x,
                                        clrelu_buffer y, cl_uint wait_count,
                                        const cl_event *wait_list,
                                        cl_event *event);

/* dx[i] = f'(x[i]) * dy[i] for 0 <= i < n, for every op but CLRELU_PRELU.
 * x is the input of the forward call, not its output.  flags is 0 or
 * CLRELU_ACCUMULATE_DX, which adds the rounded product to dx.
 * Aliasing: dx may be dy or x; any other overlap is an error.
 * Accuracy: correctly rounded; elu within 2 ulp of alpha*exp(x)*dy for
 * 2^-20 <= |alpha| <= 2^125 and x >= -129, also where exp(x) is subnormal.  For
 * smaller x exp(x) may be 0; for float16 with alpha = 1 it may be 0 below -88,
 * which no finite dy can reveal.
 * Errors: those of clrelu_forward, and INVALID_FLAGS. */
CLRELU_API clrelu_status
clrelu_backward(clrelu_context *context, cl_command_queue queue, clrelu_op op,
                clrelu_dtype dtype, double scalar, unsigned flags, size_t n,
                clrelu_buffer x, clrelu_buffer dy, clrelu_buffer dx,
                cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* --------------------------------------------------------------- prelu -- */

#define CLRELU_MAX_RANK 64

/* The shape of x and the axes over which one alpha is shared.
 *   dims          rank extents, batch first; 0 <= rank <= CLRELU_MAX_RANK,
 *                 where a rank of 0 is one element with one alpha
 *   shared_axes   axes counted from 1 (the batch is axis 0 and always shared):
 *                 each in 1..rank-1, in any order, repetitions allowed; NULL
 *                 with shared_count 0
 *   alpha_dims    alpha_rank extents: the caller's shape of alpha, checked
 *                 against clrelu_prelu_alpha_dims; NULL: not checked
 *   alpha_dtype   the type of alpha and dalpha: 0 for x's type, or
 *                 CLRELU_FLOAT32 with an x of float16 or bfloat16
 * The arrays may be freed after the call. */
typedef struct clrelu_shape {
    size_t rank;
    const size_t *dims;
    size_t shared_count;
    const int *shared_axes;
    size_t alpha_rank;
    const size_t *alpha_dims;
    clrelu_dtype alpha_dtype;
} clrelu_shape;

/* alpha's shape: x's without the batch, shared axes set to 1.  Writes rank - 1
 * extents, none for a rank of 0, to alpha_dims and their product to count;
 * either may be NULL.
 * Errors: INVALID_NULL, INVALID_RANK, INVALID_AXIS, INVALID_SIZE,
 * INVALID_ALPHA_SHAPE. */
CLRELU_API clrelu_status clrelu_prelu_alpha_dims(const clrelu_shape *shape,
                                                 size_t *alpha_dims,
                                                 size_t *count);

/* y[i] = x[i] < 0 ? alpha[j]*x[i] : x[i], where j is the index i without its
 * batch and shared axes.
 * Aliasing: y may be x; any other overlap is an error.
 * Accuracy: correctly rounded.
 * Errors: those of clrelu_forward and of clrelu_prelu_alpha_dims. */
CLRELU_API clrelu_status clrelu_prelu_forward(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const clrelu_shape *shape, clrelu_buffer x, clrelu_buffer alpha,
    clrelu_buffer y, cl_uint wait_count, const cl_event *wait_list,
    cl_event *event);

/* dx[i] = x[i] < 0 ? alpha[j(i)]*dy[i] : dy[i], and
 * dalpha[j] = sum of x[i]*dy[i] over the i with j(i) = j and x[i] < 0,
 * both from one pass over x and dy.
 *   dx, dalpha    mem NULL leaves an output out; at least one is given
 *   alpha         only read for dx; without dx its mem may be NULL
 *   flags         CLRELU_ACCUMULATE_DX, and either CLRELU_ACCUMULATE_DALPHA or
 *                 CLRELU_PARTIAL_DALPHA, each with its output
 *   workspace     scratch memory of at least clrelu_prelu_workspace() bytes,
 *                 reusable once the call's commands have run; its offset is in
 *                 bytes, a multiple of 8.  mem NULL: the call allocates it
 * With CLRELU_PARTIAL_DALPHA x is a shard of a batch.  dalpha then has two
 * rows, [2][alphas]: the sums and their rounding errors, in float64 for an x of
 * float64, else in float32; its offset counts elements of that type.
 * clrelu_sum_partials makes the batch's dalpha of them.
 * Aliasing: dx may be dy or x; any other overlap of an output is an error.
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
 * Errors: those of clrelu_prelu_forward, and INVALID_FLAGS. */
CLRELU_API clrelu_status clrelu_prelu_backward(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const clrelu_shape *shape, unsigned flags, clrelu_buffer x,
    clrelu_buffer alpha, clrelu_buffer dy, clrelu_buffer dx,
    clrelu_buffer dalpha, clrelu_buffer workspace, cl_uint wait_count,
    const cl_event *wait_list, cl_event *event);

/* The bytes of clrelu_prelu_backward's workspace for dalpha of this shape: at
 * most 8 MiB; 0: none is needed.
 * Errors: those of clrelu_prelu_alpha_dims, and INVALID_DTYPE. */
CLRELU_API clrelu_status clrelu_prelu_workspace(clrelu_dtype dtype,
                                                const clrelu_shape *shape,
                                                size_t *bytes);

/* -------------------------------------------------------------- shards -- */

/* A batch too large for one device is divided along its first axis into shards.
 * Each is a call of clrelu_prelu_backward with CLRELU_PARTIAL_DALPHA, on any
 * device, process or machine.  The sum of their partials is the batch's dalpha.
 * Its bits depend on the shards and their order, not on where they were
 * computed.
 *
 * out[j] = sum of partials[i*count + j] over 0 <= i < rows, for 0 <= j < count,
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
 * INVALID_DTYPE, INVALID_SIZE, INVALID_BUFFER, BUFFER_*, UNSUPPORTED,
 * BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_sum_partials(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    size_t rows, size_t count, clrelu_buffer partials, clrelu_buffer out,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* The same on the host, before it returns.  The bits are the same, except those
 * of a NaN.
 * Errors: INVALID_NULL, INVALID_DTYPE, INVALID_SIZE, BUFFER_OVERLAP. */
CLRELU_API clrelu_status clrelu_sum_partials_host(clrelu_dtype dtype,
                                                  size_t rows, size_t count,
                                                  const void *partials,
                                                  void *out);

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
 * The functions of this section take CLRELU_FLOAT32 as dtype.  All of them may
 * return INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_DTYPE, INVALID_SIZE, INVALID_BUFFER, BUFFER_*, BUILD_FAILED,
 * OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR, and the errors that they name. */

/* out = the initializer's values for the shape dims[0..rank-1]; rank may be 0.
 * Random numbers are Philox4x32-10 (Salmon, Moraes, Dror, Shaw, 2011) with the
 * key seed and the counter 0, 1, ...: a seed gives the same array on every
 * device, and a smaller array is a prefix of it.  Use different seeds for
 * different arrays.  orthogonal is computed on the host before the call
 * returns. Accuracy: normal numbers are the inverse of the distribution
 * function (Giles, "Approximating the erfinv function", 2010), within 2^-20 of
 * their value, at 6 standard deviations within 2^-11. Errors: INVALID_SPEC,
 * UNKNOWN_NAME, INVALID_SCALAR, INVALID_RANK. */
CLRELU_API clrelu_status clrelu_initialize(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const char *initializer, uint64_t seed, size_t rank, const size_t *dims,
    clrelu_buffer out, cl_uint wait_count, const cl_event *wait_list,
    cl_event *event);

/* penalty[0] = the regularizer's value for a, of the shape dims[0..rank-1], and
 * da[i] += its derivative, such as l1*sign(a[i]) + 2*l2*a[i]; that of |v| is 0
 * at v = 0.
 * mem NULL leaves an output out; at least one is given.  A factor of 0 drops
 * its term.
 * Aliasing: all arrays must be disjoint.
 * Accuracy: penalty is a compensated sum, in an order that depends only on the
 * shape, within 4 ulp.
 * For m rows of n elements orthogonal_regularizer uses 8*m^2 bytes of device
 * memory for each 2^14 of n.  Its dot products are compensated sums, too;
 * penalty is within 8 ulp + factor*(n*2^-24)^2, as long as no product of two
 * elements over- or underflows.  A single row has the penalty 0.
 * Errors: INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR, INVALID_RANK. */
CLRELU_API clrelu_status clrelu_regularize(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const char *regularizer, size_t rank, const size_t *dims, clrelu_buffer a,
    clrelu_buffer penalty, clrelu_buffer da, cl_uint wait_count,
    const cl_event *wait_list, cl_event *event);

/* Applies the constraint to a, of the shape dims[0..rank-1], in place.
 * Accuracy: within 8 ulp of the formula, as long as no square over- or
 * underflows; if a norm overflows, its elements become 0 or NaN, as in Keras.
 * Errors: INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR, INVALID_RANK,
 * INVALID_AXIS, INVALID_ALPHA_SHAPE (radial_constraint). */
CLRELU_API clrelu_status clrelu_constrain(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const char *constraint, size_t rank, const size_t *dims, clrelu_buffer a,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* A step of gradient descent, for 0 <= i < n:
 *     velocity[i] = momentum*velocity[i] - learning_rate*da[i],
 *     a[i] += velocity[i], da[i] = 0,
 * each operation rounded to float32.  velocity must be 0 before the first step;
 * with momentum 0 it is not used, and its mem may be NULL.
 * Aliasing: all arrays must be disjoint.
 * Errors: INVALID_SCALAR. */
CLRELU_API clrelu_status clrelu_descend(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    double learning_rate, double momentum, size_t n, clrelu_buffer a,
    clrelu_buffer da, clrelu_buffer velocity, cl_uint wait_count,
    const cl_event *wait_list, cl_event *event);

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
 *                 values, nor to those of clrelu_prelu_layer_set_alpha and
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
} clrelu_prelu_layer_params;

/* Creates a layer and enqueues its first values: alpha from the initializer,
 * dalpha and the momentum's velocity 0.  event, if not NULL, completes then.
 * The context must outlive the layer; params and its texts and arrays may be
 * freed after the call.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_SIZE,
 * INVALID_RANK, INVALID_AXIS, INVALID_ALPHA_SHAPE (an axis left open that is
 * not shared; radial_constraint), INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR,
 * BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status
clrelu_prelu_layer_create(clrelu_context *context, cl_command_queue queue,
                          const clrelu_prelu_layer_params *params,
                          cl_event *event, clrelu_prelu_layer **out);

/* The same from a text such as
 *     PReLU(input_shape=[0,0,0,64],shared_axes=[1,2],
 *           alpha_initializer=he_normal(seed=7),alpha_regularizer=l1(0.01),
 *           alpha_constraint=non_neg,seed=1)
 * Only input_shape is required. */
CLRELU_API clrelu_status clrelu_prelu_layer_create_from_config(
    clrelu_context *context, cl_command_queue queue, const char *config,
    cl_event *event, clrelu_prelu_layer **out);

/* The layer's configuration as such a text: writes at most size characters,
 * including the final 0, and to length the length without it.  text may be NULL
 * with size 0; length may be NULL.
 * Errors: INVALID_NULL. */
CLRELU_API clrelu_status clrelu_prelu_layer_config(
    const clrelu_prelu_layer *layer, size_t size, char *text, size_t *length);

/* Commands already enqueued still run. */
CLRELU_API void clrelu_prelu_layer_destroy(clrelu_prelu_layer **layer);

/* alpha's shape: writes its rank and extents, at most CLRELU_MAX_RANK, and
 * their product; any may be NULL.
 * Errors: INVALID_NULL (layer). */
CLRELU_API clrelu_status clrelu_prelu_layer_alpha_dims(
    const clrelu_prelu_layer *layer, size_t *rank, size_t *dims, size_t *count);

/* The float32 arrays alpha and dalpha, which the layer owns: valid until it is
 * destroyed.  To use your own optimizer, read dalpha, write alpha, and set
 * dalpha to 0 before the next backward call. */
CLRELU_API clrelu_buffer
clrelu_prelu_layer_alpha(const clrelu_prelu_layer *layer);
CLRELU_API clrelu_buffer
clrelu_prelu_layer_dalpha(const clrelu_prelu_layer *layer);

/* y from x of rank extents dims, as clrelu_prelu_forward with a float32 alpha.
 * rank must be the layer's, and dims[i], too, except for open axes.
 * Errors: those of clrelu_prelu_forward. */
CLRELU_API clrelu_status clrelu_prelu_layer_forward(
    const clrelu_prelu_layer *layer, cl_command_queue queue, clrelu_dtype dtype,
    size_t rank, const size_t *dims, clrelu_buffer x, clrelu_buffer y,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* dx, and dalpha += its sum, as clrelu_prelu_backward; dx may be left out.
 * dalpha accumulates until the next update.
 * Errors: those of clrelu_prelu_backward. */
CLRELU_API clrelu_status clrelu_prelu_layer_backward(
    clrelu_prelu_layer *layer, cl_command_queue queue, clrelu_dtype dtype,
    size_t rank, const size_t *dims, clrelu_buffer x, clrelu_buffer dy,
    clrelu_buffer dx, clrelu_buffer workspace, cl_uint wait_count,
    const cl_event *wait_list, cl_event *event);

/* penalty[0] = the regularizer's value for alpha, 0 without one.
 * Errors: those of clrelu_regularize. */
CLRELU_API clrelu_status clrelu_prelu_layer_penalty(
    const clrelu_prelu_layer *layer, cl_command_queue queue,
    clrelu_buffer penalty, cl_uint wait_count, const cl_event *wait_list,
    cl_event *event);

/* Adds the regularizer's gradient to dalpha, makes a step of clrelu_descend,
 * and applies the constraint.  dalpha is 0 then. Errors: those of
 * clrelu_descend. */
CLRELU_API clrelu_status clrelu_prelu_layer_update(
    clrelu_prelu_layer *layer, cl_command_queue queue, double learning_rate,
    double momentum, cl_uint wait_count, const cl_event *wait_list,
    cl_event *event);

/* alpha = values, count of them, which may be freed after the call.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_ALPHA_SHAPE (count), OUT_OF_MEMORY, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_prelu_layer_set_alpha(
    clrelu_prelu_layer *layer, cl_command_queue queue, size_t count,
    const float *values, cl_uint wait_count, const cl_event *wait_list,
    cl_event *event);

/* values = alpha, count of them.
 * Ordering: waits until they are read.
 * Errors: those of clrelu_prelu_layer_set_alpha. */
CLRELU_API clrelu_status clrelu_prelu_layer_get_alpha(
    const clrelu_prelu_layer *layer, cl_command_queue queue, size_t count,
    float *values, cl_uint wait_count, const cl_event *wait_list);

/* alpha as a NumPy file.  save writes float32, atomically; load reads booleans,
 * integers and floats of any size, of alpha's shape.  A replaced file keeps its
 * mode, here and in the calls below; symbolic links are followed.
 * Ordering: save waits until alpha is read.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * FILE_ERROR, INVALID_ALPHA_SHAPE, OUT_OF_MEMORY, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_prelu_layer_save(
    const clrelu_prelu_layer *layer, cl_command_queue queue, const char *path,
    cl_uint wait_count, const cl_event *wait_list);
CLRELU_API clrelu_status clrelu_prelu_layer_load(
    clrelu_prelu_layer *layer, cl_command_queue queue, const char *path,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* --------------------------------------------------------------- dense -- */

/* y = f(z), z = x W + b: matrices in C order, x of (rows, inputs), W of
 * (inputs, outputs), b of (outputs), y and z of (rows, outputs).
 *   op, scalar    f and its alpha or theta; CLRELU_PRELU ignores scalar
 *   alphas        CLRELU_PRELU: elements of alpha, outputs or 1
 * CLBlast computes the matrix products; their bits depend on the device.  The
 * rest is one pass over the product in each direction.  A library built without
 * CLBlast returns UNSUPPORTED. */
typedef struct clrelu_dense {
    size_t rows, inputs, outputs;
    clrelu_op op;
    double scalar;
    size_t alphas;
} clrelu_dense;

/* z and y from x.  The backward pass reads z; mem NULL leaves it out.  Only
 * CLRELU_PRELU uses alpha.  dtype is CLRELU_FLOAT32.
 * Aliasing: an output must be disjoint from all other arrays.
 * Accuracy: z is CLBlast's product plus b, rounded; y is clrelu_forward's of z.
 * Errors: those of clrelu_forward, INVALID_ALPHA_SHAPE (alphas), UNSUPPORTED,
 * CLBLAST_ERROR.  After CLBLAST_ERROR or an error of OpenCL, y and z may be
 * partly written. */
CLRELU_API clrelu_status clrelu_dense_forward(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const clrelu_dense *dense, clrelu_buffer x, clrelu_buffer w,
    clrelu_buffer b, clrelu_buffer alpha, clrelu_buffer z, clrelu_buffer y,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* dz = f'(z) * dy,  db = the sums of dz over the rows,
 * dalpha = the sums of z*dy where z < 0, over the rows; a single alpha's over
 * all elements,  dx = dz W^T,  dw = x^T dz.
 * dz, db and dalpha come from one pass over z and dy.  dx and dalpha may be
 * left out; only CLRELU_PRELU has dalpha.  flags: CLRELU_ACCUMULATE_DX,
 * CLRELU_ACCUMULATE_DALPHA, each with its output, and CLRELU_ACCUMULATE_DW for
 * dw and db.
 * Aliasing: dz may be dy or z; any other overlap of an output is an error.
 * Accuracy: dz as dx of clrelu_backward.  db and dalpha are compensated sums,
 * in an order that depends only on rows and outputs, as accurate as dalpha of
 * clrelu_prelu_backward.  dx and dw are CLBlast's.
 * Errors: those of clrelu_dense_forward, and INVALID_FLAGS. */
CLRELU_API clrelu_status clrelu_dense_backward(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const clrelu_dense *dense, unsigned flags, clrelu_buffer x, clrelu_buffer w,
    clrelu_buffer alpha, clrelu_buffer z, clrelu_buffer dy, clrelu_buffer dz,
    clrelu_buffer dx, clrelu_buffer dw, clrelu_buffer db, clrelu_buffer dalpha,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* ------------------------------------------------- programs in advance -- */

/* Programs are compiled when a call first needs them, and stored in the user's
 * cache.  These functions compile them earlier, or on another machine for
 * devices without a compiler.
 *
 * clrelu_warm compiles all programs of op with elements of dtype, with those of
 * the PReLU layer for CLRELU_PRELU, without those of the dense layer.  It runs
 * each kernel once, as some drivers compile only then.
 * Ordering: runs on buffers and a queue of its own, and waits.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, UNSUPPORTED, BUILD_FAILED,
 * OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR, INVALID_PROGRAM. */
CLRELU_API clrelu_status clrelu_warm(clrelu_context *context, clrelu_op op,
                                     clrelu_dtype dtype);

/* Writes every program the context has used to one file, for
 * clrelu_context_params.program or CLRELU_PROGRAM.  The file has a checksum, is
 * written atomically, and is only valid for this device, driver and version of
 * the library.
 * Errors: INVALID_NULL, FILE_ERROR, OUT_OF_MEMORY, UNSUPPORTED (the driver
 * gives no binaries). */
CLRELU_API clrelu_status clrelu_save_programs(clrelu_context *context,
                                              const char *path);

/* For devices without a compiler: writes the programs of clrelu_warm into the
 * folder, each as a file NAME.cl without options, and adds them to the file
 * "manifest" there.  The vendor's compiler then compiles each to NAME.bin, and
 * clrelu_pack_programs makes one file like clrelu_save_programs's of them.  All
 * files are written atomically.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, UNSUPPORTED, OUT_OF_MEMORY,
 * FILE_ERROR, INVALID_PROGRAM (a manifest for another device). */
CLRELU_API clrelu_status clrelu_export_programs(clrelu_context *context,
                                                clrelu_op op,
                                                clrelu_dtype dtype,
                                                const char *folder);
CLRELU_API clrelu_status clrelu_pack_programs(const char *folder,
                                              const char *path);

/* -------------------------------------------------------------- tuning -- */

/* A value measured by clrelu_tune. */
typedef struct clrelu_tuned {
    const char *knob; /* such as "vector" */
    uint64_t value;
    int is_default, is_again; /* the default is measured twice */
    int is_chosen;
    double margin; /* relative time that may be noise */
    double mean;   /* time relative to the default, over the workloads */
    size_t workloads;
    const char *const *names; /* of each workload */
    const double *seconds;    /* median time of a call of each workload */
} clrelu_tuned;

/* Measures the knobs that have defaults for each class of device: vector
 * widths, work-group size, work per item, number of work-groups, and the size
 * from which non-temporal stores are used.  Stores the fastest values in the
 * user's cache.  Contexts created afterwards for the same device, driver,
 * number of compute units and version of the library use them, unless
 * CLRELU_CACHE is 0 or off; this context does not change.  No value changes a
 * bit of the results.  A default is only replaced by a value that is faster by
 * more than the noise.
 *
 * tell, if not NULL, is called with data for each value once its knob is
 * decided; tuned is only valid during the call.  On failure the values stored
 * before stay.
 * Ordering: takes and waits for half a minute, on a queue and buffers of its
 * own (at most an eighth of the device's memory and 402 MB, and 268 MB of host
 * memory).  The device should be otherwise idle.
 * Errors: INVALID_NULL, FILE_ERROR (no cache to store in), UNSUPPORTED (a
 * context with a program file, or a device without a compiler), BUILD_FAILED,
 * OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_tune(clrelu_context *context,
                                     void (*tell)(void *data,
                                                  const clrelu_tuned *tuned),
                                     void *data);

/* ------------------------------------------------------------- explain -- */

/* The plan of a call. */
typedef struct clrelu_explanation {
    char shape[256];        /* n, or the merged shape, such as
                             * "64 shared x 64 kept x 3136 shared" */
    char kernel[64];        /* name of the main kernel */
    char options[256];      /* its build options */
    char stores[32];        /* "cached" or "non-temporal" */
    char values[256];       /* "default: " or "tuned: ", and the values of
                             * clrelu_tune's knobs */
    uint64_t groups;        /* work-groups of the main kernel */
    uint64_t local_size;    /* work-items per work-group */
    uint64_t launches;      /* commands enqueued */
    uint64_t bytes_read;    /* min bytes of the operation; alpha and dalpha */
    uint64_t bytes_written; /* count once */
    uint64_t workspace_bytes;
} clrelu_explanation;

/* Explains a call of clrelu_forward (backward 0) or clrelu_backward (1) on n
 * elements; for CLRELU_PRELU, of clrelu_prelu_forward or clrelu_prelu_backward
 * with both outputs.  Only CLRELU_PRELU uses shape, only the others use n.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, INVALID_SIZE and those of
 * clrelu_prelu_alpha_dims. */
CLRELU_API clrelu_status clrelu_explain(clrelu_context *context, clrelu_op op,
                                        clrelu_dtype dtype, int backward,
                                        size_t n, const clrelu_shape *shape,
                                        clrelu_explanation *out);

#ifdef __cplusplus
}
#endif

#endif
