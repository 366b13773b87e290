/* test_arguments.c - what every call refuses, and that it then did nothing
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "call.h"
#include "tap.h"

static void test_handles(struct fixture *f, enum function function)
{
    struct call c = good_call(f, function);

    c.context = NULL;
    refuse(f, c, CLRELU_INVALID_NULL, "context", "no context");
    c = good_call(f, function);
    c.exec.queue = NULL;
    refuse(f, c, CLRELU_INVALID_NULL, "queue", "no queue");
    c.exec.queue = f->other.queue;
    refuse(f, c, CLRELU_INVALID_CONTEXT, "queue", "another context's queue");
    c = good_call(f, function);
    c.dtype = (clrelu_dtype)1000;
    refuse(f, c, CLRELU_INVALID_DTYPE, "dtype", "an unknown dtype");
    c.dtype = (clrelu_dtype)0;
    refuse(f, c, CLRELU_INVALID_DTYPE, "dtype", "no dtype");
}

static void test_events(struct fixture *f, enum function function)
{
    const cl_event null_second[] = {f->event, NULL};
    const cl_event foreign[] = {f->event, f->other_event};
    struct call c = good_call(f, function);

    c.exec.wait_count = 1;
    refuse(f, c, CLRELU_INVALID_EVENTS, "wait_list", "a count without a list");
    c.exec.wait_count = 0;
    c.exec.wait_list = &f->event;
    refuse(f, c, CLRELU_INVALID_EVENTS, "wait_list", "a list without a count");
    c.exec.wait_count = 2;
    c.exec.wait_list = null_second;
    refuse(f, c, CLRELU_INVALID_EVENTS, "wait_list", "NULL in the wait list");
    c.exec.wait_list = foreign;
    refuse(f, c, CLRELU_INVALID_EVENTS, "wait_list", "another context's event");
}

static cl_mem make_mem(const struct fixture *f, cl_mem_flags flags,
                       size_t bytes)
{
    cl_int error;
    cl_mem mem = clCreateBuffer(f->device.cl, flags, bytes, NULL, &error);

    device_must(error, "clCreateBuffer");
    return mem;
}

static void test_access(struct fixture *f, enum function function,
                        enum argument a)
{
    const char *name = argument_name(function, a);
    const size_t bytes = (f->n + 4) * sizeof(float);
    cl_mem read_only = make_mem(f, CL_MEM_READ_ONLY, bytes);
    cl_mem write_only = make_mem(f, CL_MEM_WRITE_ONLY, bytes);
    struct call c = good_call(f, function);

    c.buffers[a].mem = read_only;
    if (is_output(a))
        refuse(f, c, CLRELU_BUFFER_READ_ONLY, name, "a read-only output");
    c.buffers[a].mem = write_only;
    if (!is_output(a))
        refuse(f, c, CLRELU_BUFFER_WRITE_ONLY, name, "a write-only input");
    if (a == WORKSPACE)
        refuse(f, c, CLRELU_BUFFER_WRITE_ONLY, name, "a write-only workspace");
    c.flags = a == OUT ? CLRELU_ACCUMULATE_DX : CLRELU_ACCUMULATE_DALPHA;
    if ((a == OUT && takes(function, DY)) ||
        (a == DALPHA && function == PRELU_BACKWARD))
        refuse(f, c, CLRELU_BUFFER_WRITE_ONLY, name,
               "to add to a write-only output");
    clReleaseMemObject(read_only);
    clReleaseMemObject(write_only);
}

/* The arrays end GUARD elements after what is used. */
static void test_size(struct fixture *f, enum function function,
                      enum argument a)
{
    const char *name = argument_name(function, a);
    static const size_t far[] = {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX / 2 + 1,
                                 SIZE_MAX / 4 + 1};
    struct call c = good_call(f, function);

    c.buffers[a].offset +=
        f->arrays[a].n - elements_of(f, function, a) + GUARD + 1;
    refuse(f, c, CLRELU_BUFFER_TOO_SMALL, name, "a buffer that ends too early");
    for (size_t i = 0; i < COUNT_OF(far); i++) {
        c.buffers[a].offset = far[i];
        refuse(f, c, CLRELU_BUFFER_TOO_SMALL, name, "an offset far away");
    }
}

static void test_kind(struct fixture *f, enum function function,
                      enum argument a)
{
    const char *name = argument_name(function, a);
    const cl_image_format format = {CL_RGBA, CL_FLOAT};
    const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D,
                                .image_width = 64,
                                .image_height = 64};
    struct call c = good_call(f, function);
    cl_int error;

    c.buffers[a] = clrelu_at(f->other_mem, 0);
    refuse(f, c, CLRELU_INVALID_CONTEXT, name, "another context's buffer");
    c.buffers[a].mem = clCreateImage(f->device.cl, CL_MEM_READ_WRITE, &format,
                                     &desc, NULL, &error);
    if (error) {
        skip("no images", "%s refuses an image", function_name(function));
        return;
    }
    refuse(f, c, CLRELU_INVALID_BUFFER, name, "an image");
    clReleaseMemObject(c.buffers[a].mem);
}

/* Both kinds of memory at once, and a field of a later version. */
static void test_fields(struct fixture *f, enum function function,
                        enum argument a)
{
    struct call c = good_call(f, function);
    float values[1];

    c.buffers[a].pointer = values;
    refuse(f, c, CLRELU_INVALID_BUFFER, argument_name(function, a),
           "both mem and pointer");
    c = good_call(f, function);
    c.buffers[a].reserved = values;
    refuse(f, c, CLRELU_INVALID_RESERVED, argument_name(function, a),
           "a reserved field that is not 0");
}

static bool may_be_left_out(enum function function, enum argument a)
{
    return a == WORKSPACE || (function == PRELU_BACKWARD && is_output(a)) ||
           (function == PRELU_PARTIAL && a == OUT);
}

static void test_buffers(struct fixture *f, enum function function)
{
    for (enum argument a = X; a < ARGUMENTS; a++) {
        struct call c = good_call(f, function);
        if (!takes(function, a))
            continue;
        test_access(f, function, a);
        test_size(f, function, a);
        test_kind(f, function, a);
        test_fields(f, function, a);
        c.buffers[a].mem = NULL;
        if (!may_be_left_out(function, a))
            refuse(f, c, CLRELU_INVALID_NULL, argument_name(function, a),
                   "a buffer without mem");
    }
}

/* x, and dx or y shifted against it by some elements in the same buffer. */
static void test_overlap(struct fixture *f, enum function function)
{
    static const size_t shifts[] = {1, 16, 39999};
    cl_mem mem = make_mem(f, CL_MEM_READ_WRITE, 2 * f->n * sizeof(float));
    struct call c = good_call(f, function);
    const char *name = argument_name(function, OUT);

    for (size_t i = 0; i < COUNT_OF(shifts); i++) {
        c.buffers[X] = clrelu_at(mem, 0);
        c.buffers[OUT] = clrelu_at(mem, shifts[i]);
        refuse(f, c, CLRELU_BUFFER_OVERLAP, name, "an output behind x");
        c.buffers[X].offset = shifts[i];
        c.buffers[OUT].offset = 0;
        refuse(f, c, CLRELU_BUFFER_OVERLAP, name, "an output before x");
    }
    c.buffers[X].offset = f->n;
    accept(f, &c, "an output that ends where x begins");
    c.buffers[X].offset = 0;
    accept(f, &c, "an output on x");
    c = good_call(f, function);
    c.buffers[DY] = clrelu_at(mem, 3);
    c.buffers[OUT] = clrelu_at(mem, 0);
    if (takes(function, DY))
        refuse(f, c, CLRELU_BUFFER_OVERLAP, "dy", "an output across dy");
    clReleaseMemObject(mem);
}

/* Two objects for the same memory. */
static void test_sub_buffers(struct fixture *f, enum function function)
{
    cl_uint bits = 0;
    cl_int error;

    device_must(clGetDeviceInfo(f->device.id, CL_DEVICE_MEM_BASE_ADDR_ALIGN,
                                sizeof(bits), &bits, NULL),
                "clGetDeviceInfo");
    const size_t origin = bits / 8 > 4096 ? bits / 8 : 4096;
    const size_t bytes = f->n * sizeof(float);
    cl_mem parent = make_mem(f, CL_MEM_READ_WRITE, 2 * bytes + origin);
    const cl_buffer_region first = {origin, bytes};
    cl_mem part =
        clCreateSubBuffer(parent, CL_MEM_READ_WRITE,
                          CL_BUFFER_CREATE_TYPE_REGION, &first, &error);
    device_must(error, "clCreateSubBuffer");
    struct call c = good_call(f, function);
    c.buffers[X] = clrelu_at(parent, 0);
    c.buffers[OUT] = clrelu_at(part, 0);
    refuse(f, c, CLRELU_BUFFER_OVERLAP, argument_name(function, OUT),
           "a part of x's buffer, across x");
    c.buffers[X] = clrelu_at(part, 0);
    c.buffers[OUT] = clrelu_at(parent, 0);
    refuse(f, c, CLRELU_BUFFER_OVERLAP, argument_name(function, OUT),
           "the buffer that x is a part of, across x");
    c.buffers[OUT].offset = (origin + bytes) / sizeof(float);
    accept(f, &c, "the buffer that x is a part of, behind x");
    c = good_call(f, function);
    c.buffers[X] = clrelu_at(part, 1);
    refuse(f, c, CLRELU_BUFFER_TOO_SMALL, "x", "a part that ends too early");
    clReleaseMemObject(part);
    clReleaseMemObject(parent);
}

static void test_other_device(struct fixture *f, enum function function)
{
    struct call c = good_call(f, function);
    cl_platform_id platform;
    cl_device_id devices[2];
    cl_uint count = 0;
    cl_int error;

    device_must(clGetDeviceInfo(f->device.id, CL_DEVICE_PLATFORM,
                                sizeof(platform), &platform, NULL),
                "clGetDeviceInfo");
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 2, devices, &count) ||
        count < 2) {
        skip("one device", "%s refuses another device's queue",
             function_name(function));
        return;
    }
    cl_context cl = clCreateContext(NULL, 2, devices, NULL, NULL, &error);
    device_must(error, "clCreateContext");
    const clrelu_context_params params = {.context = cl, .device = devices[0]};
    must_succeed(clrelu_context_create(&params, &c.context));
    c.exec.queue =
        device_queue(&(struct device){.cl = cl, .id = devices[1]}, 0);
    refuse(f, c, CLRELU_INVALID_CONTEXT, "queue", "another device's queue");
    clReleaseCommandQueue(c.exec.queue);
    clrelu_context_destroy(&c.context);
    clReleaseContext(cl);
}

static void test_op(struct fixture *f, enum function function)
{
    static const struct {
        clrelu_op op;
        double scalar;
        const char *name;
    } bad[] = {
        {CLRELU_LEAKY_RELU, -0.1, "alpha"},
        {CLRELU_LEAKY_RELU, NAN, "alpha"},
        {CLRELU_LEAKY_RELU, INFINITY, "alpha"},
        {CLRELU_LEAKY_RELU, 1e39, "alpha"},
        {CLRELU_ELU, NAN, "alpha"},
        {CLRELU_ELU, -INFINITY, "alpha"},
        {CLRELU_ELU, -1e39, "alpha"},
        {CLRELU_ELU, 3.4028236e38, "alpha"},
        {CLRELU_THRESHOLDED_RELU, -1.0, "theta"},
        {CLRELU_THRESHOLDED_RELU, NAN, "theta"},
        {CLRELU_THRESHOLDED_RELU, 1e39, "theta"},
    };
    struct call c = good_call(f, function);

    c.op = CLRELU_PRELU;
    refuse(f, c, CLRELU_INVALID_OP, "op", "CLRELU_PRELU");
    c.op = (clrelu_op)0;
    refuse(f, c, CLRELU_INVALID_OP, "op", "no op");
    c.op = (clrelu_op)5;
    refuse(f, c, CLRELU_INVALID_OP, "op", "an unknown op");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char what[64];
        snprintf(what, sizeof(what), "%s with %s = %g",
                 clrelu_op_name(bad[i].op), bad[i].name, bad[i].scalar);
        c.op = bad[i].op;
        c.scalar = bad[i].scalar;
        refuse(f, c, CLRELU_INVALID_SCALAR, bad[i].name, what);
    }
    c.op = CLRELU_ELU;
    c.scalar = -(double)FLT_MAX;
    accept(f, &c, "elu with the most negative alpha");
}

static void test_n(struct fixture *f, enum function function)
{
    struct call c = good_call(f, function);

    c.n = SIZE_MAX;
    refuse(f, c, CLRELU_INVALID_SIZE, "n", "n = SIZE_MAX");
    c.n = SIZE_MAX / sizeof(float) + 1;
    refuse(f, c, CLRELU_INVALID_SIZE, "n", "the smallest n without bytes");
    c.n = SIZE_MAX / 64;
    refuse(f, c, CLRELU_BUFFER_TOO_SMALL, "x", "an n beyond every buffer");
    c = good_call(f, function);
    c.flags = CLRELU_ACCUMULATE_DALPHA;
    refuse(f, c, CLRELU_INVALID_FLAGS, "flags", "CLRELU_ACCUMULATE_DALPHA");
    c.flags = 128 | CLRELU_ACCUMULATE_DX;
    refuse(f, c, CLRELU_INVALID_FLAGS, "flags", "an unknown flag");
    c.flags = CLRELU_ACCUMULATE_DX;
    if (function == FORWARD)
        refuse(f, c, CLRELU_INVALID_FLAGS, "flags", "CLRELU_ACCUMULATE_DX");
}

/* An input may be read-only, an output write-only. */
static void test_min_access(struct fixture *f, enum function function)
{
    const size_t bytes = (f->n + GUARD) * sizeof(float);
    cl_mem mems[ARGUMENTS];
    struct call c = good_call(f, function);

    for (enum argument a = X; a < ARGUMENTS; a++) {
        mems[a] = make_mem(
            f, is_output(a) ? CL_MEM_WRITE_ONLY : CL_MEM_READ_ONLY, bytes);
        if (a != WORKSPACE)
            c.buffers[a] = clrelu_at(mems[a], 0);
    }
    accept(f, &c, "read-only inputs and write-only outputs");
    for (enum argument a = X; a < ARGUMENTS; a++)
        clReleaseMemObject(mems[a]);
}

int main(void)
{
    struct fixture f;

    fixture_open(&f);
    for (enum function function = FORWARD; function < FUNCTIONS; function++) {
        test_handles(&f, function);
        test_events(&f, function);
        test_buffers(&f, function);
        test_overlap(&f, function);
        test_sub_buffers(&f, function);
        test_other_device(&f, function);
        test_min_access(&f, function);
        if (function == FORWARD || function == BACKWARD) {
            test_op(&f, function);
            test_n(&f, function);
        }
    }
    fixture_close(&f);
    return done_testing();
}
