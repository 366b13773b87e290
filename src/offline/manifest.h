/* manifest.h - the folder between clrelu_export_programs and a vendor's
 * compiler SPDX-License-Identifier: MIT
 *
 * A manifest is the device's text and then, of each program, a line with its
 * name and its key, with an empty line after each. */
#ifndef CLRELU_OFFLINE_MANIFEST_H
#define CLRELU_OFFLINE_MANIFEST_H

#include "clrelu.h"

enum { MANIFEST_PATH = 4096 };

#define MANIFEST_PROGRAM "program: "

/* FOLDER/NAME and its ending. */
clrelu_status clrelu_manifest_join(char out[MANIFEST_PATH], const char *folder,
                                   const char *name, const char *ending);

/* The whole text, "" if there is none; the caller frees it, also after an
 * error. */
clrelu_status clrelu_manifest_read(const char *path, char **text);

#endif
