/* test_gradients.c - what backward says is the slope of what forward does
 * SPDX-License-Identifier: MIT
 *
 * Nothing here knows a formula: only symmetric differences of y on the device,
 * away from the kinks. */
#include <math.h>

#include "array.h"
#include "cases.h"
#include "random.h"
#include "reference.h"
#include "tap.h"
#include "ulp.h"

/* Steps of 2^-7 keep both errors small: rounding, 2^-24 / 2^-7, and
 * curvature, exp(x) * 2^-14 / 6. */
#define STEP 0x1p-7f
#define TOLERANCE 2e-5

enum { N = 2000 };

static void find_y(const struct device *d, const struct case_scalar *c,
                   const float *x, float shift, float *y)
{
    float shifted[N];

    for (size_t i = 0; i < N; i++)
        shifted[i] = x[i] + shift;
    struct array dev_x = array_make(d, 0, N, shifted);
    struct array dev_y = array_make(d, 0, N, NULL);
    must_succeed(array_forward(d, c->op, c->scalar, &dev_x, &dev_y));
    const float *got = array_fetch(d, &dev_y);
    for (size_t i = 0; i < N; i++)
        y[i] = got[i];
    arrays_free(&dev_x, &dev_y);
}

/* Multiples of 2^-10 in [-5, 5], so that x + STEP is exact, none near a kink.
 */
static void fill(float kink, float *x)
{
    uint64_t random = 11;

    for (size_t i = 0; i < N;) {
        x[i] = (float)random_below(&random, 10241) * 0x1p-10f - 5.0f;
        i += fabsf(x[i]) > 2 * STEP && fabsf(x[i] - kink) > 2 * STEP;
    }
}

static void test_op(const struct device *d, const struct case_scalar *c)
{
    float x[N], dy[N], up[N], down[N];
    double worst = 0.0;

    fill((float)c->scalar, x);
    for (size_t i = 0; i < N; i++)
        dy[i] = i % 2 ? 1.0f : -0.5f;
    find_y(d, c, x, STEP, up);
    find_y(d, c, x, -STEP, down);
    struct array dev_x = array_make(d, 0, N, x);
    struct array dev_dy = array_make(d, 0, N, dy);
    struct array dev_dx = array_make(d, 0, N, NULL);
    must_succeed(
        array_backward(d, c->op, c->scalar, 0, &dev_x, &dev_dy, &dev_dx));
    const float *dx = array_fetch(d, &dev_dx);
    for (size_t i = 0; i < N; i++) {
        const double slope =
            ((double)up[i] - (double)down[i]) / (2.0 * (double)STEP);
        const double off = fabs((double)dx[i] - slope * (double)dy[i]);
        worst = worse(worst, off / (fabs(c->scalar) + 1.0));
    }
    ok(worst <= TOLERANCE, "%s, scalar %g: dx is the slope of y, off by %.2g",
       clrelu_op_name(c->op), c->scalar, worst);
    arrays_free(&dev_x, &dev_dy, &dev_dx);
}

/* The loss sum(w*y) of prelu. */
struct loss {
    const struct device *d;
    const clrelu_shape *shape;
    size_t alphas;
    float x[N], w[N], alpha[N];
};

static double find_loss(const struct loss *l)
{
    double loss = 0.0;
    struct array x = array_make(l->d, 0, N, l->x);
    struct array alpha = array_make(l->d, 0, l->alphas, l->alpha);
    struct array dev_y = array_make(l->d, 0, N, NULL);

    must_succeed(array_prelu_forward(l->d, l->shape, &x, &alpha, &dev_y));
    const float *y = array_fetch(l->d, &dev_y);
    for (size_t i = 0; i < N; i++)
        loss += (double)l->w[i] * (double)y[i];
    arrays_free(&x, &alpha, &dev_y);
    return loss;
}

/* As a number of it moves, an x or an alpha. */
static double find_slope(const struct loss *l, float *moved)
{
    const float kept = *moved, up = kept + STEP, down = kept - STEP;

    *moved = up;
    const double high = find_loss(l);
    *moved = down;
    const double low = find_loss(l);
    *moved = kept;
    return (high - low) / ((double)up - (double)down);
}

/* One loss for each alpha that moves, and for some of the x. */
static void test_prelu(const struct device *d, const char *name,
                       const clrelu_shape *shape, size_t alphas)
{
    struct loss l = {.d = d, .shape = shape, .alphas = alphas};
    uint64_t random = 12;
    double worst_x = 0.0, worst_alpha = 0.0;

    fill(0.0f, l.x);
    for (size_t i = 0; i < N; i++)
        l.w[i] = random_uniform(&random, -1.0f, 1.0f);
    for (size_t j = 0; j < alphas; j++)
        l.alpha[j] = random_uniform(&random, -1.0f, 1.0f);
    struct array x = array_make(d, 0, N, l.x), dy = array_make(d, 0, N, l.w);
    struct array alpha = array_make(d, 0, alphas, l.alpha);
    struct array dev_dx = array_make(d, 0, N, NULL);
    struct array dev_dalpha = array_make(d, 0, alphas, NULL);
    must_succeed(array_prelu_backward(d, shape, 0, &x, &alpha, &dy, &dev_dx,
                                      &dev_dalpha));
    const float *dx = array_fetch(d, &dev_dx);
    const float *dalpha = array_fetch(d, &dev_dalpha);
    for (size_t j = 0; j < alphas; j++)
        worst_alpha = worse(
            worst_alpha, fabs((double)dalpha[j] - find_slope(&l, &l.alpha[j])));
    for (size_t i = 0; i < N; i += 97)
        worst_x = worse(worst_x, fabs((double)dx[i] - find_slope(&l, &l.x[i])));
    ok(worst_x <= TOLERANCE,
       "prelu, %s: dx is the slope of the loss, off by %.2g", name, worst_x);
    ok(worst_alpha <= TOLERANCE,
       "prelu, %s: dalpha is the slope of the loss, off by %.2g", name,
       worst_alpha);
    arrays_free(&x, &dy, &alpha, &dev_dx, &dev_dalpha);
}

int main(void)
{
    static const size_t dims[] = {10, 5, 8, 5};
    static const int all[] = {1, 2, 3}, outer[] = {1, 3}, inner[] = {2, 3};
    const clrelu_shape shapes[] = {
        reference_shape(4, dims, 0, NULL), reference_shape(4, dims, 3, all),
        reference_shape(4, dims, 2, outer), reference_shape(4, dims, 2, inner)};
    static const char *const names[] = {"none shared", "all shared",
                                        "1,3 shared", "2,3 shared"};
    static const size_t alphas[] = {200, 1, 8, 5};
    struct device d;

    device_open(&d);
    for (size_t i = 0; i < COUNT_OF(case_scalars); i++)
        test_op(&d, &case_scalars[i]);
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        test_prelu(&d, names[i], &shapes[i], alphas[i]);
    device_close(&d);
    return done_testing();
}
