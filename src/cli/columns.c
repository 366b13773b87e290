/* columns.c - alpha, scale and bias, and their gradients
 * SPDX-License-Identifier: MIT */
#include "columns.h"

#include <stdlib.h>
#include <string.h>

#include "compute.h"
#include "layout.h"
#include "load.h"

bool columns_convert(array *a, clrelu_dtype to, failure *f)
{
    const npy_header h = {.kind = a->dtype == CLRELU_BFLOAT16 ? 'V' : 'f',
                          .item_size = clrelu_dtype_size(a->dtype)};
    array converted = *a;

    converted.dtype = to;
    if (a->dtype == to)
        return true;
    if (!input_allocate(&converted, f))
        return false;
    clrelu_npy_convert(&h, a->data, a->count, to, converted.data);
    free(a->data);
    *a = converted;
    return true;
}

static void fill(array *alpha, double value)
{
    for (size_t i = 0; i < alpha->count; i++)
        if (alpha->dtype == CLRELU_FLOAT64)
            ((double *)alpha->data)[i] = value;
        else
            ((float *)alpha->data)[i] = (float)value;
}

/* The type that x is computed in. */
static clrelu_dtype wide(const input *x)
{
    return x->dtype == CLRELU_FLOAT64 ? CLRELU_FLOAT64 : CLRELU_FLOAT32;
}

static bool wants_gradient(const options *o, int which)
{
    const bool wanted[] = {o->dalpha || o->alpha_out, o->dscale, o->dbias};

    return wanted[which];
}

/* The shape of a file's array, or of one without a file: x's without the batch
 * and with shared axes set to 1. */
static bool find_extents(const options *o, const char *path, const array *x,
                         array *a, size_t extents[CLRELU_MAX_RANK], failure *f)
{
    options of_file = *o;
    clrelu_shape shape;

    of_file.alpha_file = path;
    if (!layout_shape(&of_file, x, a, &shape, f))
        return false;
    if (!path && clrelu_prelu_alpha_dims(&shape, &a->rank, a->dims, &a->count))
        return fail_library(f);
    layout_extents(&shape, a->rank, a->dims, extents);
    return true;
}

static bool fail_extents(const char *path, const array *a, failure *f)
{
    char text[NPY_SHAPE_TEXT];

    return fail(f,
                "%s: has shape %s, but another of --alpha-file, --scale and "
                "--bias has another",
                path, clrelu_npy_shape_format(a->rank, a->dims, text));
}

/* Reads one file and compares its shape with that of the others. */
static bool read_one(columns *c, const options *o, int which, const char *path,
                     const input *x, progress *p, failure *f)
{
    const bool step = o->alpha_regularizer || o->alpha_out;
    const bool is_alpha = which == COLUMN_ALPHA;
    const input_type type = {wide(x), is_alpha && step ? 0 : x->dtype,
                             o->dtype == CLRELU_BFLOAT16};
    size_t extents[CLRELU_MAX_RANK];
    array *a = &c->values[which], of_x;

    input_shape(x, &of_x);
    if (!load_array(path, type, a, p, f) ||
        !find_extents(o, path, &of_x, a, extents, f))
        return false;
    c->file_types[which] = a->dtype;
    if (is_alpha && a->count == 1 && c->any) {
        c->one_alpha = true;
        return columns_convert(a, wide(x), f);
    }
    if (c->any && memcmp(extents, c->extents, of_x.rank * sizeof(*extents)))
        return fail_extents(path, a, f);
    memcpy(c->extents, extents, sizeof(extents));
    c->any = true;
    return columns_convert(a, wide(x), f);
}

/* Of an array that comes from no file. */
static bool shape_other(columns *c, const options *o, const input *x,
                        array *shape, failure *f)
{
    array of_x;

    *shape = (array){.dtype = wide(x)};
    for (int i = COLUMN_ARRAYS; i-- > 0 && c->any;)
        if (c->values[i].data && !(i == COLUMN_ALPHA && c->one_alpha)) {
            *shape = c->values[i];
            shape->data = NULL;
        }
    if (c->any)
        return true;
    input_shape(x, &of_x);
    c->any = true;
    return find_extents(o, NULL, &of_x, shape, c->extents, f);
}

bool columns_read(columns *c, const options *o, const input *x, progress *p,
                  failure *f)
{
    const char *const paths[] = {o->alpha_file, o->scale, o->bias};
    const bool is_prelu = o->op == CLRELU_PRELU;
    bool wanted = is_prelu;
    array shape;

    /* alpha last: a single one fits any shape. */
    for (int i = COLUMN_ARRAYS; i-- > 0;) {
        if (paths[i] && !read_one(c, o, i, paths[i], x, p, f))
            return false;
        wanted = wanted || wants_gradient(o, i);
    }
    if (!wanted)
        return true;
    if (!shape_other(c, o, x, &shape, f))
        return false;
    if (is_prelu && !o->alpha_file)
        c->values[COLUMN_ALPHA] = shape;
    for (int i = 0; i < COLUMN_ARRAYS; i++) {
        if (!wants_gradient(o, i))
            continue;
        c->gradients[i] = i == COLUMN_ALPHA ? c->values[i] : shape;
        c->gradients[i].data = NULL;
        if (!paths[i])
            c->file_types[i] = wide(x);
    }
    return true;
}

static bool make_alpha(array *alpha, const options *o, device *d, progress *p,
                       failure *f)
{
    const clrelu_dtype type = alpha->dtype;

    if (!o->alpha_initializer) {
        const bool good =
            compute_check_alpha(o->scalar, type, f) && input_allocate(alpha, f);
        if (good)
            fill(alpha, o->scalar);
        return good;
    }
    alpha->dtype = CLRELU_FLOAT32;
    return input_allocate(alpha, f) &&
           compute_initial(d, o->alpha_initializer, o->seed, alpha, p, f) &&
           columns_convert(alpha, type, f);
}

bool columns_make(columns *c, const options *o, device *d, progress *p,
                  failure *f)
{
    if (o->op == CLRELU_PRELU && !o->alpha_file &&
        !make_alpha(&c->values[COLUMN_ALPHA], o, d, p, f))
        return false;
    for (int i = 0; i < COLUMN_ARRAYS; i++)
        if (wants_gradient(o, i) && !input_allocate(&c->gradients[i], f))
            return false;
    return true;
}

void columns_free(columns *c)
{
    for (int i = 0; i < COLUMN_ARRAYS; i++) {
        free(c->values[i].data);
        free(c->gradients[i].data);
    }
}
