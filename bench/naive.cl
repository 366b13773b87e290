/* naive.cl - the operations as a first version writes them
 * SPDX-License-Identifier: MIT
 *
 * One work-item per element, the built-in expm1 and exp, alpha found by index
 * arithmetic, dalpha from products written out and read again. */

__kernel void leaky_relu_forward(__global const float *x, __global float *y,
                                 const float alpha)
{
    const size_t i = get_global_id(0);
    y[i] = x[i] < 0 ? alpha * x[i] : x[i];
}

__kernel void elu_forward(__global const float *x, __global float *y,
                          const float alpha)
{
    const size_t i = get_global_id(0);
    y[i] = x[i] < 0 ? alpha * expm1(x[i]) : x[i];
}

__kernel void thresholded_relu_forward(__global const float *x,
                                       __global float *y, const float theta)
{
    const size_t i = get_global_id(0);
    y[i] = x[i] > theta ? x[i] : 0;
}

__kernel void leaky_relu_backward(__global const float *x,
                                  __global const float *dy, __global float *dx,
                                  const float alpha)
{
    const size_t i = get_global_id(0);
    dx[i] = x[i] < 0 ? alpha * dy[i] : dy[i];
}

__kernel void elu_backward(__global const float *x, __global const float *dy,
                           __global float *dx, const float alpha)
{
    const size_t i = get_global_id(0);
    dx[i] = x[i] < 0 ? alpha * exp(x[i]) * dy[i] : dy[i];
}

__kernel void thresholded_relu_backward(__global const float *x,
                                        __global const float *dy,
                                        __global float *dx, const float theta)
{
    const size_t i = get_global_id(0);
    dx[i] = x[i] > theta ? dy[i] : 0;
}

/* layout: first the rank; then the extents, 1 where alpha has 1; then those
 * of x.  Where the axes that alpha has are neighbours, rank is 0, and then come
 * the elements behind one alpha and the number of alphas. */
size_t alpha_of(__constant const ulong *layout, size_t i)
{
    const ulong rank = layout[0];
    size_t j = 0, stride = 1;

    if (rank == 0)
        return i / layout[1] % layout[2];
    for (ulong axis = rank; axis > 0; axis--) {
        const ulong extent = layout[axis];
        j += i % layout[rank + axis] % extent * stride;
        i /= layout[rank + axis];
        stride *= extent;
    }
    return j;
}

__kernel void prelu_forward(__global const float *x, __global float *y,
                            __global const float *alpha,
                            __constant const ulong *layout)
{
    const size_t i = get_global_id(0);
    y[i] = x[i] < 0 ? alpha[alpha_of(layout, i)] * x[i] : x[i];
}

__kernel void prelu_backward(__global const float *x, __global const float *dy,
                             __global float *dx, __global const float *alpha,
                             __global float *product,
                             __constant const ulong *layout)
{
    const size_t i = get_global_id(0);
    product[i] = x[i] < 0 ? x[i] * dy[i] : 0;
    dx[i] = x[i] < 0 ? alpha[alpha_of(layout, i)] * dy[i] : dy[i];
}

/* The element that is number s of those with alpha j. */
size_t element_of(__constant const ulong *layout, size_t j, size_t s)
{
    const ulong rank = layout[0];
    size_t i = 0, stride = 1;

    if (rank == 0)
        return (s / layout[1] * layout[2] + j) * layout[1] + s % layout[1];
    for (ulong axis = rank; axis > 0; axis--) {
        const ulong kept = layout[axis], extent = layout[rank + axis];
        if (kept == extent) {
            i += j % extent * stride;
            j /= extent;
        } else {
            i += s % extent * stride;
            s /= extent;
        }
        stride *= extent;
    }
    return i;
}

__kernel void prelu_reduce(__global const float *product,
                           __global float *dalpha, const ulong terms,
                           __constant const ulong *layout)
{
    const size_t j = get_global_id(0);
    float sum = 0;

    for (ulong s = 0; s < terms; s++)
        sum += product[element_of(layout, j, s)];
    dalpha[j] = sum;
}
