/* test_pointers.c - arrays in shared virtual memory, alone and with buffers
 * SPDX-License-Identifier: MIT */
#define CL_TARGET_OPENCL_VERSION 200
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "expect.h"
#include "reference.h"
#include "typed.h"

enum { BEFORE = 5, AFTER = 16 };
static const float mark = 77.0f;

/* n floats as a buffer and as SVM, with marks around. */
struct memory {
    const struct device *device;
    size_t n;
    struct array array;
    float *svm;
};

static void copy(const struct device *d, void *to, const void *from, size_t n)
{
    device_must(clEnqueueSVMMemcpy(d->queue, CL_TRUE, to, from,
                                   n * sizeof(float), 0, NULL, NULL),
                "clEnqueueSVMMemcpy");
}

static struct memory make(const struct device *d, size_t n, const float *values)
{
    struct memory m = {d, n, array_make(d, BEFORE, n, values), NULL};
    const size_t all = BEFORE + n + AFTER;
    float *host = must_alloc(all * sizeof(*host));

    for (size_t i = 0; i < all; i++)
        host[i] = mark;
    if (values)
        memcpy(host + BEFORE, values, n * sizeof(*host));
    m.svm = clSVMAlloc(d->cl, CL_MEM_READ_WRITE, all * sizeof(*host), 0);
    if (!m.svm)
        bail("clSVMAlloc failed");
    copy(d, m.svm, host, all);
    free(host);
    return m;
}

static void drop(struct memory *m)
{
    array_free(&m->array);
    clSVMFree(m->device->cl, m->svm);
}

/* A part of the offset is in the pointer. */
static clrelu_buffer at(const struct memory *m, bool pointer)
{
    return pointer ? clrelu_at_pointer(m->svm + 2, BEFORE - 2)
                   : array_buffer(&m->array);
}

/* Has the memory the n values, and are the marks there? */
static bool holds(struct memory *m, bool pointer, const float *want)
{
    const size_t all = BEFORE + m->n + AFTER, bytes = m->n * sizeof(*want);

    device_must(clFinish(m->device->queue), "clFinish");
    if (!pointer)
        return memcmp(array_fetch(m->device, &m->array), want, bytes) == 0 &&
               array_guarded(&m->array);
    float *host = must_alloc(all * sizeof(*host));
    copy(m->device, host, m->svm, all);
    bool good = memcmp(host + BEFORE, want, bytes) == 0;
    for (size_t i = 0; i < all; i++)
        if (i < BEFORE || i >= BEFORE + m->n)
            good = good && host[i] == mark;
    free(host);
    return good;
}

static float *numbers(size_t n, uint64_t seed)
{
    return typed_uniform(CLRELU_FLOAT32, n, -3, 3, &seed);
}

static float *kept(const struct device *d, struct array *a)
{
    float *values = must_alloc(a->n * sizeof(*values));

    memcpy(values, array_fetch(d, a), a->n * sizeof(*values));
    return values;
}

/* Each bit of set puts an array into SVM. */
static void test_elementwise(const struct device *d, clrelu_op op)
{
    enum { N = 4099 };
    float *values[] = {numbers(N, 1), numbers(N, 2)}, *want = NULL;
    bool good = true;

    for (unsigned set = 0; set < 8; set++) {
        struct memory x = make(d, N, values[0]), dy = make(d, N, values[1]);
        struct memory dx = make(d, N, NULL);
        const clrelu_elementwise call = {.op = op,
                                         .dtype = CLRELU_FLOAT32,
                                         .scalar = 0.75,
                                         .n = N,
                                         .x = at(&x, set & 1),
                                         .dy = at(&dy, set & 2),
                                         .dx = at(&dx, set & 4)};
        good = good && !clrelu_backward(d->context, &d->exec, &call);
        if (set == 0)
            want = kept(d, &dx.array);
        good = good && holds(&dx, set & 4, want) &&
               holds(&x, set & 1, values[0]) && holds(&dy, set & 2, values[1]);
        drop(&x);
        drop(&dy);
        drop(&dx);
    }
    if (!ok(good, "%s: the bits are those of buffers", clrelu_op_name(op)))
        diag("%s", clrelu_error());
    free(values[0]);
    free(values[1]);
    free(want);
}

static void test_prelu(const struct device *d)
{
    enum { X, ALPHA, DY, DX, DALPHA, WORKSPACE, ARRAYS, INPUTS = DX };
    static const size_t dims[] = {2000, 4, 5};
    static const int axes[] = {2};
    const clrelu_shape shape = reference_shape(3, dims, 1, axes);
    const size_t n = reference_count(&shape);
    clrelu_prelu call = {.dtype = CLRELU_FLOAT32, .shape = &shape};
    size_t counts[ARRAYS] = {n, 4, n, n, 4, 0};
    float *values = numbers(n, 3), *dx = NULL, *dalpha = NULL;
    bool good = !clrelu_prelu_workspace(&call, &counts[WORKSPACE]);

    for (unsigned set = 0; set < 1u << ARRAYS; set++) {
        struct memory m[ARRAYS];
        clrelu_buffer *const given[] = {&call.x,      &call.alpha,
                                        &call.dy,     &call.dx,
                                        &call.dalpha, &call.workspace};
        for (int i = 0; i < ARRAYS; i++) {
            m[i] = make(d, counts[i], i < INPUTS ? values : NULL);
            *given[i] = at(&m[i], set >> i & 1);
        }
        good = good && !clrelu_prelu_backward(d->context, &d->exec, &call);
        if (set == 0) {
            dx = kept(d, &m[DX].array);
            dalpha = kept(d, &m[DALPHA].array);
        }
        good = good && holds(&m[DX], set >> DX & 1, dx) &&
               holds(&m[DALPHA], set >> DALPHA & 1, dalpha);
        for (int i = 0; i < ARRAYS; i++)
            drop(&m[i]);
    }
    if (!ok(good, "prelu_backward: the bits are those of buffers"))
        diag("%s", clrelu_error());
    free(values);
    free(dx);
    free(dalpha);
}

static void test_overlap(const struct device *d)
{
    enum { N = 100 };
    float *values = numbers(2 * N, 4);
    struct memory m = make(d, 2 * N, values);
    clrelu_elementwise call = {.op = CLRELU_LEAKY_RELU,
                               .dtype = CLRELU_FLOAT32,
                               .scalar = 1.0,
                               .n = N,
                               .x = clrelu_at_pointer(m.svm, BEFORE)};

    call.y = clrelu_at_pointer(m.svm + 1, BEFORE);
    expect(clrelu_forward(d->context, &d->exec, &call), CLRELU_BUFFER_OVERLAP,
           "y", "an output 4 bytes behind x");
    call.y = clrelu_at_pointer(m.svm, BEFORE + N - 1);
    expect(clrelu_forward(d->context, &d->exec, &call), CLRELU_BUFFER_OVERLAP,
           "y", "an output on x's last element");
    call.y = clrelu_at_pointer(m.svm, BEFORE + N);
    expect_ok(clrelu_forward(d->context, &d->exec, &call),
              "an output that begins where x ends");
    call.y = call.x;
    expect_ok(clrelu_forward(d->context, &d->exec, &call), "y on x");
    memcpy(values + N, values, N * sizeof(*values));
    ok(holds(&m, true, values), "... and both are right");
    drop(&m);
    free(values);
}

/* As clrelu_device_list says; else a pointer is refused. */
static bool takes_pointers(const struct device *d)
{
    float value = 1.0f;
    const clrelu_elementwise call = {.op = CLRELU_ELU,
                                     .dtype = CLRELU_FLOAT32,
                                     .scalar = 1.0,
                                     .n = 1,
                                     .x = clrelu_at_pointer(&value, 0),
                                     .y = clrelu_at_pointer(&value, 0)};
    clrelu_device listed[16];
    size_t count;

    must_succeed(clrelu_device_list(NULL, COUNT_OF(listed), listed, &count));
    for (size_t i = 0; i < count && i < COUNT_OF(listed); i++)
        if (listed[i].device == d->id && listed[i].svm)
            return true;
    expect(clrelu_forward(d->context, &d->exec, &call), CLRELU_UNSUPPORTED, "x",
           "a pointer for a device without SVM");
    return false;
}

static bool has_svm(const struct device *d)
{
    cl_device_svm_capabilities capabilities = 0;

    return takes_pointers(d) &&
           !clGetDeviceInfo(d->id, CL_DEVICE_SVM_CAPABILITIES,
                            sizeof(capabilities), &capabilities, NULL) &&
           capabilities;
}

int main(void)
{
    struct device d;

    device_open(&d);
    if (has_svm(&d)) {
        test_elementwise(&d, CLRELU_LEAKY_RELU);
        test_elementwise(&d, CLRELU_ELU);
        test_elementwise(&d, CLRELU_THRESHOLDED_RELU);
        test_prelu(&d);
        test_overlap(&d);
    } else {
        skip("the device has no SVM", "arrays in SVM");
    }
    device_close(&d);
    return done_testing();
}
