/* formulas.h - the operations as functions for your own kernels
 * SPDX-License-Identifier: MIT
 *
 * The functions are OpenCL C 1.2 that needs no file and no build option, for
 * kernels that fuse an activation with other work.  They are made of the
 * library's own kernels and give the same bits.  docs/formulas.md has an
 * example.
 */
#ifndef CLRELU_FORMULAS_H
#define CLRELU_FORMULAS_H

#include "chain.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The functions of one operation on elements of dtype, for scalars and for
 * vectors of N = 2, 3, 4, 8 and 16 elements.  With the prefix clrelu_, elu has
 *
 *     floatN clrelu_eluN(floatN x, float alpha)                    y
 *     floatN clrelu_elu_gradN(floatN x, float alpha, floatN dy)    dx
 *
 * and so do leaky_relu, thresholded_relu (theta), and prelu, whose alpha is of
 * the type of x.  For CLRELU_FLOAT64 all types are double.  For CLRELU_FLOAT16
 * and CLRELU_BFLOAT16 x, y, dy, dx and prelu's alpha are ushortN, the bits of
 * the numbers; the text then has, too,
 *
 *     floatN clrelu_widenN(ushortN bits)
 *     ushortN clrelu_roundN(floatN v)
 *     floatN clrelu_loadN(size_t i, __global const ushort *p)
 *     void clrelu_storeN(floatN v, size_t i, __global ushort *p)
 *
 * where i counts vectors, as for vloadN.  alpha and theta are as in
 * clrelu_elementwise.
 *
 * prefix begins every name that the text defines, and should make none that
 * OpenCL C has, as "v" and "load2" would; NULL: "clrelu_".  Texts of
 * several operations on one type share a prefix; each type needs its own.  The
 * functions are static, and contraction is off in them.  With
 * -cl-fast-relaxed-math the text is an #error.
 *
 * Writes at most size characters, including the final 0, and to length the
 * length without it.  text may be NULL with size 0; length may be NULL.
 * Accuracy: the bits of clrelu_forward, clrelu_backward and their like for
 * prelu, on a device with is_ieee (clrelu_float_check) and with build options
 * that change no results: see clrelu_check_kernel.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, INVALID_SPEC (prefix is no
 * identifier). */
CLRELU_API clrelu_status clrelu_source(clrelu_op op, clrelu_dtype dtype,
                                       const char *prefix, size_t size,
                                       char *text, size_t *length);

/* A chain in the same way, for the end of a kernel that computes x, or a kernel
 * that reduces its gradients.  With the prefix clrelu_, scale, bias and
 * residual there is
 *
 *     floatN clrelu_chainN(floatN x, floatN scale, floatN bias,
 *                          floatN residual)                         y
 *     floatN clrelu_chain_gradN(floatN x, floatN scale, floatN bias,
 *                               floatN dy)                          dz
 *
 * dx is scale*dz, dscale the sum of x*dz, dbias that of dz.  Of call only op,
 * dtype, scalar and gain matter, and whether scale, bias and residual are
 * given: an operand that is not given is left out.  scalar and gain are numbers
 * in the text; CLRELU_PRELU has an operand alpha after bias.  All operands are
 * of the type that computes: for CLRELU_FLOAT16 and CLRELU_BFLOAT16 the text
 * has the conversions of clrelu_source.  A program has one chain of a prefix,
 * which may be that of clrelu_source's texts on the same type.
 *
 * Accuracy: the bits of clrelu_chain_forward, and of dx and dresidual of
 * clrelu_chain_backward, if outputs are rounded once (clrelu_roundN); else as
 * for clrelu_source.
 * Errors: those of clrelu_source, INVALID_SCALAR, INVALID_RESERVED. */
CLRELU_API clrelu_status clrelu_chain_source(const clrelu_chain *call,
                                             const char *prefix, size_t size,
                                             char *text, size_t *length);

/* All operations on all types as one header, for clCompileProgram's
 * input_headers under the name "clrelu.clh"; also installed as the file
 * clrelu/clrelu.clh.  The prefixes are clrelu_, clrelu_f16_, clrelu_bf16_ and,
 * where the device has cl_khr_fp64, clrelu_f64_.  The caller releases *out.
 * Errors: INVALID_NULL, OUT_OF_MEMORY, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_header_program(clrelu_context *context,
                                               cl_program *out);

/* What a kernel makes of the formulas. */
typedef struct clrelu_kernel_check {
    int same_bits;     /* 1: the results are the library's, bit for bit */
    char differs[256]; /* what differs, such as "subnormal numbers in *, + or
                        * <", and a result that does; "" if nothing */
    uint64_t reserved[4];
} clrelu_kernel_check;

/* Whether the functions of clrelu_source have the library's bits in a program
 * that is built with options, those of clBuildProgram; NULL: none.  Compiles
 * the text and a kernel for each width, and compares y and dx with
 * clrelu_forward and clrelu_backward (prelu: clrelu_prelu_forward and
 * _backward) on the context's device: some thousand x that include special
 * values, subnormal numbers and the formulas' limits, each with several dy and
 * alpha. Any NaN is like any other. Ordering: runs on buffers and a queue of
 * its own, and waits. Errors: INVALID_NULL (out), INVALID_OP, INVALID_DTYPE,
 * UNSUPPORTED, BUILD_FAILED (the text has the compiler's log), OUT_OF_MEMORY,
 * DEVICE_LOST, OPENCL_ERROR. */
CLRELU_API clrelu_status clrelu_check_kernel(clrelu_context *context,
                                             clrelu_op op, clrelu_dtype dtype,
                                             const char *options,
                                             clrelu_kernel_check *out);

#ifdef __cplusplus
}
#endif

#endif
