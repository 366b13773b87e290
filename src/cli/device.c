/* device.c - a device, its queue, and transfers of arrays
 * SPDX-License-Identifier: MIT */
#include "device.h"

#include "base/integer.h"

enum { TRANSFER = 4 << 20 }; /* max elements of a transfer */

bool device_open(device *d, const char *spec, failure *f)
{
    const clrelu_context_params params = {.spec = spec};
    cl_int error;

    if (clrelu_context_create(&params, &d->context))
        return fail_context(f);
    d->queue =
        clCreateCommandQueue(clrelu_context_cl_context(d->context),
                             clrelu_context_cl_device(d->context), 0, &error);
    return !error || fail_opencl(f, "clCreateCommandQueue", error);
}

void device_close(device *d)
{
    if (d->queue)
        clReleaseCommandQueue(d->queue);
    clrelu_context_destroy(&d->context);
    d->queue = NULL;
}

bool device_bytes(const device *d, cl_device_info which, uint64_t *bytes,
                  failure *f)
{
    cl_ulong value = 0;
    const cl_int error = clGetDeviceInfo(clrelu_context_cl_device(d->context),
                                         which, sizeof(value), &value, NULL);

    *bytes = value;
    return !error || fail_opencl(f, "clGetDeviceInfo", error);
}

bool device_create(device *d, clrelu_dtype dtype, size_t n, cl_mem *mem,
                   failure *f)
{
    const size_t bytes = (n > 0 ? n : 1) * clrelu_dtype_size(dtype);
    uint64_t max;
    cl_int error;

    if (!device_bytes(d, CL_DEVICE_MAX_MEM_ALLOC_SIZE, &max, f))
        return false;
    if (bytes > max)
        return fail(f,
                    "an array of %zu MiB is too large for the device, whose "
                    "largest buffer is %llu MiB",
                    bytes >> 20, (unsigned long long)(max >> 20));
    *mem = clCreateBuffer(clrelu_context_cl_context(d->context),
                          CL_MEM_READ_WRITE, bytes, NULL, &error);
    return !error || fail_opencl(f, "clCreateBuffer", error);
}

void device_release(cl_mem mem)
{
    if (mem)
        clReleaseMemObject(mem);
}

bool device_upload(device *d, cl_mem mem, const array *a, size_t first,
                   size_t n, progress *p, failure *f)
{
    const size_t size = clrelu_dtype_size(a->dtype);
    const char *data = (const char *)a->data + first * size;

    for (size_t done = 0, m; done < n; done += m) {
        m = min_u64(n - done, TRANSFER);
        const cl_int error =
            clEnqueueWriteBuffer(d->queue, mem, CL_TRUE, done * size, m * size,
                                 data + done * size, 0, NULL, NULL);
        if (error)
            return fail_opencl(f, "clEnqueueWriteBuffer", error);
        progress_add(p, m);
    }
    return true;
}

bool device_download(device *d, cl_mem mem, array *a, size_t first, size_t n,
                     progress *p, failure *f)
{
    const size_t size = clrelu_dtype_size(a->dtype);
    char *data = (char *)a->data + first * size;

    for (size_t done = 0, m; done < n; done += m) {
        m = min_u64(n - done, TRANSFER);
        const cl_int error =
            clEnqueueReadBuffer(d->queue, mem, CL_TRUE, done * size, m * size,
                                data + done * size, 0, NULL, NULL);
        if (error)
            return fail_opencl(f, "clEnqueueReadBuffer", error);
        progress_add(p, m);
    }
    return true;
}

bool device_did(clrelu_status status, failure *f)
{
    if (!status)
        return true;
    if (status != CLRELU_UNSUPPORTED)
        return fail_library(f);
    /* Only float64 may be unsupported here. */
    return fail(f, "%s; --dtype f32 converts", clrelu_error());
}
