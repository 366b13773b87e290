/* stream.c - arrays of any size through a device, slab by slab
 * SPDX-License-Identifier: MIT */
#include "stream.h"

#include <inttypes.h>
#include <string.h>

#include "load.h"

/* Elements of a slab.  More is not faster; less is for small memories.  MAX
 * decides the order of dalpha's sums. */
enum { MAX = 4 << 20, MIN = 1 << 10 };

static bool is_of_x(int buffer)
{
    return buffer == STREAM_X || buffer == STREAM_DY;
}

/* Of alpha, scale and bias, or their gradients. */
static bool is_of_columns(int buffer)
{
    return buffer >= STREAM_VALUES;
}

/* What comes back, next to the result. */
static bool is_sent_back(const stream *s, int buffer)
{
    return buffer >= STREAM_GRADIENTS ||
           (buffer == STREAM_MASK && !s->backward);
}

static int result_of(const stream *s)
{
    return s->backward && s->dy ? STREAM_DY : STREAM_X;
}

/* A mask's elements are as wide as float32. */
static clrelu_dtype type_of(const stream *s, int buffer)
{
    if (buffer == STREAM_MASK)
        return CLRELU_FLOAT32;
    return is_of_x(buffer) ? s->x->dtype : slab_column_type(s->x->dtype);
}

static size_t type_size(const stream *s, int buffer)
{
    return clrelu_dtype_size(type_of(s, buffer));
}

/* Which of alpha, scale and bias a buffer is of, or of the gradient of. */
static int array_of(int buffer)
{
    return (buffer - STREAM_VALUES) % COLUMN_ARRAYS;
}

static bool has_gradient(const stream *s, int which)
{
    return s->columns->gradients[which].rank > 0 ||
           s->columns->gradients[which].count > 0;
}

static bool has(const stream *s, int buffer)
{
    const array *values = s->columns->values;

    if (is_of_x(buffer))
        return buffer == STREAM_X || s->dy;
    if (buffer == STREAM_MASK)
        return s->mask;
    if (buffer >= STREAM_GRADIENTS)
        return has_gradient(s, array_of(buffer));
    return values[array_of(buffer)].dtype != 0;
}

/* The range of the slab's columns in an array. */
static void find_columns(const stream *s, const slab *slab_, int which,
                         size_t *first, size_t *count)
{
    *first = 0;
    *count = 1;
    if (which != COLUMN_ALPHA || !s->columns->one_alpha)
        slab_alpha(slab_, s->slabs.rank, s->columns->extents, first, count);
}

/* Elements of each buffer, for the first and largest slab. */
static void measure(const stream *s, size_t counts[STREAM_BUFFERS])
{
    size_t first;
    slab largest;

    slabs_get(&s->slabs, 0, &largest);
    for (int i = 0; i < STREAM_BUFFERS; i++) {
        counts[i] = i == STREAM_MASK ? largest.n / 32 + 1 : largest.n;
        if (is_of_columns(i) && s->columns->any)
            find_columns(s, &largest, array_of(i), &first, &counts[i]);
    }
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
    if (is_sent_back(s, buffer))
        return CL_MAP_READ;
    if (buffer == result_of(s) && !first)
        return CL_MAP_READ | CL_MAP_WRITE;
    return CL_MAP_WRITE_INVALIDATE_REGION;
}

/* Whether the slot's next slab has the same columns; true after the last
 * one. */
static bool same_alphas(const stream *s, const slot *at, size_t index)
{
    size_t first, count;
    slab next;

    if (!s->columns->any || index >= s->slabs.count)
        return true;
    slabs_get(&s->slabs, index, &next);
    slab_alpha(&next, s->slabs.rank, s->columns->extents, &first, &count);
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
        const bool sent_back = is_sent_back(s, i);
        if (!at->mem[i] || (sent_back && first) ||
            (is_of_columns(i) && !sent_back && at->alpha_held))
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

/* The slab's part of alpha, scale or bias. */
static void fill_columns(const stream *s, slot *at, int buffer)
{
    const size_t size = type_size(s, buffer);
    size_t first, count;

    find_columns(s, &at->slab, array_of(buffer), &first, &count);
    memcpy(at->mapped[buffer],
           (const char *)s->columns->values[array_of(buffer)].data +
               first * size,
           count * size);
}

static bool fill(stream *s, slot *at, size_t index, progress *p, failure *f)
{
    at->index = index;
    slabs_get(&s->slabs, index, &at->slab);
    if (s->columns->any)
        slab_alpha(&at->slab, s->slabs.rank, s->columns->extents,
                   &at->alpha_first, &at->alpha_count);
    if (!load_slab(s->x, &at->slab, at->mapped[STREAM_X], p, f) ||
        (s->dy && !load_slab(s->dy, &at->slab, at->mapped[STREAM_DY], p, f)))
        return false;
    if (s->mask && s->backward)
        mask_get(s->mask, at->slab.first, at->slab.n, at->mapped[STREAM_MASK]);
    for (int i = STREAM_VALUES; i < STREAM_GRADIENTS; i++)
        if (at->mapped[i])
            fill_columns(s, at, i);
    return true;
}

static clrelu_status call(const stream *s, const slot *at)
{
    const slab_call c = {.device = s->device,
                         .op = s->op,
                         .dtype = s->x->dtype,
                         .scalar = s->scalar,
                         .gain = s->gain,
                         .backward = s->backward,
                         .from_output = s->from_output,
                         .columns = s->columns,
                         .rank = s->slabs.rank,
                         .slab = &at->slab,
                         .mem = at->mem};

    return slab_compute(&c);
}

static bool submit(stream *s, slot *at, failure *f)
{
    return unmap(s, at, f) && device_did(call(s, at), f) &&
           map(s, at, false, f);
}

static bool retire(stream *s, slot *at, output *out, progress *p, failure *f)
{
    const size_t n = at->slab.n;

    if (!await(at, f) || !output_append(out, at->mapped[result_of(s)],
                                        n * clrelu_dtype_size(s->x->dtype), f))
        return false;
    if (s->mask && !s->backward)
        mask_set(s->mask, at->slab.first, n, at->mapped[STREAM_MASK]);
    progress_add(p, n);
    for (int i = 0; i < COLUMN_ARRAYS; i++) {
        const int buffer = STREAM_GRADIENTS + i;
        size_t first, count;
        if (!has(s, buffer))
            continue;
        find_columns(s, &at->slab, i, &first, &count);
        sums_add(&s->sums[i], first, count, type_of(s, buffer),
                 at->mapped[buffer]);
    }
    return true;
}

bool stream_start(stream *s, progress *p, failure *f)
{
    const uint64_t n = s->x->header.count;

    progress_phase(p, s->backward ? "backward" : "forward",
                   (s->dy ? 3 : 2) * n);
    for (int i = 0; i < COLUMN_ARRAYS; i++)
        if (has_gradient(s, i) &&
            !sums_create(&s->sums[i], s->columns->gradients[i].count, f))
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
    for (int i = 0; i < COLUMN_ARRAYS; i++)
        if (has_gradient(s, i))
            sums_round(&s->sums[i], &s->columns->gradients[i]);
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
    for (int i = 0; i < COLUMN_ARRAYS; i++)
        sums_destroy(&s->sums[i]);
    s->slot_count = 0;
}
