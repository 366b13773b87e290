/* fault_clblast.c - which calls of OpenCL are CLBlast's
 * SPDX-License-Identifier: MIT */
#include <clblast_c.h>

#include "fault.h"

typedef CLBlastStatusCode sgemm(CLBlastLayout layout,
                                CLBlastTranspose transpose_a,
                                CLBlastTranspose transpose_b, size_t m,
                                size_t n, size_t k, float alpha, cl_mem a,
                                size_t a_offset, size_t a_ld, cl_mem b,
                                size_t b_offset, size_t b_ld, float beta,
                                cl_mem c, size_t c_offset, size_t c_ld,
                                cl_command_queue *queue, cl_event *event);
sgemm __real_CLBlastSgemm, __wrap_CLBlastSgemm;

CLBlastStatusCode __wrap_CLBlastSgemm(CLBlastLayout layout,
                                      CLBlastTranspose transpose_a,
                                      CLBlastTranspose transpose_b, size_t m,
                                      size_t n, size_t k, float alpha, cl_mem a,
                                      size_t a_offset, size_t a_ld, cl_mem b,
                                      size_t b_offset, size_t b_ld, float beta,
                                      cl_mem c, size_t c_offset, size_t c_ld,
                                      cl_command_queue *queue, cl_event *event)
{
    fault_guest_enter();
    const CLBlastStatusCode code = __real_CLBlastSgemm(
        layout, transpose_a, transpose_b, m, n, k, alpha, a, a_offset, a_ld, b,
        b_offset, b_ld, beta, c, c_offset, c_ld, queue, event);
    fault_guest_leave(code != CLBlastSuccess);
    return code;
}
