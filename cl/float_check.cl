/* float_check.cl - the operations that every result is made of, one by one
 * SPDX-License-Identifier: MIT
 * needs: nothing
 * used by: float_check
 *
 * Only constructs that the oldest compilers take, as nothing is known of the
 * device yet.  Vectors, as a compiler may treat them differently from
 * scalars. */
#pragma OPENCL FP_CONTRACT OFF

/* in has three operands after each other, out the results in the order of the
 * enumeration in src/core/float_check.c. */
__kernel void arithmetic(__global const float4 *in, __global float4 *out)
{
    const size_t i = get_global_id(0);
    const float4 a = in[3 * i], b = in[3 * i + 1], c = in[3 * i + 2];
    out[5 * i] = a * b;
    out[5 * i + 1] = a + b;
    out[5 * i + 2] = a * b + c;
    out[5 * i + 3] = fma(a, b, c);
    out[5 * i + 4] = a < 0 ? b : c;
}
