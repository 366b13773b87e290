/* launch.c - kernel arguments as an array, work as commands on a queue
 * SPDX-License-Identifier: MIT */
#include "core/launch.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

/* What every implementation takes, some abort beyond. */
#define MAX_WORK_ITEMS ((uint64_t)1 << 31)

static uint64_t groups_per_launch(unsigned group_size)
{
    return MAX_WORK_ITEMS / group_size;
}

uint64_t clrelu_launch_count(uint64_t groups, unsigned group_size)
{
    const uint64_t max = groups_per_launch(group_size);

    return groups / max + (groups % max != 0);
}

clrelu_status clrelu_set_args(clrelu_kernel *kernel, const clrelu_arg *args,
                              cl_uint count)
{
    const bool known = kernel->known;
    size_t at = 0;

    kernel->known = false;
    for (cl_uint i = 0; i < count; at += args[i++].size) {
        if (at + args[i].size > sizeof(kernel->values))
            return clrelu_fail(CLRELU_OPENCL_ERROR,
                               "a kernel's arguments exceed %zu bytes",
                               sizeof(kernel->values));
        if (known && !args[i].buffer &&
            memcmp(kernel->values + at, args[i].value, args[i].size) == 0)
            continue;
        const cl_int error =
            clSetKernelArg(kernel->handle, i, args[i].size, args[i].value);
        if (error)
            return clrelu_fail_cl(error, "clSetKernelArg");
        memcpy(kernel->values + at, args[i].value, args[i].size);
    }
    kernel->known = true;
    return CLRELU_OK;
}

/* Events of the commands enqueued last, that what follows must wait for. */
typedef struct chain {
    cl_event *events;
    cl_uint count;
} chain;

static void chain_clear(chain *c)
{
    for (cl_uint i = 0; i < c->count; i++)
        clReleaseEvent(c->events[i]);
    c->count = 0;
}

/* Not what clrelu_set_args set, and so no longer known. */
static clrelu_status set_first(const clrelu_launch *l, uint64_t first)
{
    const cl_ulong first_group = first;
    cl_int error;

    l->kernel->known = false;
    error = clSetKernelArg(l->kernel->handle, (cl_uint)l->first_group,
                           sizeof(first_group), &first_group);
    return error ? clrelu_fail_cl(error, "clSetKernelArg") : CLRELU_OK;
}

static clrelu_status enqueue_part(const clrelu_call *call,
                                  const clrelu_launch *l, uint64_t first,
                                  cl_uint wait_count, const cl_event *wait_list,
                                  cl_event *event)
{
    const uint64_t max = groups_per_launch(l->group_size);
    const uint64_t left = l->groups - first;
    const size_t local = l->group_size;
    const size_t global = (size_t)(left < max ? left : max) * local;
    clrelu_status status = first > 0 ? set_first(l, first) : CLRELU_OK;

    if (status)
        return status;
    const cl_int error =
        clEnqueueNDRangeKernel(call->queue, l->kernel->handle, 1, NULL, &global,
                               &local, wait_count, wait_list, event);
    return error ? clrelu_fail_cl(error, "clEnqueueNDRangeKernel") : CLRELU_OK;
}

/* All parts of a launch may run side by side; next gets their events. */
static clrelu_status enqueue_parts(const clrelu_call *call,
                                   const clrelu_launch *l, const chain *after,
                                   bool is_first, chain *next)
{
    const uint64_t parts = clrelu_launch_count(l->groups, l->group_size);
    const cl_uint wait_count = is_first ? call->wait_count : after->count;
    const cl_event *wait_list = is_first ? call->wait_list : after->events;
    clrelu_status status = CLRELU_OK;

    for (uint64_t i = 0; i < parts && !status; i++) {
        status =
            enqueue_part(call, l, i * groups_per_launch(l->group_size),
                         wait_count, wait_list, &next->events[next->count]);
        if (!status)
            next->count++;
    }
    return status;
}

static clrelu_status finish_event(const clrelu_call *call, chain *last)
{
    cl_int error;

    if (!call->event)
        return CLRELU_OK;
    if (last->count == 1) {
        *call->event = last->events[0];
        last->count = 0;
        return CLRELU_OK;
    }
    error = clEnqueueMarkerWithWaitList(call->queue, last->count, last->events,
                                        call->event);
    return error ? clrelu_fail_cl(error, "clEnqueueMarkerWithWaitList")
                 : CLRELU_OK;
}

static clrelu_status ask_order(cl_command_queue queue, bool *in_order)
{
    cl_command_queue_properties properties = 0;
    const cl_int error = clGetCommandQueueInfo(
        queue, CL_QUEUE_PROPERTIES, sizeof(properties), &properties, NULL);

    *in_order = !(properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    return error ? clrelu_fail_cl(error, "clGetCommandQueueInfo") : CLRELU_OK;
}

/* The queue itself makes the later wait for the earlier, sooner than events
 * do.  All wait for the call's events: one that failed shall stop each. */
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
            status =
                enqueue_part(call, l, first, call->wait_count, call->wait_list,
                             is_last ? call->event : NULL);
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

    for (unsigned i = 0; i < count; i++) {
        const uint64_t parts =
            clrelu_launch_count(launches[i].groups, launches[i].group_size);
        max = parts > max ? parts : max;
    }
    /* All there will be, while nothing is enqueued. */
    if (max <= SIZE_MAX / 2 / sizeof(*events))
        events = malloc(2 * (size_t)max * sizeof(*events));
    if (!events)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for events");
    chain last = {events, 0}, next = {events + max, 0};
    for (unsigned i = 0; i < count && !status; i++) {
        const chain old = last;
        status = enqueue_parts(call, &launches[i], &last, i == 0, &next);
        chain_clear(&last);
        last = next;
        next = (chain){old.events, 0};
    }
    if (!status)
        status = finish_event(call, &last);
    chain_clear(&last);
    free(events);
    return status;
}

clrelu_status clrelu_enqueue(const clrelu_call *call,
                             const clrelu_launch *launches, unsigned count)
{
    const bool is_one =
        count == 1 &&
        clrelu_launch_count(launches->groups, launches->group_size) == 1;
    bool in_order = true;
    clrelu_status status = CLRELU_OK;

    /* The common call costs one command and no event of ours. */
    if (!is_one)
        status = ask_order(call->queue, &in_order);
    if (!status)
        status = in_order ? enqueue_in_order(call, launches, count)
                          : enqueue_by_events(call, launches, count);
    return status;
}

clrelu_status clrelu_enqueue_nothing(const clrelu_call *call)
{
    cl_int error;

    if (!call->event && call->wait_count == 0)
        return CLRELU_OK;
    error = clEnqueueMarkerWithWaitList(call->queue, call->wait_count,
                                        call->wait_list, call->event);
    return error ? clrelu_fail_cl(error, "clEnqueueMarkerWithWaitList")
                 : CLRELU_OK;
}
