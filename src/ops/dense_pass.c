/* dense_pass.c - the chain between a dense layer's products
 * SPDX-License-Identifier: MIT */
#include "ops/dense_pass.h"

#include "ops/pass.h"

/* The activation alone of (rows, outputs). */
static clrelu_status make_pass(const clrelu_dense *d, bool backward,
                               clrelu_pass *p)
{
    const size_t dims[] = {d->rows, d->outputs};
    const clrelu_shape shape = {.rank = 2, .dims = dims};

    *p = (clrelu_pass){.chain = {.op = d->op,
                                 .dtype = CLRELU_FLOAT32,
                                 .scalar = d->scalar,
                                 .alpha_count = d->alpha_count == 1,
                                 .alpha = d->alpha},
                       .alpha_dtype = CLRELU_FLOAT32,
                       .backward = backward};
    const clrelu_status status = clrelu_merge_shape(&shape, &p->merged);
    p->layout.n = p->merged.n;
    return status;
}

/* z has the product, or y if z is left out. */
static clrelu_status forward_pass(const clrelu_dense *d, clrelu_pass *p)
{
    const clrelu_status status = make_pass(d, false, p);

    p->chain.x = clrelu_is_given(d->z) ? d->z : d->y;
    p->chain.bias = d->b;
    p->chain.z = d->z;
    p->chain.y = d->y;
    return status;
}

static clrelu_status backward_pass(const clrelu_dense *d, clrelu_pass *p)
{
    const clrelu_status status = make_pass(d, true, p);

    p->chain.flags = d->flags & CLRELU_ACCUMULATE_DALPHA;
    if (d->flags & CLRELU_ACCUMULATE_DW)
        p->chain.flags |= CLRELU_ACCUMULATE_DBIAS;
    p->chain.x = d->z;
    p->chain.dy = d->dy;
    p->chain.dx = d->dz;
    p->chain.dbias = d->db;
    p->chain.dalpha = d->dalpha;
    return status;
}

static clrelu_status plan_pass(const clrelu_context *context,
                               const clrelu_dense *d, bool backward,
                               clrelu_pass *pass, clrelu_plan *plan)
{
    const clrelu_status status =
        backward ? backward_pass(d, pass) : forward_pass(d, pass);

    clrelu_pass_find_given(pass);
    if (!status)
        clrelu_pass_plan(&context->params, pass, plan);
    return status;
}

void clrelu_dense_plan(const clrelu_context *context, const clrelu_dense *dense,
                       bool backward, clrelu_plan *plan)
{
    /* It only matters which arrays are given, and a shape of two axes is one of
     * all. */
    const clrelu_buffer given = {.pointer = plan};
    clrelu_dense d = *dense;
    clrelu_pass pass;

    d.b = d.db = d.dz = given;
    if (d.op == CLRELU_PRELU)
        d.dalpha = given;
    (void)plan_pass(context, &d, backward, &pass, plan);
}

clrelu_status clrelu_dense_add(clrelu_batch *batch, const clrelu_dense *d,
                               bool backward)
{
    clrelu_pass pass;
    clrelu_plan plan;
    const clrelu_status status =
        plan_pass(batch->context, d, backward, &pass, &plan);

    return status ? status : clrelu_pass_add(batch, &pass, &plan);
}
