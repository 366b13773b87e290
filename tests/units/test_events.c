/* test_events.c - wait lists, events and queues that run out of order
 * SPDX-License-Identifier: MIT */
#include <time.h>

#include "call.h"
#include "tap.h"

/* Time in which a command that does not wait would have run. */
static void give_it_time(void)
{
    const struct timespec time = {0, 20 * 1000 * 1000};

    nanosleep(&time, NULL);
}

static bool written(struct fixture *f, enum function function, enum argument a)
{
    const float *values = array_fetch(&f->device, &f->arrays[a]);

    for (size_t i = 0; i < elements_of(f, function, a); i++)
        if (is_unset(values[i]))
            return false;
    return true;
}

static void reset(struct fixture *f)
{
    for (int i = 0; i < ARGUMENTS; i++)
        array_reset(&f->device, &f->arrays[i]);
}

static bool all_written(struct fixture *f, enum function function)
{
    return written(f, function, OUT) &&
           (!takes(function, DALPHA) || written(f, function, DALPHA));
}

/* The call must wait for the user's event, and its own must come last. */
static void test_wait(struct fixture *f, enum function function,
                      cl_command_queue queue, const char *order)
{
    struct call c = good_call(f, function);
    cl_event done = NULL;
    const cl_event list[2] = {f->event, device_user_event(&f->device)};

    c.exec.queue = queue;
    c.exec.wait_count = 2;
    c.exec.wait_list = list;
    c.exec.event = &done;
    const clrelu_status status = call_run(&c);
    if (!ok(status == CLRELU_OK && done, "%s, %s: enqueued behind an event",
            function_name(function), order))
        bail("%s", clrelu_error());
    device_must(clFlush(queue), "clFlush");
    give_it_time();
    ok(event_state(done) != CL_COMPLETE, "%s, %s: it waits for the event",
       function_name(function), order);
    device_must(clSetUserEventStatus(list[1], CL_COMPLETE),
                "clSetUserEventStatus");
    device_must(clWaitForEvents(1, &done), "clWaitForEvents");
    ok(all_written(f, function), "%s, %s: all is written when its event is",
       function_name(function), order);
    clReleaseEvent(done);
    clReleaseEvent(list[1]);
    reset(f);
}

/* Nothing to do still waits, and still has an event. */
static void test_nothing(struct fixture *f, enum function function)
{
    static const size_t dims[] = {0, 4, 5};
    struct call c = good_call(f, function);
    clrelu_shape empty = f->shape;
    cl_event gate = device_user_event(&f->device), done = NULL;

    empty.dims = dims;
    c.shape = &empty;
    c.n = 0;
    ok(call_run(&c) == CLRELU_OK, "%s of nothing", function_name(function));
    c.exec.wait_count = 1;
    c.exec.wait_list = &gate;
    c.exec.event = &done;
    if (!ok(call_run(&c) == CLRELU_OK && done, "%s of nothing, with events",
            function_name(function)))
        bail("%s", clrelu_error());
    device_must(clFlush(c.exec.queue), "clFlush");
    give_it_time();
    ok(event_state(done) != CL_COMPLETE, "%s of nothing waits for the event",
       function_name(function));
    device_must(clSetUserEventStatus(gate, CL_COMPLETE),
                "clSetUserEventStatus");
    ok(clWaitForEvents(1, &done) == CL_SUCCESS, "%s of nothing completes",
       function_name(function));
    array_fetch(&f->device, &f->arrays[OUT]);
    ok(array_untouched(&f->arrays[OUT]), "%s of nothing writes nothing",
       function_name(function));
    clReleaseEvent(done);
    clReleaseEvent(gate);
    reset(f);
}

/* y = f(x); dx = f'(y) * y; read: each only behind the one before. */
static void test_chain(struct fixture *f, cl_command_queue queue)
{
    const struct call good = good_call(f, FORWARD);
    const clrelu_buffer x = good.buffers[X], y = good.buffers[OUT],
                        dx = good.buffers[DY];
    const float *values = f->arrays[X].sent + f->arrays[X].offset;
    struct array *last = &f->arrays[DY];
    bool good_run = true;

    for (int round = 0; round < 20 && good_run; round++) {
        cl_event events[2] = {NULL, NULL};
        clrelu_elementwise call = {.op = CLRELU_LEAKY_RELU,
                                   .dtype = CLRELU_FLOAT32,
                                   .scalar = 0.5,
                                   .n = f->n,
                                   .x = x,
                                   .y = y,
                                   .dy = y,
                                   .dx = dx};
        clrelu_exec exec = {.queue = queue, .event = &events[0]};
        good_run = !clrelu_forward(good.context, &exec, &call);
        call.scalar = 0.25;
        call.x = y;
        exec = (clrelu_exec){.queue = queue,
                             .wait_count = 1,
                             .wait_list = &events[0],
                             .event = &events[1]};
        good_run = good_run && !clrelu_backward(good.context, &exec, &call);
        if (!good_run)
            break;
        device_must(
            clEnqueueReadBuffer(queue, last->mem, CL_TRUE, 0,
                                (last->offset + last->n) * sizeof(float),
                                last->got, 1, &events[1], NULL),
            "clEnqueueReadBuffer");
        const float *got = last->got + last->offset;
        for (size_t i = 0; i < f->n; i++)
            good_run &=
                got[i] == (values[i] < 0.0f ? 0.125f * values[i] : values[i]);
        clReleaseEvent(events[0]);
        clReleaseEvent(events[1]);
        reset(f);
    }
    ok(good_run, "out of order, each call behind the one before");
}

/* Many prelu_backward at once, each with its own dalpha and no workspace of
 * the caller's: their parts must not mix. */
static void test_many(struct fixture *f, cl_command_queue queue)
{
    enum { MANY = 16 };
    struct array dalphas[MANY];
    struct call c = good_call(f, PRELU_BACKWARD);
    bool same = true;

    c.exec.queue = queue;
    c.buffers[OUT].mem = NULL;
    c.buffers[WORKSPACE].mem = NULL;
    for (size_t i = 0; i < MANY; i++) {
        dalphas[i] = array_make(&f->device, i, f->alphas, NULL);
        c.buffers[DALPHA] = array_buffer(&dalphas[i]);
        same &= call_run(&c) == CLRELU_OK;
    }
    device_must(clFinish(queue), "clFinish");
    const float *first = array_fetch(&f->device, &dalphas[0]);
    for (size_t i = 0; i < MANY; i++) {
        const float *got = array_fetch(&f->device, &dalphas[i]);
        for (size_t j = 0; j < f->alphas; j++)
            same &= got[j] == first[j] && !is_unset(got[j]);
        same &= array_guarded(&dalphas[i]);
    }
    ok(same, "out of order, %d prelu_backward at once", MANY);
    for (size_t i = 0; i < MANY; i++)
        array_free(&dalphas[i]);
}

static cl_uint references_of(const struct fixture *f)
{
    cl_uint count = 0;

    device_must(clGetMemObjectInfo(f->arrays[X].mem, CL_MEM_REFERENCE_COUNT,
                                   sizeof(count), &count, NULL),
                "clGetMemObjectInfo");
    return count;
}

/* A driver may hold references a little longer than the last command runs. */
static cl_uint references_at_rest(const struct fixture *f)
{
    cl_uint count = references_of(f);

    for (int same = 0; same < 5; same++) {
        give_it_time();
        const cl_uint now = references_of(f);
        if (now != count)
            same = -1;
        count = now;
    }
    return count;
}

/* Many calls later, nothing holds more references than before. */
static void test_references(struct fixture *f)
{
    const cl_uint before = references_at_rest(f);

    for (int i = 0; i < 100; i++) {
        const struct call c = good_call(f, (enum function)(i % FUNCTIONS));
        if (call_run(&c))
            bail("%s", clrelu_error());
    }
    device_must(clFinish(f->device.queue), "clFinish");
    for (int i = 0; i < 100 && references_of(f) > before; i++)
        give_it_time();
    ok(references_of(f) <= before, "100 calls keep no reference to x");
    reset(f);
}

int main(void)
{
    struct fixture f;

    fixture_open(&f);
    if (!device_user_events(&f.device, "calls that wait")) {
        fixture_close(&f);
        return done_testing();
    }
    for (enum function function = FORWARD; function < FUNCTIONS; function++) {
        test_wait(&f, function, f.device.queue, "in order");
        test_nothing(&f, function);
    }
    if (device_out_of_order(&f.device)) {
        cl_command_queue queue =
            device_queue(&f.device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
        for (enum function i = FORWARD; i < FUNCTIONS; i++)
            test_wait(&f, i, queue, "out of order");
        test_chain(&f, queue);
        test_many(&f, queue);
        clReleaseCommandQueue(queue);
    } else {
        skip("no out-of-order queues, or none that keep wait lists",
             "calls out of order");
    }
    test_references(&f);
    fixture_close(&f);
    return done_testing();
}
