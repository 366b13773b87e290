/* layer_fault.c - an OpenCL layer whose calls fail, are counted and held up
 * SPDX-License-Identifier: MIT */
#include "layer_fault.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "layer.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT struct layer_fault clrelu_layer_fault;
static struct layer_fault *const fault = &clrelu_layer_fault;

/* One call more; does it fail? */
static bool fails(const char *name)
{
    const char *none = NULL;

    atomic_fetch_add(&fault->calls, 1);
    if (strncmp(name, "clEnqueue", 9) == 0)
        atomic_fetch_add(&fault->commands, 1);
    if (atomic_load(&fault->countdown) <= 0 ||
        atomic_fetch_sub(&fault->countdown, 1) != 1)
        return false;
    if (atomic_load(&fault->on_and_on))
        atomic_store(&fault->countdown, 1);
    if (!atomic_load(&fault->guest))
        atomic_store(&fault->told, true);
    atomic_compare_exchange_strong(&fault->failed, &none, name);
    return true;
}

static void count(enum layer_object object, long references)
{
    atomic_fetch_add(&fault->live[object], references);
}

/* A call of no object. */
#define CALL(name, types, names) \
    static cl_int CL_API_CALL my_##name types \
    { \
        return fails(#name) ? atomic_load(&fault->code) : next->name names; \
    }

/* A call that makes an object, with the error in *error. */
#define MAKE(object, type, name, types, names) \
    static type CL_API_CALL my_##name types \
    { \
        type made = NULL; \
        if (!fails(#name)) \
            made = next->name names; \
        else if (error) \
            *error = atomic_load(&fault->code); \
        count(object, made != NULL); \
        return made; \
    }

/* What fails to be released is released all the same: the program cannot try
 * again, and the count is to show its own leaks.  CLBlast 1.7 ignores it where
 * a queue cannot be retained, and releases it later: so it is retained, too. */
#define OBJECT(object, type, kind) \
    static cl_int CL_API_CALL my_clRetain##kind(type it) \
    { \
        const bool failed = fails("clRetain" #kind); \
        if (failed && !atomic_load(&fault->guest)) \
            return atomic_load(&fault->code); \
        const cl_int error = next->clRetain##kind(it); \
        count(object, error ? 0 : 1); \
        return failed ? atomic_load(&fault->code) : error; \
    } \
    static cl_int CL_API_CALL my_clRelease##kind(type it) \
    { \
        const bool failed = fails("clRelease" #kind); \
        const cl_int error = next->clRelease##kind(it); \
        count(object, error ? 0 : -1); \
        return failed ? atomic_load(&fault->code) : error; \
    }

/* A command, with the list of what it waits for; one that blocks cannot be held
 * up. */
#define COMMAND(name, call, blocking, types, names) \
    static cl_int CL_API_CALL my_##name types \
    { \
        struct wait wait = {.count = waits, .list = list}; \
        if (fails(#name)) \
            return atomic_load(&fault->code); \
        if (!(blocking)) \
            hold_up(queue, &wait); \
        waits = wait.count; \
        list = wait.list; \
        const cl_int error = call names; \
        let_go(&wait); \
        count(EVENTS, !error && event); \
        return error; \
    }

enum { MAX_WAITS = 256 };

struct wait {
    cl_uint count;
    const cl_event *list;
    cl_event held; /* completes late; NULL if the command is not held up      */
    cl_event room[MAX_WAITS];
};

static void *complete_late(void *event)
{
    static atomic_uint seed = 1;
    const unsigned random = atomic_fetch_add(&seed, 1) * 2654435761u;
    const unsigned delay = atomic_load(&fault->delay);
    const long us = delay ? (long)(random % delay) : 0;
    const struct timespec time = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&time, NULL);
    next->clSetUserEventStatus(event, CL_COMPLETE);
    next->clReleaseEvent(event);
    return NULL;
}

/* Adds a user event to what the command waits for. */
static void hold_up(cl_command_queue queue, struct wait *wait)
{
    cl_context context;

    if (atomic_load(&fault->delay) == 0 || wait->count + 1 > MAX_WAITS ||
        next->clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof(context),
                                    &context, NULL))
        return;
    wait->held = next->clCreateUserEvent(context, NULL);
    if (!wait->held)
        return;
    for (cl_uint i = 0; i < wait->count; i++)
        wait->room[i] = wait->list[i];
    wait->room[wait->count++] = wait->held;
    wait->list = wait->room;
}

/* From a thread of its own: the command is in the queue by then. */
static void let_go(struct wait *wait)
{
    pthread_attr_t detached;
    pthread_t thread;

    if (!wait->held)
        return;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &detached, complete_late, wait->held))
        complete_late(wait->held);
    pthread_attr_destroy(&detached);
}

#define ERROR cl_int *error
#define WAITS cl_uint waits, const cl_event *list, cl_event *event
#define QUEUE cl_command_queue queue
#define INFO size_t size, void *value, size_t *got

OBJECT(CONTEXTS, cl_context, Context)
OBJECT(QUEUES, cl_command_queue, CommandQueue)
OBJECT(MEMS, cl_mem, MemObject)
OBJECT(PROGRAMS, cl_program, Program)
OBJECT(KERNELS, cl_kernel, Kernel)
OBJECT(EVENTS, cl_event, Event)

typedef void CL_CALLBACK on_error(const char *, const void *, size_t, void *);
typedef void CL_CALLBACK on_built(cl_program, void *);

MAKE(CONTEXTS, cl_context, clCreateContext,
     (const cl_context_properties *p, cl_uint n, const cl_device_id *devices,
      on_error *told, void *data, ERROR),
     (p, n, devices, told, data, error))
MAKE(QUEUES, cl_command_queue, clCreateCommandQueue,
     (cl_context context, cl_device_id device, cl_command_queue_properties p,
      ERROR),
     (context, device, p, error))
MAKE(MEMS, cl_mem, clCreateBuffer,
     (cl_context context, cl_mem_flags flags, size_t size, void *host, ERROR),
     (context, flags, size, host, error))
MAKE(PROGRAMS, cl_program, clCreateProgramWithSource,
     (cl_context context, cl_uint n, const char **texts, const size_t *sizes,
      ERROR),
     (context, n, texts, sizes, error))
MAKE(PROGRAMS, cl_program, clCreateProgramWithBinary,
     (cl_context context, cl_uint n, const cl_device_id *devices,
      const size_t *sizes, const unsigned char **bytes, cl_int *states, ERROR),
     (context, n, devices, sizes, bytes, states, error))
MAKE(KERNELS, cl_kernel, clCreateKernel,
     (cl_program program, const char *name, ERROR), (program, name, error))
MAKE(EVENTS, cl_event, clCreateUserEvent, (cl_context context, ERROR),
     (context, error))

static cl_int CL_API_CALL my_clCreateKernelsInProgram(cl_program program,
                                                      cl_uint n,
                                                      cl_kernel *kernels,
                                                      cl_uint *got)
{
    cl_uint made = 0;

    if (fails("clCreateKernelsInProgram"))
        return atomic_load(&fault->code);
    const cl_int error =
        next->clCreateKernelsInProgram(program, n, kernels, &made);
    count(KERNELS, !error && kernels ? (long)made : 0);
    if (got)
        *got = made;
    return error;
}

CALL(clGetPlatformIDs, (cl_uint n, cl_platform_id *ids, cl_uint *got),
     (n, ids, got))
CALL(clGetPlatformInfo, (cl_platform_id id, cl_platform_info what, INFO),
     (id, what, size, value, got))
CALL(clGetDeviceIDs,
     (cl_platform_id id, cl_device_type type, cl_uint n, cl_device_id *ids,
      cl_uint *got),
     (id, type, n, ids, got))
CALL(clGetContextInfo, (cl_context it, cl_context_info what, INFO),
     (it, what, size, value, got))
CALL(clGetCommandQueueInfo, (QUEUE, cl_command_queue_info what, INFO),
     (queue, what, size, value, got))
CALL(clGetMemObjectInfo, (cl_mem it, cl_mem_info what, INFO),
     (it, what, size, value, got))
CALL(clGetEventInfo, (cl_event it, cl_event_info what, INFO),
     (it, what, size, value, got))
CALL(clGetProgramInfo, (cl_program it, cl_program_info what, INFO),
     (it, what, size, value, got))
CALL(clGetProgramBuildInfo,
     (cl_program it, cl_device_id id, cl_program_build_info what, INFO),
     (it, id, what, size, value, got))
CALL(clGetKernelWorkGroupInfo,
     (cl_kernel it, cl_device_id id, cl_kernel_work_group_info what, INFO),
     (it, id, what, size, value, got))
CALL(clBuildProgram,
     (cl_program it, cl_uint n, const cl_device_id *devices, const char *how,
      on_built *told, void *data),
     (it, n, devices, how, told, data))
CALL(clSetKernelArg, (cl_kernel it, cl_uint i, size_t size, const void *value),
     (it, i, size, value))
CALL(clSetUserEventStatus, (cl_event it, cl_int state), (it, state))
CALL(clWaitForEvents, (cl_uint n, const cl_event *list), (n, list))
CALL(clFlush, (QUEUE), (queue))
CALL(clFinish, (QUEUE), (queue))

static cl_int CL_API_CALL my_clGetDeviceInfo(cl_device_id id,
                                             cl_device_info what, INFO)
{
    const cl_ulong memory = atomic_load(&fault->memory);

    if (fails("clGetDeviceInfo"))
        return atomic_load(&fault->code);
    const cl_int error = next->clGetDeviceInfo(id, what, size, value, got);
    if (!error && value && memory > 0 &&
        (what == CL_DEVICE_GLOBAL_MEM_SIZE ||
         what == CL_DEVICE_MAX_MEM_ALLOC_SIZE))
        memcpy(value, &memory, sizeof(memory));
    return error;
}

/* A kernel that is swallowed keeps its place among the commands. */
static cl_int launch(QUEUE, cl_kernel kernel, cl_uint dimensions,
                     const size_t *first, const size_t *global,
                     const size_t *local, WAITS)
{
    if (atomic_load(&fault->swallow))
        return next->clEnqueueMarkerWithWaitList(queue, waits, list, event);
    return next->clEnqueueNDRangeKernel(queue, kernel, dimensions, first,
                                        global, local, waits, list, event);
}

COMMAND(clEnqueueNDRangeKernel, launch, false,
        (QUEUE, cl_kernel kernel, cl_uint dimensions, const size_t *first,
         const size_t *global, const size_t *local, WAITS),
        (queue, kernel, dimensions, first, global, local, waits, list, event))
COMMAND(clEnqueueReadBuffer, next->clEnqueueReadBuffer, blocks,
        (QUEUE, cl_mem mem, cl_bool blocks, size_t offset, size_t size,
         void *host, WAITS),
        (queue, mem, blocks, offset, size, host, waits, list, event))
COMMAND(clEnqueueWriteBuffer, next->clEnqueueWriteBuffer, blocks,
        (QUEUE, cl_mem mem, cl_bool blocks, size_t offset, size_t size,
         const void *host, WAITS),
        (queue, mem, blocks, offset, size, host, waits, list, event))
COMMAND(clEnqueueCopyBuffer, next->clEnqueueCopyBuffer, false,
        (QUEUE, cl_mem from, cl_mem to, size_t from_offset, size_t to_offset,
         size_t size, WAITS),
        (queue, from, to, from_offset, to_offset, size, waits, list, event))
COMMAND(clEnqueueFillBuffer, next->clEnqueueFillBuffer, false,
        (QUEUE, cl_mem mem, const void *pattern, size_t pattern_size,
         size_t offset, size_t size, WAITS),
        (queue, mem, pattern, pattern_size, offset, size, waits, list, event))
COMMAND(clEnqueueMarkerWithWaitList, next->clEnqueueMarkerWithWaitList, false,
        (QUEUE, WAITS), (queue, waits, list, event))
COMMAND(clEnqueueBarrierWithWaitList, next->clEnqueueBarrierWithWaitList, false,
        (QUEUE, WAITS), (queue, waits, list, event))

static void *CL_API_CALL my_clEnqueueMapBuffer(QUEUE, cl_mem mem,
                                               cl_bool blocks,
                                               cl_map_flags flags,
                                               size_t offset, size_t size,
                                               WAITS, ERROR)
{
    void *at = NULL;

    if (!fails("clEnqueueMapBuffer"))
        at = next->clEnqueueMapBuffer(queue, mem, blocks, flags, offset, size,
                                      waits, list, event, error);
    else if (error)
        *error = atomic_load(&fault->code);
    count(EVENTS, at && event);
    return at;
}

/* As with a release: PoCL never frees what stays mapped, nor its queue. */
static cl_int CL_API_CALL my_clEnqueueUnmapMemObject(QUEUE, cl_mem mem,
                                                     void *at, WAITS)
{
    struct wait wait = {.count = waits, .list = list};

    if (fails("clEnqueueUnmapMemObject")) {
        next->clEnqueueUnmapMemObject(queue, mem, at, waits, list, NULL);
        return atomic_load(&fault->code);
    }
    hold_up(queue, &wait);
    const cl_int error = next->clEnqueueUnmapMemObject(
        queue, mem, at, wait.count, wait.list, event);
    let_go(&wait);
    count(EVENTS, !error && event);
    return error;
}

/* The rest of OpenCL passes by. */
void layer_start(void)
{
#define MY(name) table.name = my_##name
    MY(clRetainContext), MY(clReleaseContext);
    MY(clRetainCommandQueue), MY(clReleaseCommandQueue);
    MY(clRetainMemObject), MY(clReleaseMemObject);
    MY(clRetainProgram), MY(clReleaseProgram);
    MY(clRetainKernel), MY(clReleaseKernel);
    MY(clRetainEvent), MY(clReleaseEvent);
    MY(clCreateContext), MY(clCreateCommandQueue), MY(clCreateBuffer);
    MY(clCreateProgramWithSource), MY(clCreateProgramWithBinary);
    MY(clCreateKernel), MY(clCreateKernelsInProgram), MY(clCreateUserEvent);
    MY(clGetPlatformIDs), MY(clGetPlatformInfo);
    MY(clGetDeviceIDs), MY(clGetDeviceInfo);
    MY(clGetContextInfo), MY(clGetCommandQueueInfo);
    MY(clGetMemObjectInfo), MY(clGetEventInfo);
    MY(clGetProgramInfo), MY(clGetProgramBuildInfo);
    MY(clGetKernelWorkGroupInfo), MY(clBuildProgram), MY(clSetKernelArg);
    MY(clSetUserEventStatus);
    MY(clWaitForEvents), MY(clFlush), MY(clFinish);
    MY(clEnqueueNDRangeKernel), MY(clEnqueueReadBuffer);
    MY(clEnqueueWriteBuffer), MY(clEnqueueCopyBuffer);
    MY(clEnqueueFillBuffer), MY(clEnqueueMarkerWithWaitList);
    MY(clEnqueueBarrierWithWaitList);
    MY(clEnqueueMapBuffer), MY(clEnqueueUnmapMemObject);
#undef MY
}
