/* run.c - one call on an array, compared with the reference
 * SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "cases.h"
#include "random.h"
#include "tap.h"
#include "values.h"

/* x and dy as on the host, and the arrays; out is one of the others in place.
 */
struct data {
    float *x, *dy, *old;
    struct array dev_x, dev_dy, dev_out;
    struct array *out;
};

static float *floats(size_t n)
{
    return must_alloc(n * sizeof(float));
}

static void make_data(const struct device *d, const struct run *r,
                      struct data *data)
{
    uint64_t random = r->seed;

    data->x = floats(r->n);
    data->dy = floats(r->n);
    data->old = floats(r->n);
    fill_x(r->scalar, r->seed, r->n, data->x);
    fill_dy(r->seed, r->n, data->dy);
    for (size_t i = 0; i < r->n; i++)
        data->old[i] = random_wide(&random, -20, 4);
    data->dev_x = array_make(d, r->x_offset, r->n, data->x);
    data->dev_dy = array_make(d, r->dy_offset, r->n, data->dy);
    data->dev_out =
        array_make(d, r->out_offset, r->n, r->accumulate ? data->old : NULL);
    data->out = r->in_place == ON_X    ? &data->dev_x
                : r->in_place == ON_DY ? &data->dev_dy
                                       : &data->dev_out;
    if (r->in_place != OUT_OF_PLACE)
        memcpy(data->old, r->in_place == ON_X ? data->x : data->dy,
               r->n * sizeof(float));
}

static void free_data(struct data *data)
{
    arrays_free(&data->dev_x, &data->dev_dy, &data->dev_out);
    free(data->x);
    free(data->dy);
    free(data->old);
}

/* Guards, and inputs that are not the output. */
static bool check_around(const struct device *d, struct data *data)
{
    struct array *const arrays[] = {&data->dev_x, &data->dev_dy,
                                    &data->dev_out};
    static const char *const names[] = {"x", "dy", "the output"};
    bool good = true;

    for (size_t i = 0; i < 3; i++) {
        array_fetch(d, arrays[i]);
        const bool intact = arrays[i] == data->out ? array_guarded(arrays[i])
                                                   : array_untouched(arrays[i]);
        if (!intact)
            diag("written to what must stay: around or in %s", names[i]);
        good &= intact;
    }
    return good;
}

static bool run(const struct device *d, const struct run *r, bool backward)
{
    struct data data;
    make_data(d, r, &data);
    bool good =
        !(backward ? array_backward(d, r->op, r->scalar,
                                    r->accumulate ? CLRELU_ACCUMULATE_DX : 0,
                                    &data.dev_x, &data.dev_dy, data.out)
                   : array_forward(d, r->op, r->scalar, &data.dev_x, data.out));
    const float *out = array_fetch(d, data.out);

    if (!good)
        diag("%s", clrelu_error());
    for (size_t i = 0; i < r->n && good; i++)
        good = backward ? check_dx(r->op, r->scalar, i, data.x[i], data.dy[i],
                                   r->accumulate ? &data.old[i] : NULL, out[i])
                        : check_y(r->op, r->scalar, i, data.x[i], out[i]);
    good &= check_around(d, &data);
    free_data(&data);
    return good;
}

bool run_forward(const struct device *d, const struct run *r)
{
    return run(d, r, false);
}

bool run_backward(const struct device *d, const struct run *r)
{
    return run(d, r, true);
}

struct run run_make(clrelu_op op, double scalar, size_t n, size_t step)
{
    enum { COUNT = COUNT_OF(case_offsets) };
    const struct run r = {
        .op = op,
        .scalar = scalar,
        .n = n,
        .x_offset = case_offsets[step % COUNT],
        .dy_offset = case_offsets[(step / COUNT + step) % COUNT],
        .out_offset = case_offsets[(step / COUNT + 3 * step) % COUNT],
        .seed = step,
    };
    return r;
}
