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
 *  - Sizes, shapes and offsets count elements, never bytes; arrays are
 *    contiguous in C order.
 *  - A call checks every argument, then only enqueues work on the caller's
 *    queue: it never prints or flushes, and waits only where it says so (the
 *    functions that hand alpha to the host; clrelu_context_arithmetic, which
 *    takes no queue).  A call that fails has enqueued nothing that writes to
 *    an output; the one exception is an enqueue that OpenCL itself refuses
 *    after it took an earlier one of the same call, which leaves the outputs
 *    undefined.  Queues may be in order or out of order.
 *  - Buffers must stay alive as clEnqueueNDRangeKernel demands.
 *  - wait_count events in wait_list are waited for by the device first; both
 *    0 and NULL is no wait.  If event is not NULL it receives an event that
 *    completes with the call's last command; the caller releases it.
 *  - Nothing is written outside the stated elements of an output.
 *  - *_create stores NULL on failure.  *_destroy takes a pointer to the object,
 *    accepts NULL, and sets the object to NULL.
 *  - Every function that can fail returns a status, and leaves a text that
 *    names the argument, what it is and what it should be: clrelu_error().
 *  - OpenCL does not survive a fork.  In a process forked after the first
 *    clrelu_device_list or clrelu_context_create these two, and every function
 *    that takes a context or a queue, return CLRELU_FORKED, which the lists of
 *    errors below leave out; *_destroy frees the host's memory alone.  Fork
 *    before, or call exec in the child.
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
    CLRELU_INVALID_ALPHA_SHAPE = 11, /* alpha's shape is not what x and the
                                      * shared axes, or a spec, ask for */
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
                                      * what there is */
    CLRELU_UNSUPPORTED = 20,         /* the device cannot do it */
    CLRELU_BUILD_FAILED = 21,        /* the device's compiler refused a program;
                                      * the text holds its log */
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
    CLRELU_INVALID_PROGRAM = 29, /* a program file that is damaged, or of
                                  * another device, driver or version, or that
                                  * lacks the program asked for            */
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
 * that are not available are passed over.  Among several matches GPUs come
 * before accelerators before CPUs before the rest, each in the platforms'
 * order. */

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

/* Lists the available devices with OpenCL 1.2 or later that fit spec (NULL or
 * "": all), best first.
 * Writes at most capacity entries to devices and their number in all to count.
 * devices may be NULL with capacity 0.  No match is a count of 0, not an error;
 * after an error count is 0 too.
 * Thread-safety: safe, also as the process's first use of OpenCL.  PoCL's own
 * first use is not: a program with threads that call OpenCL directly lists the
 * devices once before it starts them.
 * Errors: INVALID_NULL (count, devices), INVALID_DEVICE (spec), OUT_OF_MEMORY,
 * OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_device_list(const char *spec, size_t capacity,
                                            clrelu_device *devices,
                                            size_t *count);

/* ------------------------------------------------------------- context -- */

/* One device of one cl_context and the programs compiled for it so far.
 * Several may live at once, also on the same device.
 * Thread-safety: safe; threads may share one and bring their own queues. */
typedef struct clrelu_context clrelu_context;

/* All fields optional; all zero picks a device.  What is given is adopted: the
 * objects are retained until the context is destroyed.
 *   queue            adopt its cl_context and device; context and device must
 *                    be NULL or agree
 *   context          adopt it, with device, or its only device
 *   device           create a cl_context for it
 *   spec             pick a device, as above; NULL: the environment variable
 *                    CLRELU_DEVICE if set and not empty, else the best device.
 *                    Not looked at when something is adopted.
 *   program          a file of clrelu_save_programs for this very device: all
 *                    programs come from it, and none is ever compiled; "":
 *                    programs are compiled, or taken from the user's cache of
 *                    them (docs/cache.md); NULL: the environment variable
 *                    CLRELU_PROGRAM if set, else as "" */
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

/* Releases the programs and the adopted or created OpenCL objects.  Commands
 * already enqueued still run; no call may be under way in another thread.
 * What was compiled may go into the user's cache only here, where that takes
 * the driver time. */
CLRELU_API void clrelu_context_destroy(clrelu_context **context);

/* The context's OpenCL objects; borrowed, valid until it is destroyed. */
CLRELU_API cl_context clrelu_context_cl(const clrelu_context *context);
CLRELU_API cl_device_id clrelu_context_device(const clrelu_context *context);

/* What a device makes of float32. */
typedef struct clrelu_arithmetic {
    int same_bits;     /* 1: IEEE 754's +, *, fma, < and subnormal numbers */
    char differs[256]; /* what is otherwise, such as "subnormal numbers in
                        * fma"; "" if nothing */
} clrelu_arithmetic;

/* Whether the device gives results the bits that every other such device gives
 * them: what is said so below holds where same_bits is 1.  The device computes
 * some cases that tell implementations apart, on a queue of its own; compiles
 * first, and waits for them.  docs/numerics.md says what comes out otherwise
 * where there is a difference.
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

/* The name of its parameter, "alpha" or "theta", and, if value is not NULL,
 * what that is in Keras by default; NULL if op is no enumerator. */
CLRELU_API const char *clrelu_op_parameter(clrelu_op op, double *value);

/* The type of the elements in the buffers.  float16 and bfloat16 are storage:
 * elements are widened, computed on in float32 and rounded once, to nearest
 * even (a tie of elu's, which it only seems: docs/numerics.md); they need no
 * extension.  float64 needs cl_khr_fp64. */
typedef enum clrelu_dtype {
    CLRELU_FLOAT32 = 1,
    CLRELU_FLOAT16 = 2,
    CLRELU_BFLOAT16 = 3,
    CLRELU_FLOAT64 = 4
} clrelu_dtype;

/* Bytes of one element; 0 if dtype is no enumerator. */
CLRELU_API size_t clrelu_dtype_size(clrelu_dtype dtype);

/* offset elements into mem; passed by value. */
typedef struct clrelu_buffer {
    cl_mem mem;
    size_t offset;
} clrelu_buffer;

typedef enum clrelu_flags {
    CLRELU_ACCUMULATE_DX = 1,     /* dx += instead of dx = */
    CLRELU_ACCUMULATE_DALPHA = 2, /* dalpha += instead of dalpha =            */
    CLRELU_ACCUMULATE_DW = 4,     /* dw +=, db +=: clrelu_dense_backward      */
    CLRELU_PARTIAL_DALPHA = 8     /* dalpha is a shard's: clrelu_sum_partials */
} clrelu_flags;

/* y[i] = f(x[i]) for 0 <= i < n, for every op but CLRELU_PRELU.
 * scalar is alpha or theta; it is rounded first to the type that computes:
 * float64 for an x of that, else float32, in which it must be finite.
 * Aliasing: y may be x (the same bytes, through a sub-buffer too); any other
 * overlap is an error.  n = 0 enqueues a marker at most.
 * Accuracy: correctly rounded, elu within 1 ulp for alpha = 1 and 1.5 ulp for
 * any other; the same bits on every device with IEEE float32 and fma.
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
 * CLRELU_ACCUMULATE_DX, which adds the product, rounded, to dx.
 * Aliasing: dx may be dy or x; any other overlap is an error.
 * Accuracy: correctly rounded; elu within 2 ulp of alpha*exp(x)*dy for
 * 2^-20 <= |alpha| <= 2^125 and x >= -129, also where exp(x) alone is
 * subnormal; below, exp(x) may be 0, of float16 with alpha 1 from -88 on, where
 * no finite dy tells.
 * Errors: as clrelu_forward, and INVALID_FLAGS. */
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
 *   alpha_dims    alpha_rank extents: what the caller takes alpha's shape to
 *                 be, compared with clrelu_prelu_alpha_dims; NULL: not compared
 *   alpha_dtype   the type of alpha and dalpha: 0 for x's, or CLRELU_FLOAT32
 *                 beside an x of float16 or bfloat16
 * The arrays need only live until the call returns. */
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

/* y[i] = x[i] < 0 ? alpha[j(i)]*x[i] : x[i], j(i) dropping batch and shared
 * axes from the index.
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
 * Either output is left out by a buffer whose mem is NULL, not both; alpha is
 * read for dx only, and may be left out with it.  flags: CLRELU_ACCUMULATE_DX
 * and one of CLRELU_ACCUMULATE_DALPHA and CLRELU_PARTIAL_DALPHA, each with its
 * output.  workspace is scratch memory of at least
 * clrelu_prelu_workspace() bytes, free again when the call's commands have
 * run; with mem NULL the call allocates it.  Its offset is in bytes, a
 * multiple of 8.
 * Aliasing: dx may be dy or x; any other overlap of an output is an error.
 * Accuracy: dx correctly rounded.  dalpha is summed with compensation, in an
 * order that depends on the shape alone: the same bits from run to run and on
 * every device with IEEE float32 and fma, and, with u = 2^-24, S the exact sum
 * and A the sum of the |x*dy|,
 *     |dalpha - S| <= u*|S| + 2*(m*u)^2*A,   m = 320 + n/2^17,
 * for n elements of x (m is the longest row of additions), as long as no
 * product underflows: for up to 2^26 elements that is below u*|S| + 2^-27*A.
 * (Ogita, Rump, Oishi, "Accurate sum and dot product", 2005, algorithm Dot2.)
 * A dalpha that is accumulated into is one more term, rounded with the others.
 * With CLRELU_PARTIAL_DALPHA, x is a shard of a batch and dalpha gets two rows
 * of the alphas, the sums and then what rounding took from them, of the type
 * that computes: float64 beside an x of float64, else float32, in which its
 * offset counts too.  clrelu_sum_partials makes a dalpha of them.
 * Where a product or the plain sum is not finite, dalpha is what the plain sum
 * gives.
 * Errors: those of clrelu_prelu_forward, and INVALID_FLAGS. */
CLRELU_API clrelu_status clrelu_prelu_backward(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const clrelu_shape *shape, unsigned flags, clrelu_buffer x,
    clrelu_buffer alpha, clrelu_buffer dy, clrelu_buffer dx,
    clrelu_buffer dalpha, clrelu_buffer workspace, cl_uint wait_count,
    const cl_event *wait_list, cl_event *event);

/* The bytes of workspace that clrelu_prelu_backward needs for dalpha of this
 * shape: 0 if none, at most 8 MiB.
 * Errors: as clrelu_prelu_alpha_dims, and INVALID_DTYPE. */
CLRELU_API clrelu_status clrelu_prelu_workspace(clrelu_dtype dtype,
                                                const clrelu_shape *shape,
                                                size_t *bytes);

/* -------------------------------------------------------------- shards -- */

/* A batch too large for one device is cut along its first axis into shards,
 * each a call of clrelu_prelu_backward with CLRELU_PARTIAL_DALPHA on whatever
 * device, process or machine.  Their partials, in the order of the shards,
 * make the batch's dalpha; its bits depend on the shards and their order, and
 * on nothing that computed them.
 *
 * out[j] = sum of partials[i*count + j] over 0 <= i < rows, for 0 <= j < count,
 * row after row, with compensation: rows is 2 for each shard's partial of
 * dalpha, 1 for each array that is plain, such as dw.  dtype is out's; partials
 * are float64 for CLRELU_FLOAT64, else float32.  rows = 0 gives zeros.
 * Aliasing: out must be apart from partials.
 * Accuracy: with the u, S and A of clrelu_prelu_backward over all elements,
 *     |out - S| <= u*|S| + 2*(m*u)^2*A,   m = 320 + n/2^17 + rows,
 * n being those of the largest shard; of plain rows m = rows and A the sum of
 * their magnitudes.  A 16-bit out is that rounded once more.  A sum that is
 * not finite is what the plain sum gives.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_DTYPE, INVALID_SIZE, INVALID_BUFFER, BUFFER_*, UNSUPPORTED,
 * BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_sum_partials(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    size_t rows, size_t count, clrelu_buffer partials, clrelu_buffer out,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* The same on the host, at once and with the same bits (of a NaN, any).
 * Errors: INVALID_NULL, INVALID_DTYPE, INVALID_SIZE, BUFFER_OVERLAP. */
CLRELU_API clrelu_status clrelu_sum_partials_host(clrelu_dtype dtype,
                                                  size_t rows, size_t count,
                                                  const void *partials,
                                                  void *out);

/* ---------------------------------------------------------- parameters -- */

/* A parameter, such as PReLU's alpha, gets its first values from an
 * initializer, is held in bounds by a regularizer's penalty, changes by an
 * optimizer's step, and then obeys a constraint.  Names, arguments and
 * constants are those of Keras 2.2 and later and of tf.keras, whose variant is
 * taken where versions differ.  A spec is a name, alone or with arguments by
 * position or by name, in Python's manner:
 *
 *     he_normal    l1_l2(0.01, 0.02)    max_norm(2, axis=[0, 1])
 *
 * Names are case-sensitive; those in brackets are other spellings of the same.
 * Arguments are rounded to float32, and must be finite there.
 *
 *     initializers                     every seed=None: the call's seed
 *     zeros [zero Zeros]               ones [one Ones]
 *     constant [Constant]              (value=0)
 *     random_uniform [uniform          (minval=-0.05, maxval=0.05, seed)
 *       RandomUniform]                 minval <= v < maxval
 *     random_normal [normal            (mean=0, stddev=0.05, seed)
 *       RandomNormal]
 *     truncated_normal                 (mean=0, stddev=0.05, seed)
 *       [TruncatedNormal]              of those within 2 stddev of mean
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
 * orthogonal_regularizer takes columns for rows where its mode is columns, and
 * divides by no length below 1e-6.  radial_constraint works on each kernel: the
 * ring of elements through (i, i), i >= n/2, gets the value of (i, i), or that
 * of (i-1, i-1) in the middle and where n is odd, as in tf.keras.
 *
 * variance_scaling's mode is fan_in, fan_out or fan_avg, its distribution
 * truncated_normal (or normal, the same), untruncated_normal or uniform.  With
 * v = scale/max(1, fan) their standard deviation is sqrt(v), of the numbers as
 * they come out, and the uniform distribution's limit sqrt(3*v).  Fans are
 * tf.keras's: of a shape (..., m, n) they are m and n times the product of the
 * rest, of (n) both n, of () both 1.  axis is an axis of the parameter itself,
 * from 0, or from -1 backwards, or a list of them, or None for all.  The
 * regularizer or constraint None, or a NULL, is none.  Factors, norms and
 * standard deviations must not be negative, a scale must be positive,
 * min_value <= max_value, minval <= maxval and rate in 0..1; Keras is more
 * lenient there.
 *
 * The functions here take CLRELU_FLOAT32 as dtype.  Errors of all of them:
 * INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS, INVALID_DTYPE,
 * INVALID_SIZE, INVALID_BUFFER, BUFFER_*, BUILD_FAILED, OUT_OF_MEMORY,
 * DEVICE_LOST, OPENCL_ERROR, and those that they name. */

/* out = the initializer's values for the shape dims[0..rank-1]; rank may be 0.
 * Random numbers are those of Philox4x32-10 (Salmon, Moraes, Dror, Shaw, 2011)
 * for the key seed and the counter 0, 1, ...: the same array for the same seed
 * on every device, and a prefix of it for a smaller one; give two arrays two
 * seeds.  Normal numbers come from the inverse of the distribution function
 * (Giles, "Approximating the erfinv function", 2010), within 2^-20 of their
 * value, at 6 standard deviations within 2^-11.  orthogonal is computed on the
 * host, before the call returns.
 * Errors: INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR, INVALID_RANK. */
CLRELU_API clrelu_status clrelu_initialize(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const char *initializer, uint64_t seed, size_t rank, const size_t *dims,
    clrelu_buffer out, cl_uint wait_count, const cl_event *wait_list,
    cl_event *event);

/* penalty[0] = the regularizer's value for a, of the shape dims[0..rank-1], and
 * da[i] += its derivative, such as l1*sign(a[i]) + 2*l2*a[i], where that of |v|
 * is 0 at v = 0.
 * Either output is left out by a buffer whose mem is NULL, not both.
 * Aliasing: all must be apart.
 * Accuracy: penalty is summed with compensation in an order that depends on the
 * shape alone, and within 4 ulp.  A factor of 0 drops its term.
 * For m rows of n elements orthogonal_regularizer takes 8*m^2 bytes of device
 * memory for each 2^14 of n.  Dot products are summed in the same way, and
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
 * underflows; a norm that overflows makes its elements 0 or NaN, as in Keras.
 * Errors: INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR, INVALID_RANK,
 * INVALID_AXIS, INVALID_ALPHA_SHAPE (radial_constraint). */
CLRELU_API clrelu_status clrelu_constrain(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const char *constraint, size_t rank, const size_t *dims, clrelu_buffer a,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* A step of gradient descent, for 0 <= i < n:
 *     velocity[i] = momentum*velocity[i] - learning_rate*da[i],
 *     a[i] += velocity[i], da[i] = 0,
 * each operation rounded to float32.  velocity is 0 before the first step; with
 * a momentum of 0 it is not touched, and its mem may be NULL.
 * Aliasing: all must be apart.
 * Errors: INVALID_SCALAR. */
CLRELU_API clrelu_status clrelu_descend(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    double learning_rate, double momentum, size_t n, clrelu_buffer a,
    clrelu_buffer da, clrelu_buffer velocity, cl_uint wait_count,
    const cl_event *wait_list, cl_event *event);

/* -------------------------------------------------------- prelu's layer -- */

/* PReLU with its alpha, the gradient of it, and what keeps them in bounds.
 * Thread-safety: one thread at a time.  Its calls are ordered by queue and
 * events, as any others. */
typedef struct clrelu_prelu_layer clrelu_prelu_layer;

/*   dims          rank extents of x, batch first; 0 leaves the batch or a
 *                 shared axis open: then x may have any extent there
 *   shared_axes   as in clrelu_shape
 *   initializer   NULL: zeros
 *   regularizer   NULL: none
 *   constraint    NULL: none; applied after an update, never to the first
 *                 values, nor to those that clrelu_prelu_layer_set_alpha or
 *                 clrelu_prelu_layer_load bring
 *   seed          for an initializer without one */
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
 * The context must outlive the layer; params and what it points to need only
 * live until the call returns.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_SIZE,
 * INVALID_RANK, INVALID_AXIS, INVALID_ALPHA_SHAPE (an axis left open that is
 * not shared; radial_constraint), INVALID_SPEC, UNKNOWN_NAME, INVALID_SCALAR,
 * BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status
clrelu_prelu_layer_create(clrelu_context *context, cl_command_queue queue,
                          const clrelu_prelu_layer_params *params,
                          cl_event *event, clrelu_prelu_layer **out);

/* The same from a text, such as
 *     PReLU(input_shape=[0,0,0,64],shared_axes=[1,2],
 *           alpha_initializer=he_normal(seed=7),alpha_regularizer=l1(0.01),
 *           alpha_constraint=non_neg,seed=1)
 * where all but input_shape may be missing. */
CLRELU_API clrelu_status clrelu_prelu_layer_create_from_config(
    clrelu_context *context, cl_command_queue queue, const char *config,
    cl_event *event, clrelu_prelu_layer **out);

/* The layer's configuration as such a text: writes at most size characters,
 * the final 0 included, and its length without it to length.  text may be NULL
 * with size 0, length NULL.
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

/* The float32 arrays alpha and dalpha; borrowed, valid until the layer is
 * destroyed.  Whoever brings another optimizer reads dalpha, writes alpha and
 * sets dalpha to 0 before the next backward call. */
CLRELU_API clrelu_buffer
clrelu_prelu_layer_alpha(const clrelu_prelu_layer *layer);
CLRELU_API clrelu_buffer
clrelu_prelu_layer_dalpha(const clrelu_prelu_layer *layer);

/* y from x of rank extents dims, as clrelu_prelu_forward with a float32 alpha;
 * rank is the layer's, dims[i] too where that is neither open nor shared.
 * Errors: those of clrelu_prelu_forward. */
CLRELU_API clrelu_status clrelu_prelu_layer_forward(
    const clrelu_prelu_layer *layer, cl_command_queue queue, clrelu_dtype dtype,
    size_t rank, const size_t *dims, clrelu_buffer x, clrelu_buffer y,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* dx, and dalpha += its sum, as clrelu_prelu_backward; dx may be left out.
 * dalpha adds up until the next update.
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

/* The regularizer's gradient into dalpha, a step of clrelu_descend, and the
 * constraint; dalpha is 0 then.
 * Errors: those of clrelu_descend. */
CLRELU_API clrelu_status clrelu_prelu_layer_update(
    clrelu_prelu_layer *layer, cl_command_queue queue, double learning_rate,
    double momentum, cl_uint wait_count, const cl_event *wait_list,
    cl_event *event);

/* alpha = values, count of them, which need only live until the call returns.
 * Errors: INVALID_NULL, INVALID_CONTEXT, INVALID_QUEUE, INVALID_EVENTS,
 * INVALID_ALPHA_SHAPE (count), OUT_OF_MEMORY, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_prelu_layer_set_alpha(
    clrelu_prelu_layer *layer, cl_command_queue queue, size_t count,
    const float *values, cl_uint wait_count, const cl_event *wait_list,
    cl_event *event);

/* values = alpha, count of them.  Waits for the queue up to that.
 * Errors: as clrelu_prelu_layer_set_alpha. */
CLRELU_API clrelu_status clrelu_prelu_layer_get_alpha(
    const clrelu_prelu_layer *layer, cl_command_queue queue, size_t count,
    float *values, cl_uint wait_count, const cl_event *wait_list);

/* alpha as a NumPy file of float32.  save waits for the queue up to that, and
 * writes the file whole or not at all; load takes booleans, integers and floats
 * of any size, whose shape must be alpha's.  A file that is replaced keeps its
 * mode, here and in the calls below; symbolic links are followed.
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
 *   op, scalar    f and its alpha or theta; scalar is not for CLRELU_PRELU
 *   alphas        CLRELU_PRELU: elements of alpha, outputs or 1
 * The matrix products are CLBlast's, and their bits those of the device; the
 * rest of both directions is one pass over the product.  A library built
 * without CLBlast returns UNSUPPORTED. */
typedef struct clrelu_dense {
    size_t rows, inputs, outputs;
    clrelu_op op;
    double scalar;
    size_t alphas;
} clrelu_dense;

/* z and y from x.  z is what the backward pass reads, and is left out by a
 * buffer whose mem is NULL.  alpha is for CLRELU_PRELU alone; dtype is
 * CLRELU_FLOAT32.
 * Aliasing: an output must be apart from all else.
 * Accuracy: z is the product, as exact as CLBlast makes it, plus b, rounded;
 * y as clrelu_forward makes it from z.
 * Errors: those of clrelu_forward, INVALID_ALPHA_SHAPE (alphas),
 * UNSUPPORTED, CLBLAST_ERROR; after the last, and after an error of OpenCL, y
 * and z may be half written. */
CLRELU_API clrelu_status clrelu_dense_forward(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const clrelu_dense *dense, clrelu_buffer x, clrelu_buffer w,
    clrelu_buffer b, clrelu_buffer alpha, clrelu_buffer z, clrelu_buffer y,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* dz = f'(z) * dy,  db = the sums of dz over the rows,
 * dalpha = the sums of z*dy where z < 0, over the rows or, of one alpha, all,
 * dx = dz W^T,  dw = x^T dz.
 * dz, db and dalpha come from one pass over z and dy.  dx, and dalpha, which is
 * for CLRELU_PRELU alone, may be left out.  flags: any of clrelu_flags,
 * each with its output; CLRELU_ACCUMULATE_DW is for dw and db.
 * Aliasing: dz may be dy or z; else an output must be apart from all else.
 * Accuracy: dz as dx of clrelu_backward.  db and dalpha are summed with
 * compensation, in an order that depends on rows and outputs alone, and as
 * exact as dalpha of clrelu_prelu_backward.  dx and dw are CLBlast's.
 * Errors: as clrelu_dense_forward, and INVALID_FLAGS. */
CLRELU_API clrelu_status clrelu_dense_backward(
    clrelu_context *context, cl_command_queue queue, clrelu_dtype dtype,
    const clrelu_dense *dense, unsigned flags, clrelu_buffer x, clrelu_buffer w,
    clrelu_buffer alpha, clrelu_buffer z, clrelu_buffer dy, clrelu_buffer dz,
    clrelu_buffer dx, clrelu_buffer dw, clrelu_buffer db, clrelu_buffer dalpha,
    cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* ------------------------------------------------- programs in advance -- */

/* Programs are compiled when a call first needs them, and kept in the user's
 * cache; these functions do it earlier, or elsewhere, for devices that cannot.
 *
 * clrelu_warm compiles all that calls of op with elements of dtype may need,
 * and runs each kernel once, as some drivers compile only then: on buffers and
 * a queue of its own, for which it waits.  For CLRELU_PRELU that includes its
 * layer's programs.  The dense layer is not included.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, UNSUPPORTED, BUILD_FAILED,
 * OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR, INVALID_PROGRAM. */
CLRELU_API clrelu_status clrelu_warm(clrelu_context *context, clrelu_op op,
                                     clrelu_dtype dtype);

/* Writes all programs that the context has had need of into one file, for
 * clrelu_context_params.program or CLRELU_PROGRAM: checksummed, and good for
 * this device, driver and version of the library alone.  The file is there
 * whole or not at all.
 * Errors: INVALID_NULL, FILE_ERROR, OUT_OF_MEMORY, UNSUPPORTED (the driver
 * gives no binaries). */
CLRELU_API clrelu_status clrelu_save_programs(clrelu_context *context,
                                              const char *path);

/* For devices without a compiler: writes what clrelu_warm would compile into
 * the folder, each program a file NAME.cl that needs no options, and adds it to
 * the folder's "manifest".  The vendor's compiler makes a NAME.bin of each, and
 * clrelu_pack_programs one file of all, as clrelu_save_programs does.  Each
 * file is there whole or not at all.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, UNSUPPORTED, OUT_OF_MEMORY,
 * FILE_ERROR, INVALID_PROGRAM (a manifest for another device). */
CLRELU_API clrelu_status clrelu_export_programs(clrelu_context *context,
                                                clrelu_op op,
                                                clrelu_dtype dtype,
                                                const char *folder);
CLRELU_API clrelu_status clrelu_pack_programs(const char *folder,
                                              const char *path);

/* -------------------------------------------------------------- tuning -- */

/* A value that clrelu_tune has measured. */
typedef struct clrelu_tuned {
    const char *knob; /* such as "vector"; its values come one by one */
    uint64_t value;
    int is_default, is_again; /* the default is measured twice */
    int is_chosen;
    double margin; /* the part of the time that noise may account for */
    double mean;   /* time beside the default's, over the workloads */
    size_t workloads;
    const char *const *names; /* of each workload */
    const double *seconds;    /* median time of a call of each */
} clrelu_tuned;

/* Measures the values that the library chooses by the class of a device -
 * vector width, local size, work per item, number of work-groups, from where
 * on stores go past the caches - and stores the fastest in the user's cache,
 * where contexts for the same device, driver, number of compute units and
 * version of the library find them from then on, unless CLRELU_CACHE is 0 or
 * off.
 * They change no bit of the results.  The context itself stays as it is.
 * A default stays unless another value is faster by more than the noise, and
 * has the same bits.
 *
 * tell, if not NULL, is called with data for each value once its knob is
 * decided; what it gets is gone when it returns.
 * Ordering: it waits for half a minute, on a queue and buffers of its own, an
 * eighth of the device's memory at most and 402 MB, and 268 MB of the host's;
 * the device should have nothing else to do.  On failure what was stored before
 * stays.
 * Errors: INVALID_NULL, FILE_ERROR (no cache to store in), UNSUPPORTED (a
 * context with a program file, or a device without a compiler), BUILD_FAILED,
 * OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_tune(clrelu_context *context,
                                     void (*tell)(void *data,
                                                  const clrelu_tuned *tuned),
                                     void *data);

/* ------------------------------------------------------------- explain -- */

/* What a call would do: text for people, numbers for programs. */
typedef struct clrelu_explanation {
    char shape[256];        /* the collapsed shape, such as
                             * "64 shared x 64 kept x 3136 shared" */
    char kernel[64];        /* the kernel's name */
    char options[256];      /* its build options */
    char stores[32];        /* "plain" or "streaming" */
    char values[256];       /* "default: " or "tuned: ", and what clrelu_tune
                             * chooses */
    uint64_t groups;        /* work-groups of the main kernel */
    uint64_t local_size;    /* work-items per work-group */
    uint64_t launches;      /* commands enqueued */
    uint64_t bytes_read;    /* that the operation must move, alpha and */
    uint64_t bytes_written; /* dalpha once each */
    uint64_t workspace_bytes;
} clrelu_explanation;

/* Explains a call of clrelu_forward (backward 0) or clrelu_backward (1) on n
 * elements, or, for CLRELU_PRELU, of clrelu_prelu_forward or
 * clrelu_prelu_backward on shape with both outputs; shape is for CLRELU_PRELU
 * alone and n for the others.
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
