/* base.h - status, device, context, and what all calls have in common
 * SPDX-License-Identifier: MIT
 *
 * General rules, valid for every function of clrelu.h:
 *  - Sizes, shapes and offsets count elements.  Arrays are contiguous in C
 *    order, unless the call has strides.
 *  - A call checks all arguments, then only enqueues commands on the caller's
 *    queue.  It never prints (but see CLRELU_TRACE) and never flushes.  It does
 *    not wait, except clrelu_check_kernel, clrelu_context_float_check,
 *    clrelu_precompile, clrelu_prelu_layer_read_alpha, clrelu_prelu_layer_save
 *    and clrelu_tune.  A call that fails has enqueued nothing that writes to an
 *    output.  The one exception: OpenCL rejects a command after it accepted an
 *    earlier one of the same call; the outputs are then undefined.  Queues may
 *    be in order or out of order.
 *  - Buffers must stay alive as clEnqueueNDRangeKernel demands.  Structs and
 *    the arrays and texts they point to may be freed after the call.
 *  - Nothing is written outside the stated elements of an output.
 *  - Fields that are not named in an initializer are 0.  A reserved field must
 *    be 0; it becomes a field of a later 1.x, where 0 keeps the behaviour of
 *    today.  A library that does not know the field refuses any other value.
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
#ifndef CLRELU_BASE_H
#define CLRELU_BASE_H

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

#if defined(_WIN32) && defined(CLRELU_EXPORT)
#define CLRELU_API __declspec(dllexport)
#elif defined(_WIN32)
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

#define CLRELU_VERSION_MAJOR 1
#define CLRELU_VERSION_MINOR 0
#define CLRELU_VERSION_PATCH 0

/* As one number, for #if: 1.0.0 is 10000, 1.2.3 would be 10203. */
#define CLRELU_VERSION \
    (CLRELU_VERSION_MAJOR * 10000 + CLRELU_VERSION_MINOR * 100 + \
     CLRELU_VERSION_PATCH)

/* The version of the library at run time: as CLRELU_VERSION, and as a text such
 * as "1.0.0". */
CLRELU_API int clrelu_version_number(void);
CLRELU_API const char *clrelu_version(void);

/* -------------------------------------------------------------- status -- */

typedef enum clrelu_status {
    CLRELU_OK = 0,

    /* Arguments. */
    CLRELU_INVALID_NULL = 100,    /* a pointer or handle that must be given */
    CLRELU_INVALID_CONTEXT = 101, /* a queue, buffer or pointer of another
                                   * cl_context, or a queue of another device */
    CLRELU_INVALID_QUEUE = 102,   /* not a command queue */
    CLRELU_INVALID_EVENTS = 103,  /* wait list and count disagree, or an event
                                   * is invalid or of another cl_context */
    CLRELU_INVALID_OP = 104,      /* not an enumerator of clrelu_op, or one
                                   * that this function does not take */
    CLRELU_INVALID_DTYPE = 105,   /* not an enumerator of clrelu_dtype, or one
                                   * that does not fit the other type */
    CLRELU_INVALID_SCALAR = 106,  /* a number outside its range */
    CLRELU_INVALID_SIZE = 107,    /* a size beyond SIZE_MAX/8 elements */
    CLRELU_INVALID_RANK = 108,    /* a rank beyond CLRELU_MAX_RANK, or one that
                                   * the function or the spec does not take */
    CLRELU_INVALID_AXIS = 109,    /* a shared axis that is not in 1..rank-1 */
    CLRELU_INVALID_ALPHA_SHAPE = 110, /* alpha's shape does not fit x and the
                                       * shared axes, or a spec */
    CLRELU_INVALID_FLAGS = 111,       /* an unknown flag, or one without its
                                       * output */
    CLRELU_INVALID_ENUM = 112,        /* another value that is no enumerator */
    CLRELU_INVALID_RESERVED = 113,    /* a reserved field is not 0: this library
                                       * is older than the caller's header */
    CLRELU_INVALID_SPEC = 114,    /* an initializer, regularizer, constraint,
                                   * configuration or prefix that cannot be
                                   * parsed */
    CLRELU_UNKNOWN_NAME = 115,    /* ... of an unknown name; the text lists the
                                   * known ones */
    CLRELU_INVALID_STRIDES = 116, /* a stride that is negative, strides of an
                                   * output whose elements may overlap, or an
                                   * array whose bytes do not fit size_t */

    /* Buffers. */
    CLRELU_INVALID_BUFFER = 200,    /* not a buffer object, both a buffer object
                                     * and a pointer, or an array that the call
                                     * does not take */
    CLRELU_BUFFER_TOO_SMALL = 201,  /* ends before offset + elements */
    CLRELU_BUFFER_READ_ONLY = 202,  /* an output the device may not write */
    CLRELU_BUFFER_WRITE_ONLY = 203, /* an input the device may not read */
    CLRELU_BUFFER_OVERLAP = 204,    /* an output overlaps another argument in a
                                     * way the function does not allow */

    /* Devices. */
    CLRELU_INVALID_DEVICE = 300, /* a device that the cl_context lacks, or a
                                  * device spec that cannot be parsed */
    CLRELU_NO_DEVICE = 301,      /* no OpenCL device matches; the text lists
                                  * the available ones */
    CLRELU_UNSUPPORTED = 302,    /* the device cannot do it */
    CLRELU_DEVICE_LOST = 303,    /* CL_DEVICE_NOT_AVAILABLE */
    CLRELU_FORKED = 304, /* the process was forked from one that has used
                          * OpenCL; see the general rules */

    /* Programs and files. */
    CLRELU_BUILD_FAILED = 400,    /* the device's compiler rejected a program;
                                   * the text has its log */
    CLRELU_INVALID_PROGRAM = 401, /* a program file that is damaged, or for
                                   * another device, driver or version, or
                                   * without the program needed */
    CLRELU_FILE_ERROR = 402,      /* a file that cannot be read or written, or
                                   * is no .npy file */

    /* Resources and other libraries. */
    CLRELU_OUT_OF_MEMORY = 500, /* host or device memory */
    CLRELU_OPENCL_ERROR = 501,  /* anything else OpenCL reports; the text
                                 * names the call and its code */
    CLRELU_CLBLAST_ERROR = 502  /* CLBlast reports it; the text names the call
                                 * and its code */
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
    uint32_t compute_units;
    uint32_t compiler;        /* 1: compiles programs at run time */
    uint64_t memory_bytes;    /* CL_DEVICE_GLOBAL_MEM_SIZE */
    uint64_t max_alloc_bytes; /* CL_DEVICE_MAX_MEM_ALLOC_SIZE */
    uint64_t cache_bytes;     /* CL_DEVICE_GLOBAL_MEM_CACHE_SIZE */
    uint32_t svm;             /* 1: takes pointers, see clrelu_buffer */
    uint32_t reserved_32;
    uint64_t reserved[7];
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

/* ----------------------------------------------------------------- log -- */

typedef enum clrelu_log_level {
    CLRELU_LOG_WARNING = 1, /* works, but slower or not as asked: a cache entry
                             * that was refused, a cache that cannot be used */
    CLRELU_LOG_INFO = 2     /* a program was compiled or loaded, and the
                             * milliseconds that it took */
} clrelu_log_level;

/* Receives one line without a newline, valid during the call.  May be called
 * from any thread that calls the library, several at a time; must not call the
 * library. */
typedef void (*clrelu_log_callback)(void *data, clrelu_log_level level,
                                    const char *text);

/* The environment variable CLRELU_TRACE names a file to which every call
 * appends one line; "-" is the standard error.  docs/trace.md has the fields.
 */

/* ------------------------------------------------------------- context -- */

/* A device of a cl_context and its compiled programs.  There may be several,
 * also for the same device.
 * Thread-safety: safe; threads may share a context, with a queue each. */
typedef struct clrelu_context clrelu_context;

/* All fields are optional; all zero selects a device.  Objects that are given
 * are retained until the context is destroyed.
 *
 *   spec      select a device, as above; NULL: the environment variable
 *             CLRELU_DEVICE if set and not empty, else the best device.
 *             Ignored if queue, context or device is given
 *   context   adopt it, with device, or its only device
 *   device    create a cl_context for it
 *   queue     adopt its cl_context and device; context and device must be NULL
 *             or agree
 *   program   a file of clrelu_save_programs for the same device: all programs
 *             come from it, nothing is compiled; "": programs come from the
 *             user's cache (docs/cache.md) or are compiled; NULL: the
 *             environment variable CLRELU_PROGRAM if set, else as ""
 *   log       called with log_data for each message; NULL: silent */
typedef struct clrelu_context_params {
    const char *spec;
    cl_context context;
    cl_device_id device;
    cl_command_queue queue;
    const char *program;
    clrelu_log_callback log;
    void *log_data;
    uint64_t reserved[4];
} clrelu_context_params;

/* Creates a context; params may be NULL (all zero).  Nothing is compiled yet.
 * Errors: INVALID_NULL (out), INVALID_CONTEXT, INVALID_QUEUE, INVALID_DEVICE,
 * INVALID_RESERVED, NO_DEVICE, UNSUPPORTED (OpenCL 1.0 or 1.1), OUT_OF_MEMORY,
 * OPENCL_ERROR, FILE_ERROR, INVALID_PROGRAM. */
CLRELU_API clrelu_status clrelu_context_create(
    const clrelu_context_params *params, clrelu_context **out);

/* Releases the programs and the OpenCL objects.  Commands already enqueued
 * still run; no other thread may be in a call with the context.  Some drivers
 * make binaries expensive; then the cache is written here. */
CLRELU_API void clrelu_context_destroy(clrelu_context **context);

/* The context's OpenCL objects, which it owns: valid until it is destroyed. */
CLRELU_API cl_context clrelu_context_cl_context(const clrelu_context *context);
CLRELU_API cl_device_id clrelu_context_cl_device(const clrelu_context *context);

/* Conformance of a device's float32 arithmetic. */
typedef struct clrelu_float_check {
    int is_ieee; /* 1: IEEE 754's +, *, fma, < and subnormal numbers */
    uint32_t reserved_32;
    char differs[256]; /* the deviations, such as "subnormal numbers in fma";
                        * "" if none */
    uint64_t reserved[4];
} clrelu_float_check;

/* Whether the device gives the same bits as all other conforming devices.
 * Statements about identical bits below require is_ieee; docs/numerics.md has
 * the effect of each deviation.
 * Ordering: compiles and runs test cases on a queue of its own, and waits.
 * Errors: INVALID_NULL, BUILD_FAILED, OUT_OF_MEMORY, DEVICE_LOST,
 * OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_context_float_check(clrelu_context *context,
                                                    clrelu_float_check *out);

/* ------------------------------------------- operands and environment -- */

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

/* An array that begins offset elements into a buffer object, or offset elements
 * after a pointer.  mem and pointer both NULL: no array.
 *
 *   mem      a buffer object or sub-buffer of the context's cl_context.  Size,
 *            flags, owner and overlap are checked
 *   pointer  shared virtual memory (clSVMAlloc, coarse- or fine-grained; with
 *            fine-grained system SVM any memory) of a device with OpenCL 2.0 or
 *            later, or unified shared memory of a driver with
 *            cl_intel_unified_shared_memory.  Overlap is checked; size and
 *            owner are checked for unified shared memory, while OpenCL cannot
 *            be asked about SVM.  Coarse-grained SVM must not be mapped while
 *            the commands run.  An input's memory is not written
 *
 * Both kinds may be mixed in a call.  Memory of a pointer is not compared with
 * a buffer object made of it by CL_MEM_USE_HOST_PTR. */
typedef struct clrelu_buffer {
    cl_mem mem;
    void *pointer;
    size_t offset;
    void *reserved;
} clrelu_buffer;

static inline clrelu_buffer clrelu_at(cl_mem mem, size_t offset)
{
    const clrelu_buffer buffer = {mem, NULL, offset, NULL};
    return buffer;
}

static inline clrelu_buffer clrelu_at_pointer(void *pointer, size_t offset)
{
    const clrelu_buffer buffer = {NULL, pointer, offset, NULL};
    return buffer;
}

/* Where and when a call's commands run.
 *
 *   queue                  of the context's cl_context and device
 *   wait_count, wait_list  events that the commands wait for; 0 and NULL: none
 *   event                  if not NULL, receives an event that completes with
 *                          the call's last command; the caller releases it */
typedef struct clrelu_exec {
    cl_command_queue queue;
    cl_uint wait_count;
    uint32_t reserved_32;
    const cl_event *wait_list;
    cl_event *event;
    uint64_t reserved[2];
} clrelu_exec;

/* Bits of the flags of a call. */
typedef enum clrelu_flag {
    CLRELU_ACCUMULATE_DX = 1,     /* dx += instead of dx = */
    CLRELU_ACCUMULATE_DALPHA = 2, /* dalpha += instead of dalpha = */
    CLRELU_ACCUMULATE_DW = 4,     /* dw +=, db +=: clrelu_dense_backward */
    CLRELU_ACCUMULATE_DBIAS = 8,  /* and the next two: clrelu_chain_backward */
    CLRELU_ACCUMULATE_DSCALE = 16,
    CLRELU_ACCUMULATE_DRESIDUAL = 32,
    CLRELU_FROM_OUTPUT = 64 /* y instead of x: clrelu_backward,
                             * clrelu_prelu_backward */
} clrelu_flag;

typedef enum clrelu_direction {
    CLRELU_FORWARD = 1,
    CLRELU_BACKWARD = 2
} clrelu_direction;

#ifdef __cplusplus
}
#endif

#endif
