/* gemm_none.c - replaces gemm_clblast.c in a library without CLBlast
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "ops/gemm.h"

clrelu_status clrelu_gemm_check(void)
{
    return clrelu_fail(CLRELU_UNSUPPORTED,
                       "this library was built without CLBlast, which dense "
                       "layers need");
}

clrelu_status clrelu_gemm_enqueue(const clrelu_call *call, const clrelu_gemm *g,
                                  cl_event *event)
{
    (void)call;
    (void)g;
    (void)event;
    return clrelu_gemm_check();
}
