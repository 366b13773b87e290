/* export.c - kernel files for a vendor's compiler
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/status.h"
#include "core/context.h"
#include "core/program_text.h"
#include "offline/manifest.h"
#include "offline/precompile.h"
#include "store/atomic_file.h"

static clrelu_status export_one(const clrelu_context *context,
                                const clrelu_program_key *key,
                                const char *folder, const char *known,
                                FILE *manifest)
{
    char name[CLRELU_PROGRAM_NAME], path[MANIFEST_PATH], *text;
    clrelu_atomic_file w;
    clrelu_status status;
    bool good;

    clrelu_program_name(key, name);
    status = clrelu_manifest_join(path, folder, name, ".cl");
    if (status)
        return status;
    text = clrelu_program_text(&context->defaults, key);
    if (!text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a program");
    good = clrelu_atomic_file_begin(&w, path);
    if (good) {
        fprintf(w.file, "/* %.*s */\n", (int)strcspn(text, "\n"), text);
        clrelu_program_print(&context->defaults, key, w.file);
        good = clrelu_atomic_file_end(&w, true);
    }
    status = good ? CLRELU_OK : clrelu_fail_file(path, w.error);
    if (!status && !strstr(known, text))
        fprintf(manifest, MANIFEST_PROGRAM "%s\n%s\n", name, text);
    free(text);
    return status;
}

static clrelu_status export_all(const clrelu_context *context, clrelu_op op,
                                clrelu_dtype dtype, const char *folder,
                                const char *path, const char *known)
{
    clrelu_program_key keys[PRECOMPILE_MAX];
    const size_t count = clrelu_precompile_keys(op, dtype, keys);
    clrelu_atomic_file w;
    clrelu_status status = CLRELU_OK;

    if (!clrelu_atomic_file_begin(&w, path))
        return clrelu_fail_file(path, w.error);
    if (*known)
        fputs(known, w.file);
    else
        fprintf(w.file, "%s\n", context->device_text);
    for (size_t i = 0; i < count && !status; i++)
        status = export_one(context, &keys[i], folder, known, w.file);
    if (status)
        clrelu_atomic_file_discard(&w);
    else if (!clrelu_atomic_file_end(&w, true))
        status = clrelu_fail_file(path, w.error);
    return status;
}

clrelu_status clrelu_export_programs(clrelu_context *context, clrelu_op op,
                                     clrelu_dtype dtype, const char *folder)
{
    char path[MANIFEST_PATH], *known = NULL;
    clrelu_status status = clrelu_precompile_check(context, op, dtype);

    if (!status && !folder)
        status = clrelu_fail(CLRELU_INVALID_NULL, "folder is NULL");
    if (!status)
        status = clrelu_manifest_join(path, folder, "manifest", "");
    if (!status && mkdir(folder, 0777) && errno != EEXIST)
        status = clrelu_fail_file(folder, NULL);
    if (!status)
        status = clrelu_manifest_read(path, &known);
    if (!status && *known &&
        strncmp(known, context->device_text, strlen(context->device_text)) != 0)
        status = clrelu_fail(CLRELU_INVALID_PROGRAM,
                             "%s is for another device or driver", path);
    if (!status)
        status = export_all(context, op, dtype, folder, path, known);
    free(known);
    return status;
}
