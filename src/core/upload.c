/* upload.c - buffers, and values from the host in them
 * SPDX-License-Identifier: MIT */
#include "core/upload.h"

#include "base/status.h"
#include "core/launch.h"
#include "core/trace.h"

clrelu_status clrelu_buffer_create(const clrelu_context *context, size_t bytes,
                                   const void *values, cl_mem *mem)
{
    const cl_mem_flags copies = values ? CL_MEM_COPY_HOST_PTR : 0;
    cl_int error;

    *mem = clCreateBuffer(context->context, CL_MEM_READ_WRITE | copies, bytes,
                          (void *)(uintptr_t)values, &error);
    return clrelu_check_cl(error, "clCreateBuffer");
}

clrelu_status clrelu_upload(const clrelu_call *call, const float *values,
                            size_t n, clrelu_buffer out)
{
    const size_t bytes = n * sizeof(*values);
    cl_event own = NULL, *event = call->exec->event;
    clrelu_status status;
    cl_int error;
    cl_mem copy;

    if (n == 0)
        return clrelu_enqueue_nothing(call);
    status = clrelu_buffer_create(call->context, bytes, values, &copy);
    if (status)
        return status;
    CLRELU_TRACE(clrelu_trace_bytes(bytes));
    CLRELU_TRACE(clrelu_trace_command("clEnqueueCopyBuffer", 0, 0));
    CLRELU_TRACE(clrelu_trace_want(call->exec->queue, &own, &event));
    error = clEnqueueCopyBuffer(
        call->exec->queue, copy, out.mem, 0, out.offset * sizeof(*values),
        bytes, call->exec->wait_count, call->exec->wait_list, event);
    clReleaseMemObject(copy);
    if (error)
        return clrelu_fail_cl(error, "clEnqueueCopyBuffer");
    CLRELU_TRACE(clrelu_trace_keep(own, event));
    return CLRELU_OK;
}
