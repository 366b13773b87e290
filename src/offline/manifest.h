/* manifest.h - the folder of sources and binaries for a vendor's compiler
 * SPDX-License-Identifier: MIT
 *
 * clrelu_export_programs writes the file "manifest", clrelu_pack_programs reads
 * it: the device's text, then for each program a line with its name and its
 * key, with an empty line after each. */
#ifndef CLRELU_OFFLINE_MANIFEST_H
#define CLRELU_OFFLINE_MANIFEST_H

#include "clrelu.h"

enum { MANIFEST_PATH = 4096 };

#define MANIFEST_PROGRAM "program: "

/* FOLDER/NAME followed by ending. */
clrelu_status clrelu_manifest_join(char out[MANIFEST_PATH], const char *folder,
                                   const char *name, const char *ending);

/* The file's text, "" if there is no file.  The caller frees it, also after an
 * error. */
clrelu_status clrelu_manifest_read(const char *path, char **text);

#endif
