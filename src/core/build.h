/* build.h - programs from sources or binaries
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_BUILD_H
#define CLRELU_CORE_BUILD_H

#include "core/context.h"
#include "core/program_key.h"

/* One lock for the process, to be held around all calls below and for the
 * cache's locks: several drivers' compilers are not thread-safe, even in two
 * contexts.  Messages to the log are delivered once it is released. */
void clrelu_build_lock(void);
void clrelu_build_unlock(void);

/* Compiles sources with exactly these options.  The caller releases *out. */
clrelu_status clrelu_build_text(const clrelu_context *context, cl_uint count,
                                const char **sources, const char *options,
                                cl_program *out);

/* Compiles a program of the library.  silent adds -w, as some drivers print
 * warnings on stderr; it changes no binary, and is not in a program's text. The
 * caller releases *out. */
clrelu_status clrelu_build_source(const clrelu_context *context,
                                  const clrelu_program_key *key, bool silent,
                                  cl_program *out);

/* The last failed call of OpenCL; call is NULL if host memory ran out. */
typedef struct clrelu_driver_error {
    cl_int error;
    const char *call;
} clrelu_driver_error;

/* From the bytes of a verified envelope.  NULL: the driver rejects them. */
cl_program clrelu_build_binary(const clrelu_context *context,
                               const clrelu_binary *binary,
                               clrelu_driver_error *driver_error);

/* The program's binary for the context's device; the caller frees it.  NULL:
 * the driver has none, or a call failed. */
unsigned char *clrelu_build_extract(const clrelu_context *context,
                                    cl_program program, size_t *size,
                                    clrelu_driver_error *driver_error);

#endif
