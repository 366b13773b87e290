/* launch.c - kernel arguments as an array, launches as commands on a queue
 * SPDX-License-Identifier: MIT */
#include "core/launch.h"

#include <stdlib.h>
#include <string.h>

#include "base/integer.h"
#include "base/status.h"
#include "core/pointer.h"
#include "core/trace.h"

const cl_ulong clrelu_group_0;

/* All implementations accept this many; some abort beyond. */
#define MAX_WORK_ITEMS ((uint64_t)1 << 31)

static uint64_t groups_per_launch(unsigned group_size)
{
    return MAX_WORK_ITEMS / group_size;
}

uint64_t clrelu_launch_count(uint64_t groups, unsigned group_size)
{
    return ceil_div(groups, groups_per_launch(group_size));
}

/* A new buffer may have an old one's handle: it is always set. */
static clrelu_status set_memory(clrelu_kernel *kernel, cl_uint index,
                                const clrelu_arg *arg)
{
    const clrelu_buffer *buffer = arg->value;
    const cl_mem *mem = arg->kind == CLRELU_ARG_MEM ? arg->value : &buffer->mem;
    cl_int error;

    if (arg->kind == CLRELU_ARG_MEMORY && buffer->pointer)
        return clrelu_pointer_set_arg(kernel->pointers, kernel->handle, index,
                                      buffer->pointer);
    error = clSetKernelArg(kernel->handle, index, sizeof(*mem), mem);
    return clrelu_check_cl(error, "clSetKernelArg");
}

/* The bytes of the arguments so far are at kernel->values. */
static clrelu_status set_value(clrelu_kernel *kernel, cl_uint index,
                               const void *value, size_t size, bool known,
                               size_t *at)
{
    unsigned char *old = kernel->values + *at;

    *at += size;
    if (*at > sizeof(kernel->values))
        return clrelu_fail(CLRELU_OPENCL_ERROR,
                           "a kernel's arguments exceed %zu bytes",
                           sizeof(kernel->values));
    if (known && memcmp(old, value, size) == 0)
        return CLRELU_OK;
    const cl_int error = clSetKernelArg(kernel->handle, index, size, value);
    if (error)
        return clrelu_fail_cl(error, "clSetKernelArg");
    memcpy(old, value, size);
    return CLRELU_OK;
}

static clrelu_status set_arg(clrelu_kernel *kernel, cl_uint index,
                             const clrelu_arg *arg, bool known, size_t *at)
{
    cl_ulong offset;

    switch (arg->kind) {
    case CLRELU_ARG_MEM:
    case CLRELU_ARG_MEMORY:
        return set_memory(kernel, index, arg);
    case CLRELU_ARG_OFFSET:
        offset = ((const clrelu_buffer *)arg->value)->offset;
        return set_value(kernel, index, &offset, sizeof(offset), known, at);
    case CLRELU_ARG_FIRST_GROUP:
        kernel->first_group = (int)index;
        break;
    case CLRELU_ARG_VALUE:
        break;
    }
    return set_value(kernel, index, arg->value, arg->size, known, at);
}

clrelu_status clrelu_set_args(clrelu_kernel *kernel, const clrelu_arg *args,
                              cl_uint count)
{
    const bool known = kernel->known;
    clrelu_status status = CLRELU_OK;
    cl_uint index = 0;
    size_t at = 0;

    kernel->known = false;
    kernel->first_group = -1;
    for (cl_uint i = 0; i < count && !status; i++)
        if (args[i].size > 0)
            status = set_arg(kernel, index++, &args[i], known, &at);
    kernel->known = !status;
    return status;
}

/* The events of one launch's commands; the next launch waits for them. */
typedef struct event_list {
    cl_event *events;
    cl_uint count;
} event_list;

static void release_events(event_list *l)
{
    for (cl_uint i = 0; i < l->count; i++)
        clReleaseEvent(l->events[i]);
    l->count = 0;
}

/* The kernel's copy of the arguments is wrong from here on. */
static clrelu_status set_first_group(clrelu_kernel *kernel, uint64_t first)
{
    const cl_ulong first_group = first;

    kernel->known = false;
    return clrelu_check_cl(clSetKernelArg(kernel->handle,
                                          (cl_uint)kernel->first_group,
                                          sizeof(first_group), &first_group),
                           "clSetKernelArg");
}

static clrelu_status enqueue_one(const clrelu_call *call,
                                 const clrelu_launch *l, uint64_t first,
                                 cl_uint wait_count, const cl_event *wait_list,
                                 cl_event *event)
{
    const uint64_t max = groups_per_launch(l->group_size);
    const uint64_t left = l->groups - first;
    const size_t local = l->group_size;
    const size_t global = (size_t)(left < max ? left : max) * local;
    clrelu_status status =
        first > 0 ? set_first_group(l->kernel, first) : CLRELU_OK;
    cl_event own = NULL;

    if (status)
        return status;
    CLRELU_TRACE(clrelu_trace_want(call->exec->queue, &own, &event));
    const cl_int error =
        clEnqueueNDRangeKernel(call->exec->queue, l->kernel->handle, 1, NULL,
                               &global, &local, wait_count, wait_list, event);
    if (error)
        return clrelu_fail_cl(error, "clEnqueueNDRangeKernel");
    CLRELU_TRACE(clrelu_trace_keep(own, event));
    return CLRELU_OK;
}

/* The commands of a launch may run concurrently; next gets their events. */
static clrelu_status enqueue_all(const clrelu_call *call,
                                 const clrelu_launch *l,
                                 const event_list *after, bool is_first,
                                 event_list *next)
{
    const uint64_t count = clrelu_launch_count(l->groups, l->group_size);
    const cl_uint wait_count = is_first ? call->exec->wait_count : after->count;
    const cl_event *wait_list =
        is_first ? call->exec->wait_list : after->events;
    clrelu_status status = CLRELU_OK;

    for (uint64_t i = 0; i < count && !status; i++) {
        status = enqueue_one(call, l, i * groups_per_launch(l->group_size),
                             wait_count, wait_list, &next->events[next->count]);
        if (!status)
            next->count++;
    }
    return status;
}

static clrelu_status enqueue_marker(const clrelu_call *call, cl_uint wait_count,
                                    const cl_event *wait_list)
{
    return clrelu_check_cl(clEnqueueMarkerWithWaitList(call->exec->queue,
                                                       wait_count, wait_list,
                                                       call->exec->event),
                           "clEnqueueMarkerWithWaitList");
}

static clrelu_status finish_event(const clrelu_call *call, event_list *last)
{
    if (!call->exec->event)
        return CLRELU_OK;
    if (last->count == 1) {
        *call->exec->event = last->events[0];
        last->count = 0;
        return CLRELU_OK;
    }
    return enqueue_marker(call, last->count, last->events);
}

clrelu_status clrelu_queue_is_in_order(cl_command_queue queue, bool *in_order)
{
    cl_command_queue_properties properties = 0;
    const cl_int error = clGetCommandQueueInfo(
        queue, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, NULL);

    *in_order = !(properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    return clrelu_check_cl(error, "clGetCommandQueueInfo");
}

/* The queue orders the commands, at less cost than events.  All wait for the
 * call's events: one that failed must stop each. */
static clrelu_status enqueue_in_order(const clrelu_call *call,
                                      const clrelu_launch *launches,
                                      unsigned count)
{
    clrelu_status status = CLRELU_OK;

    for (unsigned i = 0; i < count && !status; i++) {
        const clrelu_launch *l = &launches[i];
        const uint64_t max = groups_per_launch(l->group_size);
        for (uint64_t first = 0; first < l->groups && !status; first += max) {
            const bool is_last = i + 1 == count && l->groups - first <= max;
            status = enqueue_one(call, l, first, call->exec->wait_count,
                                 call->exec->wait_list,
                                 is_last ? call->exec->event : NULL);
        }
    }
    return status;
}

static clrelu_status enqueue_by_events(const clrelu_call *call,
                                       const clrelu_launch *launches,
                                       unsigned count)
{
    uint64_t max = 1;
    clrelu_status status = CLRELU_OK;
    cl_event *events = NULL;

    for (unsigned i = 0; i < count; i++)
        max = max_u64(max, clrelu_launch_count(launches[i].groups,
                                               launches[i].group_size));
    /* Allocated before the first command, so that none can fail for it. */
    if (max <= SIZE_MAX / 2 / sizeof(*events))
        events = malloc(2 * (size_t)max * sizeof(*events));
    if (!events)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for events");
    event_list last = {events, 0}, next = {events + max, 0};
    for (unsigned i = 0; i < count && !status; i++) {
        const event_list old = last;
        status = enqueue_all(call, &launches[i], &last, i == 0, &next);
        release_events(&last);
        last = next;
        next = (event_list){old.events, 0};
    }
    if (!status)
        status = finish_event(call, &last);
    release_events(&last);
    free(events);
    return status;
}

static void trace_launches(const clrelu_launch *launches, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        clrelu_trace_command(clrelu_kernel_name(launches[i].kernel->id),
                             launches[i].group_size, launches[i].groups);
}

clrelu_status clrelu_enqueue(const clrelu_call *call,
                             const clrelu_launch *launches, unsigned count)
{
    const bool is_one =
        count == 1 &&
        clrelu_launch_count(launches->groups, launches->group_size) == 1;
    bool in_order = true;
    clrelu_status status = CLRELU_OK;

    CLRELU_TRACE(trace_launches(launches, count));
    /* The common call is one command: the order does not matter. */
    if (!is_one)
        status = clrelu_queue_is_in_order(call->exec->queue, &in_order);
    if (!status)
        status = in_order ? enqueue_in_order(call, launches, count)
                          : enqueue_by_events(call, launches, count);
    return status;
}

clrelu_status clrelu_enqueue_nothing(const clrelu_call *call)
{
    if (!call->exec->event && call->exec->wait_count == 0)
        return CLRELU_OK;
    return enqueue_marker(call, call->exec->wait_count, call->exec->wait_list);
}
