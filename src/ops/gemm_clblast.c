/* gemm_clblast.c - matrix products by CLBlast
 * SPDX-License-Identifier: MIT */
#include <clblast_c.h>

#include "base/status.h"
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

clrelu_status clrelu_gemm_enqueue(cl_command_queue queue, const clrelu_gemm *g,
                                  cl_event *event)
{
    const CLBlastTranspose a =
        g->transpose_a ? CLBlastTransposeYes : CLBlastTransposeNo;
    const CLBlastTranspose b =
        g->transpose_b ? CLBlastTransposeYes : CLBlastTransposeNo;
    const CLBlastStatusCode code = CLBlastSgemm(
        CLBlastLayoutRowMajor, a, b, g->rows, g->columns, g->inner, 1.0f,
        g->a.mem, g->a.offset, g->transpose_a ? g->rows : g->inner, g->b.mem,
        g->b.offset, g->transpose_b ? g->inner : g->columns,
        g->accumulate ? 1.0f : 0.0f, g->c.mem, g->c.offset, g->columns, &queue,
        event);

    return code == CLBlastSuccess ? CLRELU_OK : fail_clblast(code);
}
