/* segments.c - makes the tables of cl/avx512_16bit.cl
 * SPDX-License-Identifier: MIT
 *
 *     cc -O3 -march=native -ffp-contract=off scripts/segments.c -lm
 *     ./a.out 2; ./a.out 3
 *
 * print those of float16 and of bfloat16.  In each segment a polynomial goes
 * through expm1 at the zeros of a Chebyshev polynomial, and is evaluated for
 * every input, as the kernel does.  Where a result rounds to another number of
 * 16 bits than expm1 does, the values at the zeros are moved a little, at
 * random, until no result does. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846264338327950288L
#define NEAREST (-0x1.4p-5f) /* the least of the first segment, with 0 */
enum { SEGMENTS = 32, HALF = 16, INPUTS = 32768, TERMS = 4, TRIES = 100000000 };

/* What both formats differ in. */
static bool is_half;
static unsigned terms;
static uint16_t last; /* what is beyond it is taken for it */

/* Those of one segment, and what their results must round to. */
static float inputs[INPUTS];
static uint16_t wanted[INPUTS];
static unsigned count;

static uint32_t bits_of(float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static float widen(uint16_t bits)
{
    const uint32_t high = (uint32_t)bits << 16;
    _Float16 half;
    float v;

    memcpy(&half, &bits, sizeof(half));
    memcpy(&v, &high, sizeof(v));
    return is_half ? (float)half : v;
}

/* To nearest; no result is a tie. */
static uint16_t narrow(float v)
{
    const _Float16 half = (_Float16)v;
    uint16_t bits;

    memcpy(&bits, &half, sizeof(bits));
    return is_half ? bits : (uint16_t)((bits_of(v) + 0x8000) >> 16);
}

static uint16_t round_expm1(float x)
{
    const long double y = expm1l(x);
    const uint16_t near = narrow((float)y);
    uint16_t best = near;

    for (int d = -1; d <= 1; d++) {
        const uint16_t other = (uint16_t)(near + d);
        if (fabsl(widen(other) - y) < fabsl(widen(best) - y))
            best = other;
    }
    return best;
}

static unsigned segment_of(float x)
{
    return bits_of(x < NEAREST ? x : NEAREST) >> 21 & (SEGMENTS - 1);
}

static void find_inputs(unsigned segment)
{
    count = 0;
    for (uint32_t bits = 0x8000; bits <= last; bits++) {
        const float x = widen((uint16_t)bits);
        if (segment_of(x) != segment)
            continue;
        inputs[count] = x;
        wanted[count++] = bits == 0x8000 ? 0x8000 : round_expm1(x);
    }
}

static unsigned count_wrong(const float *c)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < count; i++) {
        float y = c[terms - 1];
        for (unsigned k = terms - 1; k-- > 0;)
            y = fmaf(y, inputs[i], c[k]);
        wrong += narrow(y) != wanted[i];
    }
    return wrong;
}

/* The polynomial of n terms that is v at t, as sums of powers (Newton). */
static void interpolate(unsigned n, const long double *t, const long double *v,
                        long double *c)
{
    long double d[TERMS];

    memcpy(d, v, n * sizeof(*d));
    for (unsigned k = 1; k < n; k++)
        for (unsigned i = n - 1; i >= k; i--)
            d[i] = (d[i] - d[i - 1]) / (t[i] - t[i - k]);
    memset(c, 0, n * sizeof(*c));
    for (unsigned i = n; i-- > 0;) {
        for (unsigned k = n - 1; k > 0; k--)
            c[k] = c[k - 1] - t[i] * c[k];
        c[0] = d[i] - t[i] * c[0];
    }
}

/* The first segment's polynomial is x times one of a term less, and so keeps
 * the sign of 0. */
static void coefficients(bool is_first, const long double *t,
                         const long double *v, float *c)
{
    long double exact[TERMS];

    interpolate(terms - is_first, t, v, exact);
    c[0] = -0.0F;
    for (unsigned k = is_first; k < terms; k++)
        c[k] = (float)exact[k - is_first];
}

static double random_number(void)
{
    static uint64_t state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) * 0x1p-52 - 1;
}

/* Returns how many results are wrong still. */
static unsigned fit(unsigned segment, float *c)
{
    const bool is_first = segment == segment_of(0);
    const unsigned n = terms - is_first;
    const long double high = is_first ? -1e-9L : inputs[0];
    const long double half = (high - inputs[count - 1]) / 2;
    /* Several times what the polynomial is wrong by. */
    const double max = (double)(expl(high) * powl(half, n) / (6 * (n - 1)));
    long double t[TERMS], best[TERMS], v[TERMS];

    for (unsigned i = 0; i < n; i++) {
        t[i] = high - half + half * cosl(PI * (2 * i + 1) / (2 * n));
        best[i] = expm1l(t[i]) / (is_first ? t[i] : 1);
    }
    coefficients(is_first, t, best, c);
    unsigned min = count_wrong(c);
    for (unsigned long k = 0; k < TRIES && min > 0; k++) {
        float other[TERMS];
        for (unsigned i = 0; i < n; i++)
            v[i] = best[i] + max * pow(random_number(), 5);
        coefficients(is_first, t, v, other);
        const unsigned wrong = count_wrong(other);
        if (wrong > min)
            continue;
        min = wrong;
        memcpy(best, v, sizeof(best));
        memcpy(c, other, sizeof(other));
    }
    return min;
}

int main(int argc, char **argv)
{
    static float table[SEGMENTS][TERMS];
    unsigned wrong = 0;

    is_half = argc < 2 || atoi(argv[1]) == 2;
    terms = is_half ? 4 : 3;
    last = is_half ? 0xc8ff : 0xc11f;
    for (unsigned s = 0; s < SEGMENTS; s++) {
        find_inputs(s);
        wrong += fit(s, table[s]);
    }
    for (unsigned k = 0; k < terms; k++)
        for (unsigned s = 0; s < SEGMENTS; s++) {
            if (s % HALF == 0)
                printf("#define %s_%u (float16)(", s ? "HIGH" : "LOW", k);
            printf("%af%s", (double)table[s][k],
                   s % HALF < HALF - 1 ? ", " : ")\n");
        }
    fprintf(stderr, "%u wrong\n", wrong);
    return wrong > 0;
}
