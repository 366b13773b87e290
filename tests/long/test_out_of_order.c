/* test_out_of_order.c - wait lists that cross, on out-of-order queues
 * SPDX-License-Identifier: MIT
 *
 * Random calls on a few arrays, each behind what it must wait for and more
 * besides, while a layer starts commands late and in another order; then what
 * hangs on an event that fails.  The argument is the layer. */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "fault.h"
#include "random.h"
#include "reference.h"
#include "tap.h"

enum { N = 257, SLOTS = 5, STEPS = 80, QUEUES = 2, ROUNDS = 12 };

/* An array, and the calls that it is busy with. */
struct slot {
    struct array array;
    float host[N];
    cl_event written;
    cl_event read[STEPS];
    cl_uint readers;
};

struct calls {
    const struct device *device;
    cl_command_queue queues[QUEUES];
    struct slot slots[SLOTS];
    cl_event all[STEPS];
    cl_uint count;
    uint64_t random;
};

struct waits {
    cl_event list[4 * STEPS];
    cl_uint count;
};

static void wait_for(struct waits *w, cl_event event)
{
    if (event && w->count < COUNT_OF(w->list))
        w->list[w->count++] = event;
}

static void wait_to_read(struct waits *w, const struct slot *s)
{
    wait_for(w, s->written);
}

static void wait_to_write(struct waits *w, const struct slot *s)
{
    wait_for(w, s->written);
    for (cl_uint i = 0; i < s->readers; i++)
        wait_for(w, s->read[i]);
}

/* The call's event stays in all until the end. */
static void note(struct calls *t, struct slot *x, struct slot *dy,
                 struct slot *out, cl_event event)
{
    t->all[t->count++] = event;
    x->read[x->readers++] = event;
    if (dy)
        dy->read[dy->readers++] = event;
    out->written = event;
    out->readers = 0;
}

static void mirror(clrelu_op op, double scalar, const struct slot *x,
                   const struct slot *dy, struct slot *out)
{
    for (size_t i = 0; i < N; i++)
        out->host[i] =
            (float)(dy ? reference_backward(op, scalar, (double)x->host[i],
                                            (double)dy->host[i])
                       : reference_forward(op, scalar, (double)x->host[i]));
}

static void step(struct calls *t)
{
    static const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_THRESHOLDED_RELU};
    static const double scalars[] = {0.5, 0.25, 1.0, 2.0};
    const clrelu_op op = ops[random_below(&t->random, 2)];
    const double scalar = scalars[random_below(&t->random, 4)];
    struct slot *x = &t->slots[random_below(&t->random, SLOTS)];
    struct slot *out = &t->slots[random_below(&t->random, SLOTS)];
    struct slot *dy = random_below(&t->random, 2)
                          ? &t->slots[random_below(&t->random, SLOTS)]
                          : NULL;
    cl_command_queue queue = t->queues[random_below(&t->random, QUEUES)];
    struct waits w = {.count = 0};
    cl_event event = NULL;

    wait_to_read(&w, x);
    if (dy)
        wait_to_read(&w, dy);
    wait_to_write(&w, out);
    for (size_t i = random_below(&t->random, 4); i > 0 && t->count > 0; i--)
        wait_for(&w, t->all[random_below(&t->random, t->count)]);
    const clrelu_exec exec = {.queue = queue,
                              .wait_count = w.count,
                              .wait_list = w.count ? w.list : NULL,
                              .event = &event};
    const clrelu_elementwise call = {.op = op,
                                     .dtype = CLRELU_FLOAT32,
                                     .scalar = scalar,
                                     .n = N,
                                     .x = array_buffer(&x->array),
                                     .y = array_buffer(&out->array),
                                     .dy = array_buffer(&(dy ? dy : x)->array),
                                     .dx = array_buffer(&out->array)};
    must_succeed((dy ? clrelu_backward : clrelu_forward)(t->device->context,
                                                         &exec, &call));
    mirror(op, scalar, x, dy, out);
    note(t, x, dy, out, event);
}

static void test_wait_lists(const struct device *d, uint64_t seed)
{
    struct calls *t = must_alloc(sizeof(*t));
    bool good = true;

    t->device = d;
    t->random = seed;
    for (int i = 0; i < QUEUES; i++)
        t->queues[i] = device_queue(d, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    for (int i = 0; i < SLOTS; i++) {
        struct slot *s = &t->slots[i];
        for (size_t k = 0; k < N; k++)
            s->host[k] = random_uniform(&t->random, -4.0f, 4.0f);
        s->array = array_make(d, 1, N, s->host);
    }
    for (int i = 0; i < STEPS; i++)
        step(t);
    for (int i = 0; i < QUEUES; i++)
        device_must(clFinish(t->queues[i]), "clFinish");
    for (int i = 0; i < SLOTS; i++) {
        struct slot *s = &t->slots[i];
        good &=
            memcmp(array_fetch(d, &s->array), s->host, sizeof(s->host)) == 0 &&
            array_guarded(&s->array);
        array_free(&s->array);
    }
    for (cl_uint i = 0; i < t->count; i++)
        clReleaseEvent(t->all[i]);
    for (int i = 0; i < QUEUES; i++)
        clReleaseCommandQueue(t->queues[i]);
    ok(good, "%d calls with wait lists on %d queues, seed %d", STEPS, QUEUES,
       (int)seed);
    free(t);
}

/* The state of a command after the wait for it has failed. */
static cl_int failed_state(cl_event gate, cl_event done, bool *failed)
{
    device_must(clSetUserEventStatus(gate, -77), "clSetUserEventStatus");
    *failed = clWaitForEvents(1, &done) != CL_SUCCESS;
    const cl_int state = event_state(done);
    clReleaseEvent(done);
    clReleaseEvent(gate);
    return state;
}

/* Whether OpenCL itself, of a marker behind an event that fails, says that it
 * failed: to Intel's CPU runtime 2026.2 it is complete. */
static bool tells_failure(const struct device *d)
{
    cl_event done, gate = device_user_event(d);
    cl_command_queue queue = device_queue(d, 0);
    bool failed;

    device_must(clEnqueueMarkerWithWaitList(queue, 1, &gate, &done),
                "clEnqueueMarkerWithWaitList");
    clFlush(queue);
    const cl_int state = failed_state(gate, done, &failed);
    clReleaseCommandQueue(queue);
    return state < 0;
}

/* Calls of one and of several commands behind an event that fails. */
static void test_failed_event(const struct device *d, bool prelu)
{
    const char *name = prelu ? "clrelu_prelu_backward" : "clrelu_forward";
    static const size_t dims[] = {5000, 8};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    const size_t n = prelu ? 40000 : N, alphas = 8;
    float *values = calloc(n, sizeof(*values));
    struct array x = array_make(d, 0, n, values);
    struct array alpha = array_make(d, 0, alphas, values);
    struct array dx = array_make(d, 0, n, NULL);
    struct array dalpha = array_make(d, 0, alphas, NULL);
    cl_event done = NULL, gate = device_user_event(d);
    /* A queue of its own, as some drivers' clFinish fails after a failed
     * command. */
    struct device behind = *d;
    cl_command_queue queue = device_queue(d, 0);
    bool failed;

    device_use(&behind, queue);
    behind.exec.wait_count = 1;
    behind.exec.wait_list = &gate;
    behind.exec.event = &done;
    must_succeed(prelu ? array_prelu_backward(&behind, &shape, 0, &x, &alpha,
                                              &x, &dx, &dalpha)
                       : array_forward(&behind, CLRELU_ELU, 1.0, &x, &dx));
    clFlush(queue);
    const cl_int state = failed_state(gate, done, &failed);
    clReleaseCommandQueue(queue);
    array_fetch(d, &dx);
    array_fetch(d, &dalpha);
    ok(failed && array_untouched(&dx) && array_untouched(&dalpha),
       "%s behind an event that fails: fails too, and writes nothing", name);
    if (state < 0 || tells_failure(d))
        ok(state < 0, "... and its event tells");
    else
        skip("a command behind an event that failed is CL_COMPLETE",
             "%s: the event tells", name);
    arrays_free(&x, &alpha, &dx, &dalpha);
    free(values);
}

int main(int argc, char **argv)
{
    struct device d;

    if (argc < 2)
        bail("usage: test_out_of_order LAYER");
    fault_open(argv[1]);
    const struct fault_alive before = fault_alive();
    device_open(&d);
    const bool crossing = device_out_of_order(&d);
    const bool gates = device_user_events(&d, "calls that are late or fail");
    if (!crossing)
        skip("the device runs in order", "wait lists that cross");
    for (uint64_t seed = 1; seed <= ROUNDS && crossing; seed++) {
        /* Half of them as they come. */
        fault_delay(gates && seed % 2 ? 300 : 0);
        test_wait_lists(&d, seed);
    }
    fault_delay(0);
    if (gates) {
        test_failed_event(&d, false);
        test_failed_event(&d, true);
    }
    if (gates && crossing)
        test_wait_lists(&d, 99);
    device_close(&d);
    ok(fault_same(&before), "nothing is left alive");
    return done_testing();
}
