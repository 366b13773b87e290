/* overhead.cl - kernels with arguments like the library's, and no cleverness
 * SPDX-License-Identifier: MIT
 *
 * The work is that of one element; what counts is the arguments. */

struct shape {
    ulong words[77]; /* a whole shape by value, as in struct tiling           */
};

__kernel void forward(const ulong n, const float alpha, const ulong span,
                      const ulong first, const uint stream,
                      __global const float *x, const ulong x_offset,
                      __global float *y, const ulong y_offset)
{
    const size_t i = first + get_global_id(0);
    if (i < n)
        y[y_offset + i] =
            x[x_offset + i] < 0 ? alpha * x[x_offset + i] : x[x_offset + i];
}

__kernel void backward(const ulong n, const float alpha, const ulong span,
                       const ulong first, const uint stream,
                       __global const float *x, const ulong x_offset,
                       __global const float *dy, const ulong dy_offset,
                       __global float *dx, const ulong dx_offset)
{
    const size_t i = first + get_global_id(0);
    if (i < n)
        dx[dx_offset + i] = x[x_offset + i] < 0 ? alpha * dy[dy_offset + i]
                                                : dy[dy_offset + i];
}

__kernel void prelu_forward(const struct shape t, const ulong first,
                            const uint stream, __global const float *x,
                            const ulong x_offset, __global const float *alpha,
                            const ulong alpha_offset, __global float *y,
                            const ulong y_offset)
{
    const size_t i = first + get_global_id(0);
    if (i < t.words[0])
        y[y_offset + i] = x[x_offset + i] < 0
                              ? alpha[alpha_offset] * x[x_offset + i]
                              : x[x_offset + i];
}

__kernel void prelu_backward(
    const struct shape t, const ulong first, __global const float *x,
    const ulong x_offset, __global const float *dy, const ulong dy_offset,
    const uint stream, __global const float *alpha, const ulong alpha_offset,
    __global float *dx, const ulong dx_offset, __global float *sums,
    const ulong sums_offset, const ulong count, const uint accumulate,
    __global float *dalpha, const ulong dalpha_offset)
{
    const size_t i = first + get_global_id(0);
    if (i < t.words[0]) {
        const bool negative = x[x_offset + i] < 0;
        const float factor = negative ? alpha[alpha_offset] : 1;
        dx[dx_offset + i] = factor * dy[dy_offset + i];
        dalpha[dalpha_offset] =
            negative ? x[x_offset + i] * dy[dy_offset + i] : 0;
    }
}
