/* random.cl - counter-based random bits and normal numbers
 * SPDX-License-Identifier: MIT
 * needs: nothing
 * used by: initializer
 *
 * Made of fma, +, - and * alone, and of the common part of C and OpenCL C:
 * src/train/random.c includes it, so the host and all devices get the same
 * bits. */

#ifndef FUNCTION
#define FUNCTION /* static, in C */
#endif

/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", 2011): four words from a counter and a key. */
FUNCTION void philox(ulong counter, ulong key, uint words[4])
{
    uint a = (uint)counter, b = (uint)(counter >> 32), c = 0, d = 0;
    uint k0 = (uint)key, k1 = (uint)(key >> 32);
    for (uint round = 0; round < 10; round++) {
        const ulong x = (ulong)a * 0xd2511f53u, y = (ulong)c * 0xcd9e8d57u;
        a = (uint)(y >> 32) ^ b ^ k0;
        c = (uint)(x >> 32) ^ d ^ k1;
        b = (uint)y;
        d = (uint)x;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
}

/* log(x) for normal x > 0: that of Moshier's Cephes library. */
FUNCTION float log_of(float x)
{
    const uint bits = as_uint(x) - 0x3f3504f3u;
    const float e = (float)((int)bits >> 23);
    const float m = as_float((bits & 0x7fffffu) + 0x3f3504f3u) - 1;
    const float z = m * m;
    float q = 7.0376836292e-2f;
    q = fma(q, m, -1.1514610310e-1f);
    q = fma(q, m, 1.1676998740e-1f);
    q = fma(q, m, -1.2420140846e-1f);
    q = fma(q, m, 1.4249322787e-1f);
    q = fma(q, m, -1.6668057665e-1f);
    q = fma(q, m, 2.0000714765e-1f);
    q = fma(q, m, -2.4999993993e-1f);
    q = fma(q, m, 3.3333331174e-1f);
    q = fma(q * m, z, e * -2.12194440e-4f);
    q = fma(z, -0.5f, q);
    return fma(e, 0.693359375f, m + q);
}

/* The square root of x in [1, 64], by Newton's method for 1/sqrt(x). */
FUNCTION float root_of(float x)
{
    float r = as_float(0x5f375a86u - (as_uint(x) >> 1));
    for (uint i = 0; i < 3; i++)
        r = r * fma(r * r, -0.5f * x, 1.5f);
    return x * r;
}

/* (2k + 1) * 2^-32 for k < 2^31, rounded once. */
FUNCTION float odd_share(uint k)
{
    const float low = (float)((k & 0xffffu) * 2 + 1) * 0x1p-32f;
    return fma((float)(k >> 16), 0x1p-15f, low);
}

/* The standard normal number that a word stands for: where the distribution,
 * cut off beyond +-c, reaches the word's share; reach is erf(c/sqrt(2)), 1 for
 * no cut.  The inverse error function is that of Giles, "Approximating the
 * erfinv function", 2010. */
FUNCTION float normal_of(uint word, float reach)
{
    const uint k = word >> 1;
    const float x = reach * odd_share(k);
    const float rest = fma(reach, odd_share(0x7fffffffu - k), 1 - reach);
    float w = -log_of(rest * (1 + x));
    float q;
    if (w < 5) {
        w -= 2.5f;
        q = fma(2.81022636e-08f, w, 3.43273939e-07f);
        q = fma(q, w, -3.5233877e-06f);
        q = fma(q, w, -4.39150654e-06f);
        q = fma(q, w, 0.00021858087f);
        q = fma(q, w, -0.00125372503f);
        q = fma(q, w, -0.00417768164f);
        q = fma(q, w, 0.246640727f);
        q = fma(q, w, 1.50140941f);
    } else {
        w = root_of(w) - 3;
        q = fma(-0.000200214257f, w, 0.000100950558f);
        q = fma(q, w, 0.00134934322f);
        q = fma(q, w, -0.00367342844f);
        q = fma(q, w, 0.00573950773f);
        q = fma(q, w, -0.0076224613f);
        q = fma(q, w, 0.00943887047f);
        q = fma(q, w, 1.00167406f);
        q = fma(q, w, 2.83297682f);
    }
    const float z = q * x * 1.41421356f;
    return word & 1 ? -z : z;
}
