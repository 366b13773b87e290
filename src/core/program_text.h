/* program_text.h - the texts that identify devices and programs in files
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_PROGRAM_TEXT_H
#define CLRELU_CORE_PROGRAM_TEXT_H

#include <stdio.h>

#include "core/program_key.h"

/* A binary is valid for one device text: versions of library, platform, device
 * and driver, a line each.  The caller frees it. */
clrelu_status clrelu_device_text(cl_device_id device, char **out);

/* A program's build options and the hash of its sources, a line each.  The
 * caller frees it; NULL: no memory. */
char *clrelu_program_text(const clrelu_device_params *params,
                          const clrelu_program_key *key);

/* The program's whole source; its options become macros. */
void clrelu_program_print(const clrelu_device_params *params,
                          const clrelu_program_key *key, FILE *file);

#endif
