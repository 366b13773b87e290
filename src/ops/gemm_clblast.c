/* gemm_clblast.c - matrix products by CLBlast
 * SPDX-License-Identifier: MIT */
#include <clblast_c.h>

#include "base/status.h"
#include "core/context.h"
#include "core/trace.h"
#include "ops/gemm.h"

/* CLBlast's codes include OpenCL's; its own ones do not collide with them. */
static clrelu_status fail_clblast(CLBlastStatusCode code)
{
    const int number = (int)code;

    if (number == CL_DEVICE_NOT_AVAILABLE ||
        number == CL_MEM_OBJECT_ALLOCATION_FAILURE)
        return clrelu_fail_cl(number, "CLBlastSgemm");
    switch (code) {
    case CLBlastTempBufferAllocFailure:
    case CLBlastOpenCLOutOfResources:
    case CLBlastOpenCLOutOfHostMemory:
        return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                           "CLBlastSgemm failed with code %d: no memory",
                           number);
    case CLBlastOpenCLBuildProgramFailure:
        return clrelu_fail(CLRELU_BUILD_FAILED,
                           "CLBlastSgemm failed with code %d: the device's "
                           "compiler refused its program",
                           number);
    case CLBlastInvalidLocalMemUsage:
        return clrelu_fail(CLRELU_CLBLAST_ERROR,
                           "CLBlastSgemm failed with code %d: the device has "
                           "too little local memory for it",
                           number);
    default:
        return clrelu_fail(CLRELU_CLBLAST_ERROR,
                           "CLBlastSgemm failed with code %d", number);
    }
}

clrelu_status clrelu_gemm_check(void)
{
    return CLRELU_OK;
}

/* CLBlast takes buffer objects: one over the memory of a pointer. */
static clrelu_status open_matrix(const clrelu_call *call, clrelu_buffer buffer,
                                 size_t n, cl_mem *mem)
{
    const size_t bytes = (buffer.offset + n) * sizeof(float);
    cl_int error;

    if (buffer.mem) {
        error = clRetainMemObject(buffer.mem);
        *mem = error ? NULL : buffer.mem;
        return clrelu_check_cl(error, "clRetainMemObject");
    }
    *mem = clCreateBuffer(call->context->context,
                          CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes,
                          buffer.pointer, &error);
    return clrelu_check_cl(error, "clCreateBuffer for a pointer");
}

static clrelu_status enqueue(const clrelu_call *call, const clrelu_gemm *g,
                             const cl_mem mems[3], cl_event *event)
{
    const CLBlastTranspose a =
        g->transpose_a ? CLBlastTransposeYes : CLBlastTransposeNo;
    const CLBlastTranspose b =
        g->transpose_b ? CLBlastTransposeYes : CLBlastTransposeNo;
    cl_command_queue queue = call->exec->queue;
    cl_event own = NULL;

    CLRELU_TRACE(clrelu_trace_command("CLBlastSgemm", 0, 0));
    CLRELU_TRACE(clrelu_trace_want(queue, &own, &event));
    const CLBlastStatusCode code = CLBlastSgemm(
        CLBlastLayoutRowMajor, a, b, g->rows, g->columns, g->inner, 1.0f,
        mems[0], g->a.offset, g->transpose_a ? g->rows : g->inner, mems[1],
        g->b.offset, g->transpose_b ? g->inner : g->columns,
        g->accumulate ? 1.0f : 0.0f, mems[2], g->c.offset, g->columns, &queue,
        event);

    if (code != CLBlastSuccess)
        return fail_clblast(code);
    CLRELU_TRACE(clrelu_trace_keep(own, event));
    return CLRELU_OK;
}

clrelu_status clrelu_gemm_enqueue(const clrelu_call *call, const clrelu_gemm *g,
                                  cl_event *event)
{
    const clrelu_buffer buffers[] = {g->a, g->b, g->c};
    const size_t sizes[] = {g->rows * g->inner, g->inner * g->columns,
                            g->rows * g->columns};
    cl_mem mems[3] = {NULL};
    clrelu_status status = CLRELU_OK;

    for (unsigned i = 0; i < 3 && !status; i++)
        status = open_matrix(call, buffers[i], sizes[i], &mems[i]);
    if (!status)
        status = enqueue(call, g, mems, event);
    for (unsigned i = 0; i < 3; i++)
        if (mems[i])
            clReleaseMemObject(mems[i]);
    return status;
}
