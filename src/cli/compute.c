/* compute.c - arrays to the device, the operation, and back
 * SPDX-License-Identifier: MIT */
#include "compute.h"

#include <string.h>

enum { PIECE = 4 << 20 }; /* elements moved at once                           */

bool device_open(device *d, const char *spec, failure *f)
{
    const clrelu_context_params params = {.spec = spec};
    cl_int error;

    if (clrelu_context_create(&params, &d->context))
        return fail_library(f);
    d->queue =
        clCreateCommandQueue(clrelu_context_cl(d->context),
                             clrelu_context_device(d->context), 0, &error);
    return !error || fail_opencl(f, "clCreateCommandQueue", error);
}

void device_close(device *d)
{
    if (d->queue)
        clReleaseCommandQueue(d->queue);
    clrelu_context_destroy(&d->context);
    d->queue = NULL;
}

static size_t piece(size_t n, size_t done)
{
    return n - done < PIECE ? n - done : PIECE;
}

static bool create(device *d, size_t n, cl_mem *mem, failure *f)
{
    const size_t bytes = (n > 0 ? n : 1) * sizeof(cl_float);
    cl_ulong most = 0;
    cl_int error = clGetDeviceInfo(clrelu_context_device(d->context),
                                   CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(most),
                                   &most, NULL);

    if (error)
        return fail_opencl(f, "clGetDeviceInfo", error);
    if (bytes > most)
        return fail(f,
                    "an array of %zu MiB is too large for the device, whose "
                    "largest buffer is %llu MiB",
                    bytes >> 20, (unsigned long long)most >> 20);
    *mem = clCreateBuffer(clrelu_context_cl(d->context), CL_MEM_READ_WRITE,
                          bytes, NULL, &error);
    return !error || fail_opencl(f, "clCreateBuffer", error);
}

static void release(cl_mem mem)
{
    if (mem)
        clReleaseMemObject(mem);
}

static bool upload(device *d, cl_mem mem, const float *data, size_t n,
                   progress *p, failure *f)
{
    for (size_t done = 0, m; done < n; done += m) {
        m = piece(n, done);
        const cl_int error =
            clEnqueueWriteBuffer(d->queue, mem, CL_TRUE, done * sizeof(*data),
                                 m * sizeof(*data), data + done, 0, NULL, NULL);
        if (error)
            return fail_opencl(f, "clEnqueueWriteBuffer", error);
        progress_add(p, m);
    }
    return true;
}

static bool download(device *d, cl_mem mem, float *data, size_t n, progress *p,
                     failure *f)
{
    for (size_t done = 0, m; done < n; done += m) {
        m = piece(n, done);
        const cl_int error =
            clEnqueueReadBuffer(d->queue, mem, CL_TRUE, done * sizeof(*data),
                                m * sizeof(*data), data + done, 0, NULL, NULL);
        if (error)
            return fail_opencl(f, "clEnqueueReadBuffer", error);
        progress_add(p, m);
    }
    return true;
}

bool compute_initial(device *d, const char *initializer, uint64_t seed,
                     array *alpha, progress *p, failure *f)
{
    cl_mem mem = NULL;
    bool good = create(d, alpha->count, &mem, f);
    const clrelu_buffer out = {mem, 0};

    progress_phase(p, "alpha", alpha->count);
    if (good &&
        clrelu_initialize(d->context, d->queue, CLRELU_FLOAT32, initializer,
                          seed, alpha->rank, alpha->dims, out, 0, NULL, NULL))
        good = fail_library(f);
    good = good && download(d, mem, alpha->data, alpha->count, p, f);
    release(mem);
    return good;
}

static bool call_scalar(device *d, clrelu_op op, double scalar, size_t n,
                        cl_mem x, cl_mem dy, failure *f)
{
    const clrelu_buffer on_x = {x, 0}, on_dy = {dy, 0};
    const clrelu_status status =
        dy ? clrelu_backward(d->context, d->queue, op, CLRELU_FLOAT32, scalar,
                             0, n, on_x, on_dy, on_dy, 0, NULL, NULL)
           : clrelu_forward(d->context, d->queue, op, CLRELU_FLOAT32, scalar, n,
                            on_x, on_x, 0, NULL, NULL);

    return !status || fail_library(f);
}

bool compute_scalar(device *d, clrelu_op op, double scalar, array *x, array *dy,
                    progress *p, failure *f)
{
    const size_t n = x->count;
    array *result = dy ? dy : x;
    cl_mem mem_x = NULL, mem_dy = NULL;
    size_t done = 0, m;
    bool good = create(d, piece(n, 0), &mem_x, f) &&
                (!dy || create(d, piece(n, 0), &mem_dy, f));

    progress_phase(p, "compute", (dy ? 3 : 2) * (uint64_t)n);
    /* Once even for nothing, so that the library checks the arguments. */
    do {
        m = piece(n, done);
        good = good && upload(d, mem_x, x->data + done, m, p, f) &&
               (!dy || upload(d, mem_dy, dy->data + done, m, p, f)) &&
               call_scalar(d, op, scalar, m, mem_x, mem_dy, f) &&
               download(d, dy ? mem_dy : mem_x, result->data + done, m, p, f);
        done += m;
    } while (good && done < n);
    release(mem_x);
    release(mem_dy);
    return good;
}

static bool call_prelu(device *d, const clrelu_shape *shape, cl_mem x,
                       cl_mem alpha, cl_mem dy, cl_mem dalpha, failure *f)
{
    const clrelu_buffer on_x = {x, 0}, on_alpha = {alpha, 0}, on_dy = {dy, 0},
                        on_dalpha = {dalpha, 0}, none = {NULL, 0};
    const clrelu_status status =
        dy ? clrelu_prelu_backward(d->context, d->queue, CLRELU_FLOAT32, shape,
                                   0, on_x, on_alpha, on_dy, on_dy, on_dalpha,
                                   none, 0, NULL, NULL)
           : clrelu_prelu_forward(d->context, d->queue, CLRELU_FLOAT32, shape,
                                  on_x, on_alpha, on_x, 0, NULL, NULL);

    return !status || fail_library(f);
}

bool compute_prelu(device *d, const clrelu_shape *shape, array *x,
                   const array *alpha, array *dy, array *dalpha, progress *p,
                   failure *f)
{
    const size_t n = x->count;
    array *result = dy ? dy : x;
    cl_mem mem_x = NULL, mem_alpha = NULL, mem_dy = NULL, mem_dalpha = NULL;

    progress_phase(p, "compute",
                   (dy ? 3 : 2) * (uint64_t)n + alpha->count +
                       (dalpha ? dalpha->count : 0));
    const bool good =
        create(d, n, &mem_x, f) && create(d, alpha->count, &mem_alpha, f) &&
        (!dy || create(d, n, &mem_dy, f)) &&
        (!dalpha || create(d, dalpha->count, &mem_dalpha, f)) &&
        upload(d, mem_x, x->data, n, p, f) &&
        upload(d, mem_alpha, alpha->data, alpha->count, p, f) &&
        (!dy || upload(d, mem_dy, dy->data, n, p, f)) &&
        call_prelu(d, shape, mem_x, mem_alpha, mem_dy, mem_dalpha, f) &&
        download(d, dy ? mem_dy : mem_x, result->data, n, p, f) &&
        (!dalpha || download(d, mem_dalpha, dalpha->data, dalpha->count, p, f));
    release(mem_x);
    release(mem_alpha);
    release(mem_dy);
    release(mem_dalpha);
    return good;
}
