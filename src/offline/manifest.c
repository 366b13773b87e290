/* manifest.c - the folder of sources and binaries for a vendor's compiler
 * SPDX-License-Identifier: MIT */
#include "offline/manifest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"

enum { MAX_MANIFEST = 1 << 20 };

clrelu_status clrelu_manifest_join(char out[MANIFEST_PATH], const char *folder,
                                   const char *name, const char *ending)
{
    const int length =
        snprintf(out, MANIFEST_PATH, "%s/%s%s", folder, name, ending);

    return length < MANIFEST_PATH
               ? CLRELU_OK
               : clrelu_fail(CLRELU_FILE_ERROR, "%s: a name too long", folder);
}

clrelu_status clrelu_manifest_read(const char *path, char **text)
{
    FILE *file;
    size_t size;
    bool bad;

    *text = calloc(MAX_MANIFEST, 1);
    if (!*text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a manifest");
    file = fopen(path, "rb");
    if (!file)
        return errno == ENOENT ? CLRELU_OK : clrelu_fail_file(path, NULL);
    size = fread(*text, 1, MAX_MANIFEST - 1, file);
    bad = ferror(file);
    bad = fclose(file) || bad;
    if (bad)
        return clrelu_fail(CLRELU_FILE_ERROR, "%s cannot be read", path);
    if (size == MAX_MANIFEST - 1)
        return clrelu_fail(CLRELU_FILE_ERROR, "%s is no manifest: too long",
                           path);
    return CLRELU_OK;
}
