/* overhead.c - the host cost of a call compared with its OpenCL calls
 * SPDX-License-Identifier: MIT
 *
 * What the library asks of OpenCL is written down once, and then repeated as it
 * is: the same kernel with the same arguments, with nothing checked. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "modes.h"
#include "samples.h"

enum { BLOCK = 50, BLOCKS = 200, CALLS = BLOCK * BLOCKS };
enum { MAX_ARGS = 64, MAX_BYTES = 4096 };

typedef struct test {
    harness h;
    clrelu_exec exec;
    clrelu_shape shape;
    clrelu_prelu prelu; /* with all arrays; y is dx */
    clrelu_elementwise elementwise;
} test;

typedef struct pair {
    const char *name;
    clrelu_status (*call)(const test *t);
} pair;

/* ------------------------------------------------------------ the record -- */

typedef struct argument {
    cl_uint index;
    size_t size, at; /* of the value in bytes[]                               */
} argument;

static struct {
    bool open;
    cl_kernel kernel;
    size_t global, local;
    argument args[MAX_ARGS];
    size_t count, used;
    unsigned char bytes[MAX_BYTES];
} record;

typedef cl_int set_arg_call(cl_kernel, cl_uint, size_t, const void *);
typedef cl_int enqueue_call(cl_command_queue, cl_kernel, cl_uint,
                            const size_t *, const size_t *, const size_t *,
                            cl_uint, const cl_event *, cl_event *);

static set_arg_call *set_arg;
static enqueue_call *enqueue;

/* Before anything else calls them. */
__attribute__((constructor)) static void find_calls(void)
{
    *(void **)&set_arg = dlsym(RTLD_NEXT, "clSetKernelArg");
    *(void **)&enqueue = dlsym(RTLD_NEXT, "clEnqueueNDRangeKernel");
    if (!set_arg || !enqueue)
        die("no OpenCL loader to pass calls on to");
}

/* The library finds these two before those of the loader. */
cl_int clSetKernelArg(cl_kernel kernel, cl_uint index, size_t size,
                      const void *value)
{
    if (record.open) {
        if (record.count == MAX_ARGS || record.used + size > MAX_BYTES)
            die("more arguments than there is room for");
        record.args[record.count++] = (argument){index, size, record.used};
        memcpy(record.bytes + record.used, value, size);
        record.used += size;
    }
    return set_arg(kernel, index, size, value);
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel,
                              cl_uint dimensions, const size_t *offset,
                              const size_t *global, const size_t *local,
                              cl_uint wait_count, const cl_event *wait_list,
                              cl_event *event)
{
    if (record.open) {
        if (record.kernel)
            die("more than one launch");
        record.kernel = kernel;
        record.global = *global;
        record.local = *local;
    }
    return enqueue(queue, kernel, dimensions, offset, global, local, wait_count,
                   wait_list, event);
}

static cl_int call_bare(const test *t)
{
    cl_int error = CL_SUCCESS;

    for (size_t i = 0; i < record.count && !error; i++) {
        const argument *a = &record.args[i];
        error = set_arg(record.kernel, a->index, a->size, record.bytes + a->at);
    }
    return error ? error
                 : enqueue(t->h.queue, record.kernel, 1, NULL, &record.global,
                           &record.local, 0, NULL, NULL);
}

/* -------------------------------------------------------------- the calls --
 */

static clrelu_status call_forward(const test *t)
{
    return clrelu_forward(t->h.library, &t->exec, &t->elementwise);
}

static clrelu_status call_backward(const test *t)
{
    return clrelu_backward(t->h.library, &t->exec, &t->elementwise);
}

static clrelu_status call_prelu_forward(const test *t)
{
    return clrelu_prelu_forward(t->h.library, &t->exec, &t->prelu);
}

static clrelu_status call_prelu_backward(const test *t)
{
    return clrelu_prelu_backward(t->h.library, &t->exec, &t->prelu);
}

static const pair pairs[] = {
    {"leaky_relu forward", call_forward},
    {"leaky_relu backward", call_backward},
    {"prelu forward", call_prelu_forward},
    {"prelu backward", call_prelu_backward},
};

/* ------------------------------------------------------------- the timing --
 */

/* A block of the one, a block of the other; each with the queue empty first. */
static void time_both(const test *t, const pair *p, double *mine, double *bare)
{
    for (size_t i = 0; i < 2 * (size_t)CALLS; i++) {
        const bool is_mine = i / BLOCK % 2 == 0;
        double start;
        if (i % BLOCK == 0)
            must_cl(clFinish(t->h.queue), "clFinish");
        start = now();
        if (is_mine)
            must(p->call(t));
        else
            must_cl(call_bare(t), "a bare launch");
        *(is_mine ? mine++ : bare++) = now() - start;
    }
}

/* What it takes to look at the clock twice, which is in every measurement. */
static double time_nothing(double *seconds)
{
    for (size_t i = 0; i < CALLS; i++) {
        const double start = now();
        seconds[i] = now() - start;
    }
    return median(seconds, CALLS);
}

/* Its first call sets every argument. */
static void write_down(const test *t, const pair *p)
{
    memset(&record, 0, sizeof(record));
    record.open = true;
    must(p->call(t));
    record.open = false;
    if (!record.kernel)
        die("%s: the library's calls cannot be seen", p->name);
}

static void compare_pair(const test *t, const pair *p)
{
    static double mine[CALLS], bare[CALLS];
    double a, b, clock;

    write_down(t, p);
    /* The first time only warms the caches. */
    time_both(t, p, mine, bare);
    time_both(t, p, mine, bare);
    must_cl(clFinish(t->h.queue), "clFinish");
    a = median(mine, CALLS);
    b = median(bare, CALLS);
    clock = time_nothing(bare);
    a -= clock;
    b -= clock;
    printf("%-20s %10.3f %10.3f %8.2f\n", p->name, 1e6 * a, 1e6 * b, a / b);
}

static clrelu_buffer make(const test *t)
{
    static const float one[16] = {-1};

    return clrelu_at(must_have(harness_buffer(&t->h, COUNT_OF(one), one)), 0);
}

static void make_calls(test *t)
{
    clrelu_prelu *p = &t->prelu;

    t->exec.queue = t->h.queue;
    *p = (clrelu_prelu){.dtype = CLRELU_FLOAT32,
                        .shape = &t->shape,
                        .x = make(t),
                        .alpha = make(t),
                        .dy = make(t),
                        .dx = make(t),
                        .dalpha = make(t),
                        .workspace = make(t)};
    p->y = p->dx;
    t->elementwise = (clrelu_elementwise){.op = CLRELU_LEAKY_RELU,
                                          .dtype = CLRELU_FLOAT32,
                                          .scalar = 0.3,
                                          .n = 1,
                                          .x = p->x,
                                          .y = p->y,
                                          .dy = p->dy,
                                          .dx = p->dx};
}

bool overhead_run(const options *o)
{
    static const size_t dims[] = {1, 1};
    test t = {.shape = {.rank = 2, .dims = dims}};
    clrelu_buffer *const buffers[] = {&t.prelu.x,      &t.prelu.alpha,
                                      &t.prelu.dy,     &t.prelu.dx,
                                      &t.prelu.dalpha, &t.prelu.workspace};

    harness_open(&t.h, o->device);
    make_calls(&t);
    printf("%s: host time of a call with n = 1, microseconds, median of %d\n\n",
           t.h.name, CALLS);
    printf("%-20s %10s %10s %8s\n", "", "clrelu", "bare", "ratio");
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        compare_pair(&t, &pairs[i]);
    for (size_t i = 0; i < COUNT_OF(buffers); i++)
        harness_release(&buffers[i]->mem);
    harness_close(&t.h);
    return true;
}
