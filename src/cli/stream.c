/* stream.c - arrays of any size through a device, slab by slab
 * SPDX-License-Identifier: MIT */
#include "stream.h"

#include <inttypes.h>
#include <string.h>

#include "load.h"

/* Elements of a slab.  More is not faster; less is for small memories.  MAX
 * decides the order of dalpha's sums. */
enum { MAX = 4 << 20, MIN = 1 << 10 };

static clrelu_dtype type_of(const stream *s, int buffer)
{
    const bool of_x = buffer == STREAM_X || buffer == STREAM_DY;

    return of_x ? s->x->dtype : s->alpha->dtype;
}

static size_t type_size(const stream *s, int buffer)
{
    return clrelu_dtype_size(type_of(s, buffer));
}

static bool has(const stream *s, int buffer)
{
    const bool there[STREAM_BUFFERS] = {true, s->backward, s->alpha != NULL,
                                        s->wants_dalpha};

    return there[buffer];
}

/* Elements of each buffer, for the first and largest slab. */
static void measure(const stream *s, size_t counts[STREAM_BUFFERS])
{
    size_t first, alphas = 0;
    slab largest;

    slabs_get(&s->slabs, 0, &largest);
    if (s->alpha)
        slab_alpha(&largest, s->slabs.rank, s->alpha_extents, &first, &alphas);
    counts[STREAM_X] = counts[STREAM_DY] = largest.n;
    counts[STREAM_ALPHA] = counts[STREAM_DALPHA] = alphas;
}

/* Bytes of all buffers, and of the largest one. */
static uint64_t bytes_needed(const stream *s, uint64_t *largest)
{
    size_t counts[STREAM_BUFFERS];
    uint64_t sum = 0;

    measure(s, counts);
    *largest = 0;
    for (int i = 0; i < STREAM_BUFFERS; i++) {
        const uint64_t bytes =
            has(s, i) ? counts[i] * (uint64_t)type_size(s, i) : 0;
        *largest = bytes > *largest ? bytes : *largest;
        sum += bytes;
    }
    return s->slot_count * sum;
}

bool stream_plan(stream *s, uint64_t memory, failure *f)
{
    const npy_header *h = &s->x->header;
    uint64_t max, total = 0, need = 0, largest;

    if (!device_bytes(s->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, &max, f) ||
        (!memory &&
         !device_bytes(s->device, CL_DEVICE_GLOBAL_MEM_SIZE, &total, f)))
        return false;
    memory = memory ? memory : total / 4;
    for (size_t n = MAX; n >= MIN; n /= 2) {
        slabs_make(h->rank, h->dims, n, &s->slabs);
        s->slot_count = s->slabs.count > 1 ? 2 : 1;
        need = bytes_needed(s, &largest);
        need = need > s->step_bytes ? need : s->step_bytes;
        if (need <= memory && largest <= max)
            return true;
    }
    return fail(f,
                "%" PRIu64 " bytes of device memory are too few, must be at "
                "least %" PRIu64 "; --memory sets them",
                memory, need);
}

/* ------------------------------------------------------------- buffers -- */

static cl_map_flags map_flags(const stream *s, int buffer, bool first)
{
    const int result = s->backward ? STREAM_DY : STREAM_X;

    if (buffer == STREAM_DALPHA)
        return CL_MAP_READ;
    if (buffer == result && !first)
        return CL_MAP_READ | CL_MAP_WRITE;
    return CL_MAP_WRITE_INVALIDATE_REGION;
}

/* Whether the slot's next slab has the same alphas; true after the last one. */
static bool same_alphas(const stream *s, const slot *at, size_t index)
{
    size_t first, count;
    slab next;

    if (!s->alpha || index >= s->slabs.count)
        return true;
    slabs_get(&s->slabs, index, &next);
    slab_alpha(&next, s->slabs.rank, s->alpha_extents, &first, &count);
    return first == at->alpha_first && count == at->alpha_count;
}

/* Maps the slot's buffers once the device has finished. */
static bool map(stream *s, slot *at, bool first, failure *f)
{
    size_t counts[STREAM_BUFFERS];

    measure(s, counts);
    at->alpha_held = !first && same_alphas(s, at, at->index + s->slot_count);
    for (int i = 0; i < STREAM_BUFFERS; i++) {
        cl_event event;
        cl_int error;
        if (!at->mem[i] || (i == STREAM_ALPHA && at->alpha_held) ||
            (i == STREAM_DALPHA && first))
            continue;
        const size_t bytes = (counts[i] > 0 ? counts[i] : 1) * type_size(s, i);
        at->mapped[i] = clEnqueueMapBuffer(s->device->queue, at->mem[i],
                                           CL_FALSE, map_flags(s, i, first), 0,
                                           bytes, 0, NULL, &event, &error);
        if (error) {
            at->mapped[i] = NULL;
            return fail_opencl(f, "clEnqueueMapBuffer", error);
        }
        /* The queue is in order: the last event completes after the others. */
        if (at->ready)
            clReleaseEvent(at->ready);
        at->ready = event;
    }
    const cl_int error = clFlush(s->device->queue);
    return !error || fail_opencl(f, "clFlush", error);
}

static bool unmap(stream *s, slot *at, failure *f)
{
    cl_int error = CL_SUCCESS;

    for (int i = 0; i < STREAM_BUFFERS && !error; i++)
        if (at->mapped[i]) {
            error = clEnqueueUnmapMemObject(s->device->queue, at->mem[i],
                                            at->mapped[i], 0, NULL, NULL);
            at->mapped[i] = NULL;
        }
    return !error || fail_opencl(f, "clEnqueueUnmapMemObject", error);
}

static bool await(slot *at, failure *f)
{
    const cl_int error = clWaitForEvents(1, &at->ready);

    clReleaseEvent(at->ready);
    at->ready = NULL;
    return !error || fail_opencl(f, "clWaitForEvents", error);
}

static bool create(stream *s, slot *at, failure *f)
{
    size_t counts[STREAM_BUFFERS];

    measure(s, counts);
    for (int i = 0; i < STREAM_BUFFERS; i++)
        if (has(s, i) &&
            !device_create(s->device, type_of(s, i), counts[i], &at->mem[i], f))
            return false;
    return map(s, at, true, f) && await(at, f);
}

/* --------------------------------------------------------------- slabs -- */

static bool fill(stream *s, slot *at, size_t index, progress *p, failure *f)
{
    at->index = index;
    slabs_get(&s->slabs, index, &at->slab);
    if (s->alpha)
        slab_alpha(&at->slab, s->slabs.rank, s->alpha_extents, &at->alpha_first,
                   &at->alpha_count);
    if (!load_slab(s->x, &at->slab, at->mapped[STREAM_X], p, f) ||
        (s->backward &&
         !load_slab(s->dy, &at->slab, at->mapped[STREAM_DY], p, f)))
        return false;
    if (at->mapped[STREAM_ALPHA]) {
        const size_t size = type_size(s, STREAM_ALPHA);
        memcpy(at->mapped[STREAM_ALPHA],
               (const char *)s->alpha->data + at->alpha_first * size,
               at->alpha_count * size);
    }
    return true;
}

static clrelu_status call_prelu(stream *s, slot *at)
{
    const device *d = s->device;
    const clrelu_exec exec = {.queue = d->queue};
    const clrelu_buffer x = clrelu_at(at->mem[STREAM_X], 0),
                        dy = clrelu_at(at->mem[STREAM_DY], 0);
    size_t alpha_dims[NPY_MAX_RANK];
    const clrelu_shape shape = {.rank = s->slabs.rank,
                                .dims = at->slab.dims,
                                .alpha_rank = s->slabs.rank,
                                .alpha_dims = alpha_dims,
                                .alpha_layout = CLRELU_ALPHA_NUMPY};
    const clrelu_prelu call = {.dtype = s->x->dtype,
                               .alpha_dtype = s->alpha->dtype,
                               .shape = &shape,
                               .x = x,
                               .alpha = clrelu_at(at->mem[STREAM_ALPHA], 0),
                               .y = x,
                               .dy = dy,
                               .dx = dy,
                               .dalpha = clrelu_at(at->mem[STREAM_DALPHA], 0)};

    for (size_t i = 0; i < shape.rank; i++)
        alpha_dims[i] = s->alpha_extents[i] == 1 ? 1 : at->slab.dims[i];
    return s->backward ? clrelu_prelu_backward(d->context, &exec, &call)
                       : clrelu_prelu_forward(d->context, &exec, &call);
}

static clrelu_status call_scalar(stream *s, slot *at)
{
    const device *d = s->device;
    const clrelu_exec exec = {.queue = d->queue};
    const clrelu_buffer x = clrelu_at(at->mem[STREAM_X], 0),
                        dy = clrelu_at(at->mem[STREAM_DY], 0);
    const clrelu_elementwise call = {.op = s->op,
                                     .dtype = s->x->dtype,
                                     .scalar = s->scalar,
                                     .n = at->slab.n,
                                     .x = x,
                                     .y = x,
                                     .dy = dy,
                                     .dx = dy};

    return s->backward ? clrelu_backward(d->context, &exec, &call)
                       : clrelu_forward(d->context, &exec, &call);
}

static bool submit(stream *s, slot *at, failure *f)
{
    return unmap(s, at, f) &&
           device_did(s->alpha ? call_prelu(s, at) : call_scalar(s, at), f) &&
           map(s, at, false, f);
}

static bool retire(stream *s, slot *at, output *out, progress *p, failure *f)
{
    const int result = s->backward ? STREAM_DY : STREAM_X;
    const size_t n = at->slab.n;

    if (!await(at, f) || !output_append(out, at->mapped[result],
                                        n * clrelu_dtype_size(s->x->dtype), f))
        return false;
    progress_add(p, n);
    if (s->wants_dalpha)
        sums_add(&s->sums, at->alpha_first, at->alpha_count, s->alpha->dtype,
                 at->mapped[STREAM_DALPHA]);
    return true;
}

bool stream_start(stream *s, progress *p, failure *f)
{
    const uint64_t n = s->x->header.count;

    progress_phase(p, s->backward ? "backward" : "forward",
                   (s->backward ? 3 : 2) * n);
    if (s->wants_dalpha && !sums_create(&s->sums, s->alpha->count, f))
        return false;
    for (size_t i = 0; i < s->slot_count; i++)
        if (!create(s, &s->slots[i], f))
            return false;
    return fill(s, &s->slots[0], 0, p, f);
}

bool stream_run(stream *s, output *out, progress *p, failure *f)
{
    const size_t count = s->slabs.count, slots = s->slot_count;

    for (size_t i = 0; i < count + slots; i++) {
        slot *at = &s->slots[i % slots];
        if ((i >= slots && !retire(s, at, out, p, f)) ||
            (i > 0 && i < count && !fill(s, at, i, p, f)) ||
            (i < count && !submit(s, at, f)))
            return false;
    }
    for (size_t i = 0; i < slots; i++)
        if (!unmap(s, &s->slots[i], f))
            return false;
    if (s->wants_dalpha)
        sums_round(&s->sums, s->dalpha);
    return true;
}

void stream_close(stream *s)
{
    failure ignored;

    for (size_t i = 0; i < s->slot_count; i++)
        unmap(s, &s->slots[i], &ignored);
    if (s->slot_count > 0)
        clFinish(s->device->queue);
    for (size_t i = 0; i < s->slot_count; i++) {
        slot *at = &s->slots[i];
        if (at->ready)
            clReleaseEvent(at->ready);
        for (int k = 0; k < STREAM_BUFFERS; k++)
            device_release(at->mem[k]);
    }
    sums_destroy(&s->sums);
    s->slot_count = 0;
}
