/* explain.c - clrelu explain
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "compute.h"
#include "input.h"
#include "json.h"
#include "layout.h"
#include "names.h"

static void print_text(const char *key, const char *value)
{
    printf("%-15s %s\n", key, value);
}

static void print_number(const char *key, uint64_t value)
{
    printf("%-15s %" PRIu64 "\n", key, value);
}

static void print_explanation(const clrelu_explanation *e)
{
    print_text("shape:", e->shape);
    print_text("kernel:", e->kernel);
    print_text("options:", e->options);
    print_text("stores:", e->stores);
    print_text("values:", e->values);
    print_number("groups:", e->groups);
    print_number("local size:", e->local_size);
    print_number("launches:", e->launches);
    print_number("bytes read:", e->bytes_read);
    print_number("bytes written:", e->bytes_written);
    print_number("workspace:", e->workspace_bytes);
}

static void print_json(const options *o, clrelu_dtype dtype,
                       const clrelu_explanation *e)
{
    json j = {.file = stdout};

    json_open(&j, NULL, '{');
    json_text(&j, "version", clrelu_version());
    json_text(&j, "op", clrelu_op_name(o->op));
    json_text(&j, "direction", o->backward ? "backward" : "forward");
    json_text(&j, "dtype", names_of_dtype(dtype));
    json_text(&j, "shape", e->shape);
    json_text(&j, "kernel", e->kernel);
    json_text(&j, "options", e->options);
    json_text(&j, "stores", e->stores);
    json_text(&j, "values", e->values);
    json_integer(&j, "groups", e->groups);
    json_integer(&j, "local_size", e->local_size);
    json_integer(&j, "launches", e->launches);
    json_integer(&j, "bytes_read", e->bytes_read);
    json_integer(&j, "bytes_written", e->bytes_written);
    json_integer(&j, "workspace_bytes", e->workspace_bytes);
    json_close(&j, '}');
}

/* As those of files are counted. */
static bool count(const array *x, size_t *n, failure *f)
{
    const size_t max = SIZE_MAX / 2 / sizeof(double);
    char text[NPY_SHAPE_TEXT];

    *n = 1;
    for (size_t i = 0; i < x->rank; i++) {
        if (x->dims[i] > 0 && *n > max / x->dims[i])
            return fail(f, "--shape %.80s is larger than any memory",
                        clrelu_npy_shape_format(x->rank, x->dims, text));
        *n *= x->dims[i];
    }
    return true;
}

static bool get_shape(const options *o, array *x, failure *f)
{
    if (o->input)
        return input_read_shape(o->input, x, f);
    x->dtype = CLRELU_FLOAT32;
    x->rank = o->rank;
    memcpy(x->dims, o->dims, sizeof(x->dims));
    return count(x, &x->count, f);
}

/* shape: of prelu. */
static clrelu_status get_plan(const device *d, const options *o, const array *x,
                              const clrelu_shape *shape,
                              clrelu_explanation *out)
{
    const clrelu_direction direction =
        o->backward ? CLRELU_BACKWARD : CLRELU_FORWARD;
    const bool is_narrow = clrelu_dtype_size(x->dtype) == 2;
    const clrelu_elementwise scalar = {
        .op = o->op, .dtype = x->dtype, .scalar = o->scalar, .n = x->count};
    /* As forward and backward without --alpha-file. */
    const clrelu_prelu prelu = {.dtype = x->dtype,
                                .alpha_dtype = is_narrow ? CLRELU_FLOAT32 : 0,
                                .shape = shape};

    return o->op == CLRELU_PRELU
               ? clrelu_explain_prelu(d->context, direction, &prelu, out)
               : clrelu_explain_elementwise(d->context, direction, &scalar,
                                            out);
}

bool explain(const options *o, failure *f)
{
    clrelu_explanation explanation;
    device d = {0};
    array x = {0}, alpha = {0};
    clrelu_shape shape;
    bool good =
        get_shape(o, &x, f) &&
        (!o->alpha_file || input_read_shape(o->alpha_file, &alpha, f)) &&
        layout_shape(o, &x, &alpha, &shape, f) && device_open(&d, o->device, f);

    if (!good)
        goto done;
    if (o->dtype)
        x.dtype = o->dtype;
    good = device_did(get_plan(&d, o, &x, &shape, &explanation), f);
    if (good && o->json)
        print_json(o, x.dtype, &explanation);
    else if (good)
        print_explanation(&explanation);
done:
    device_close(&d);
    return good;
}
