/* test_float64.c - elu in float64 against MPFR
 * SPDX-License-Identifier: MIT
 *
 * test_float64 [SAMPLES]: 60 thousand of each kind unless told. */
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "tap.h"
#include "typed.h"

enum { BITS = 160 };

static double dense(uint64_t *state, size_t i)
{
    (void)i;
    return -40.0 * ldexp((double)(random_bits(state) >> 11), -53);
}

/* Any mantissa, any exponent from 2^-70 to 2^10. */
static double wide(uint64_t *state, size_t i)
{
    const double mantissa = 1 + ldexp((double)(random_bits(state) >> 12), -52);

    return -ldexp(mantissa, (int)(i % 80) - 70);
}

/* Around the multiples of ln(2)/2, where the reduction changes, and where
 * results become subnormal, -1 or 0. */
static double edge(uint64_t *state, size_t i)
{
    static const double others[] = {
        -36.04365338911715, -37.42994775023705, -60.0,
        -708.3964185322641, -745.1332191019412, -1420.0,
        -DBL_MIN,           -DBL_EPSILON};
    const size_t kind = i % 4096;
    const double centre =
        kind < COUNT_OF(others)
            ? others[kind]
            : -0.34657359027997264 * (double)(kind - COUNT_OF(others) + 1);

    return centre * (1 + ldexp((double)(random_bits(state) >> 32), -50) -
                     ldexp((double)(random_bits(state) >> 32), -50));
}

static const struct kind {
    const char *name;
    double (*make)(uint64_t *state, size_t i);
} kinds[] = {{"dense", dense}, {"wide", wide}, {"edges", edge}};

/* Of the spacing of the float64 numbers around v. */
static long exponent_of_ulp(mpfr_t v)
{
    const long exponent = mpfr_zero_p(v) ? -1021 : mpfr_get_exp(v);

    return (exponent < -1021 ? -1021 : exponent) - 53;
}

/* |got - want| in units of want's spacing; want is spoilt. */
static double error_of(double got, mpfr_t want)
{
    const long exponent = exponent_of_ulp(want);

    mpfr_sub_d(want, want, got, MPFR_RNDN);
    mpfr_mul_2si(want, want, -exponent, MPFR_RNDN);
    return fabs(mpfr_get_d(want, MPFR_RNDN));
}

struct question {
    double alpha, bound;
    bool backward;
};

static void find_want(const struct question *q, double x, double dy,
                      mpfr_t want)
{
    mpfr_set_d(want, x, MPFR_RNDN);
    if (q->backward) {
        mpfr_exp(want, want, MPFR_RNDN);
        mpfr_mul_d(want, want, dy, MPFR_RNDN);
    } else {
        mpfr_expm1(want, want, MPFR_RNDN);
    }
    mpfr_mul_d(want, want, q->alpha, MPFR_RNDN);
}

static clrelu_status run(const struct device *d, const struct question *q,
                         size_t n, const double *x, const double *dy,
                         double *got)
{
    struct typed bx = typed_make(d, sizeof(*x), 0, n, x),
                 bdy = typed_make(d, sizeof(*dy), 0, n, dy);
    const clrelu_elementwise call =
        typed_call(CLRELU_ELU, CLRELU_FLOAT64, q->alpha, &bx, &bdy, &bdy);
    const clrelu_status status =
        (q->backward ? clrelu_backward : clrelu_forward)(d->context, &d->exec,
                                                         &call);

    memcpy(got, typed_fetch(d, &bdy), n * sizeof(*got));
    typeds_free(&bx, &bdy);
    return status;
}

static double *doubles(size_t n)
{
    return must_alloc(n * sizeof(double));
}

static void test_kind(const struct device *d, const struct question *q,
                      const struct kind *k, size_t n)
{
    double *x = doubles(n), *dy = doubles(n), *got = doubles(n);
    double worst = 0, worst_x = 0;
    uint64_t state = 7;
    mpfr_t want;

    for (size_t i = 0; i < n; i++) {
        x[i] = k->make(&state, i);
        dy[i] = q->alpha == 1 ? 1 : (double)random_uniform(&state, -2, 2);
    }
    const clrelu_status status = run(d, q, n, x, dy, got);
    if (status)
        bail("%s", clrelu_error());
    mpfr_init2(want, BITS);
    for (size_t i = 0; i < n; i++) {
        find_want(q, x[i], dy[i], want);
        const double error = error_of(got[i], want);
        if (!(error <= worst)) {
            worst = error;
            worst_x = x[i];
        }
    }
    mpfr_clear(want);
    ok(worst <= q->bound, "elu%s, alpha %g, %s: %.3f ulp at %a, at most %.1f",
       q->backward ? " backward" : "", q->alpha, k->name, worst, worst_x,
       q->bound);
    free(x);
    free(dy);
    free(got);
}

int main(int argc, char **argv)
{
    static const struct question questions[] = {
        {1, 1.0, false}, {0.3, 1.5, false}, {-1.9375, 1.5, false},
        {1, 1.0, true},  {0.3, 2.0, true},  {-1.9375, 2.0, true},
    };
    const size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 60000;
    struct device d;

    device_open(&d);
    if (!device_has_float64(&d))
        skip("the device has no cl_khr_fp64", "float64");
    else
        for (size_t i = 0; i < COUNT_OF(questions); i++)
            for (size_t k = 0; k < COUNT_OF(kinds); k++)
                test_kind(&d, &questions[i], &kinds[k], n);
    device_close(&d);
    return done_testing();
}
