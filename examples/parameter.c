/* parameter.c - a network's parameter on a device
 * SPDX-License-Identifier: MIT */
#include "parameter.h"

#include "must.h"

clrelu_buffer make_array(clrelu_context *context, size_t count)
{
    float *zeros = must_have(calloc(count, sizeof(*zeros)));
    const cl_mem mem =
        must_make(clrelu_context_cl_context(context), count, zeros);

    free(zeros);
    return clrelu_at(mem, 0);
}

parameter parameter_make(clrelu_context *context, const clrelu_exec *exec,
                         const char *initializer, uint64_t seed, size_t rank,
                         const size_t *dims)
{
    parameter p = {.n = 1};

    for (size_t i = 0; i < rank; i++)
        p.n *= dims[i];
    p.value = make_array(context, p.n);
    p.gradient = make_array(context, p.n);
    p.velocity = make_array(context, p.n);
    const clrelu_parameter all = {
        .rank = rank, .dims = dims, .values = p.value};
    must(clrelu_initialize(context, exec, initializer, seed, &all));
    return p;
}

void parameter_release(const parameter *p)
{
    clReleaseMemObject(p->value.mem);
    clReleaseMemObject(p->gradient.mem);
    clReleaseMemObject(p->velocity.mem);
}

void parameter_step(const parameter *p, clrelu_context *context,
                    const clrelu_exec *exec, double learning_rate,
                    double momentum)
{
    const clrelu_parameter all = {.rank = 1,
                                  .dims = &p->n,
                                  .values = p->value,
                                  .gradient = p->gradient,
                                  .velocity = p->velocity};

    must(clrelu_sgd_step(context, exec, learning_rate, momentum, &all));
}
