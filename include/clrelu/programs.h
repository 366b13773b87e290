/* programs.h - programs compiled in advance
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_PROGRAMS_H
#define CLRELU_PROGRAMS_H

#include "activations.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Programs are compiled when a call first needs them, and stored in the user's
 * cache.  These functions compile them earlier, or on another machine for
 * devices without a compiler. */

/* Compiles all programs of op with elements of dtype, with those of the PReLU
 * layer for CLRELU_PRELU, without those of chains, of the dense layer, of
 * masks, of strides and of CLRELU_FROM_OUTPUT.  Runs each kernel once, as some
 * drivers compile only then.
 * Ordering: runs on buffers and a queue of its own, and waits.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, UNSUPPORTED, BUILD_FAILED,
 * OUT_OF_MEMORY, DEVICE_LOST, OPENCL_ERROR, INVALID_PROGRAM. */
CLRELU_API clrelu_status clrelu_precompile(clrelu_context *context,
                                           clrelu_op op, clrelu_dtype dtype);

/* Writes every program the context has used to one file, for
 * clrelu_context_params.program or CLRELU_PROGRAM.  The file has a checksum, is
 * written atomically, and is only valid for this device, driver and version of
 * the library.
 * Errors: INVALID_NULL, FILE_ERROR, OUT_OF_MEMORY, UNSUPPORTED (the driver
 * gives no binaries). */
CLRELU_API clrelu_status clrelu_save_programs(clrelu_context *context,
                                              const char *path);

/* For devices without a compiler: writes the programs of clrelu_precompile into
 * the folder, each as a file NAME.cl without options, and adds them to the file
 * "manifest" there.  The vendor's compiler then compiles each to NAME.bin, and
 * clrelu_pack_programs makes one file like clrelu_save_programs's of them.  All
 * files are written atomically.
 * Errors: INVALID_NULL, INVALID_OP, INVALID_DTYPE, UNSUPPORTED, OUT_OF_MEMORY,
 * FILE_ERROR, INVALID_PROGRAM (a manifest for another device). */
CLRELU_API clrelu_status clrelu_export_programs(clrelu_context *context,
                                                clrelu_op op,
                                                clrelu_dtype dtype,
                                                const char *folder);
CLRELU_API clrelu_status clrelu_pack_programs(const char *folder,
                                              const char *path);

#ifdef __cplusplus
}
#endif

#endif
