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
 *    queue: it never waits, prints or flushes.  A call that fails has enqueued
 *    nothing that writes to an output.  Queues may be in order or out of
 *    order.
 *  - Buffers must stay alive as clEnqueueNDRangeKernel demands.
 *  - wait_count events in wait_list are waited for by the device first; both
 *    0 and NULL is no wait.  If event is not NULL it receives an event that
 *    completes with the call's last command; the caller releases it.
 *  - Nothing is written outside the stated elements of an output.
 *  - *_create stores NULL on failure.  *_destroy takes a pointer to the object,
 *    accepts NULL, and sets the object to NULL.
 *  - Every function that can fail returns a status, and leaves a text that
 *    names the argument, what it is and what it should be: clrelu_error().
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
    CLRELU_INVALID_SIZE = 8,    /* a size whose bytes do not fit 64 bits */
    CLRELU_INVALID_RANK = 9,    /* a rank of 0, or beyond CLRELU_MAX_RANK */
    CLRELU_INVALID_AXIS = 10,   /* a shared axis that is not in 1..rank-1 */
    CLRELU_INVALID_ALPHA_SHAPE = 11, /* alpha's shape is not what x and the
                                      * shared axes ask for */
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
    CLRELU_OPENCL_ERROR = 24         /* anything else OpenCL reports; the text
                                      * names the call and its code */
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
 * name or vendor of the platform or of the device, in any case of letters
 * ("nvidia", "pocl", "radeon").  Examples: "gpu", "gpu:1", "pocl:cpu:0",
 * "intel:gpu", "iris xe".  Platforms without devices and devices that are not
 * available are passed over.  Among several matches GPUs come before
 * accelerators before CPUs before the rest, each in the platforms' order. */

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

/* Lists the available devices that fit spec (NULL or "": all), best first.
 * Writes at most capacity entries to devices and their number in all to count.
 * devices may be NULL with capacity 0.  No match is a count of 0, not an error.
 * Errors: INVALID_NULL (count), INVALID_DEVICE (spec), OUT_OF_MEMORY,
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
 *                    Not looked at when something is adopted. */
typedef struct clrelu_context_params {
    const char *spec;
    cl_context context;
    cl_device_id device;
    cl_command_queue queue;
} clrelu_context_params;

/* Creates a context; params may be NULL (all zero).  Nothing is compiled yet.
 * Errors: INVALID_NULL (out), INVALID_CONTEXT, INVALID_QUEUE, INVALID_DEVICE,
 * NO_DEVICE, OUT_OF_MEMORY, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_context_create(
    const clrelu_context_params *params, clrelu_context **out);

/* Releases the programs and the adopted or created OpenCL objects.  Commands
 * already enqueued still run; no call may be under way in another thread. */
CLRELU_API void clrelu_context_destroy(clrelu_context **context);

/* The context's OpenCL objects; borrowed, valid until it is destroyed. */
CLRELU_API cl_context clrelu_context_cl(const clrelu_context *context);
CLRELU_API cl_device_id clrelu_context_device(const clrelu_context *context);

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

/* The type of the elements in the buffers.  float16 and bfloat16 are storage:
 * elements are widened, computed on in float32 and rounded once, to nearest
 * even; they need no extension.  float64 needs cl_khr_fp64. */
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
    CLRELU_ACCUMULATE_DX = 1,    /* dx += instead of dx = */
    CLRELU_ACCUMULATE_DALPHA = 2 /* dalpha += instead of dalpha = */
} clrelu_flags;

/* y[i] = f(x[i]) for 0 <= i < n, for every op but CLRELU_PRELU.
 * scalar is alpha or theta; it is rounded to float32 first.
 * Aliasing: y may be x (same buffer, same offset); any other overlap is an
 * error.  n = 0 enqueues a marker at most.
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
 * 2^-20 <= |alpha| <= 2^119 and x >= -156, also where exp(x) alone is
 * subnormal; below -156, exp(x) is 0.
 * Errors: as clrelu_forward, and INVALID_FLAGS. */
CLRELU_API clrelu_status
clrelu_backward(clrelu_context *context, cl_command_queue queue, clrelu_op op,
                clrelu_dtype dtype, double scalar, unsigned flags, size_t n,
                clrelu_buffer x, clrelu_buffer dy, clrelu_buffer dx,
                cl_uint wait_count, const cl_event *wait_list, cl_event *event);

/* --------------------------------------------------------------- prelu -- */

#define CLRELU_MAX_RANK 64

/* The shape of x and the axes over which one alpha is shared.
 *   dims          rank extents, batch first; 1 <= rank <= CLRELU_MAX_RANK
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
 * extents to alpha_dims and their product to count; either may be NULL.
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
 * read for dx only, and may be left out with it.  flags: any of clrelu_flags,
 * each with its output.  workspace is scratch memory of at least
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

/* ------------------------------------------------------------- explain -- */

/* What a call would do: text for people, numbers for programs. */
typedef struct clrelu_explanation {
    char shape[256];        /* the collapsed shape, such as
                             * "64 shared x 64 kept x 3136 shared" */
    char kernel[64];        /* the kernel's name */
    char options[256];      /* its build options */
    char stores[32];        /* "plain" or "streaming" */
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
