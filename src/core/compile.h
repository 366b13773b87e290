/* compile.h - from kernel files to a program and its binary, and back
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_COMPILE_H
#define CLRELU_CORE_COMPILE_H

#include <stdio.h>

#include "core/program.h"
#include "store/envelope.h"

/* What binaries are good for: library, platform, device and driver, a line
 * each.  The caller frees it. */
clrelu_status clrelu_compile_device_text(cl_device_id device, char **out);

/* What a program is made of: its options and the hash of its sources, a line
 * each.  The caller frees it; NULL: no memory. */
char *clrelu_compile_key_text(const clrelu_device_params *params,
                              const clrelu_program_key *key);

/* silent: without warnings, as some drivers print them on stderr.  It changes
 * no binary, and is not among a program's options elsewhere. */
clrelu_status clrelu_compile_source(const clrelu_context *context,
                                    const clrelu_program_key *key, bool silent,
                                    cl_program *out);

/* What the driver refused; call is NULL where it was memory on the host. */
typedef struct clrelu_driver_error {
    cl_int error;
    const char *call;
} clrelu_driver_error;

/* Of bytes that came out of an envelope.  Returns NULL if the driver refuses
 * them. */
cl_program clrelu_compile_binary(const clrelu_context *context,
                                 const clrelu_binary *binary,
                                 clrelu_driver_error *driver_error);

/* The program's binary for the context's device; the caller frees it.  NULL:
 * the driver has none to give, or refused something. */
unsigned char *clrelu_compile_extract(const clrelu_context *context,
                                      cl_program program, size_t *size,
                                      clrelu_driver_error *driver_error);

/* The program's whole source, its options turned into macros. */
void clrelu_compile_print(const clrelu_device_params *params,
                          const clrelu_program_key *key, FILE *file);

#endif
