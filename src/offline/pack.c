/* pack.c - program files of a context's or a vendor compiler's binaries
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/status.h"
#include "core/build.h"
#include "core/check.h"
#include "core/kernel_pool.h"
#include "core/program_text.h"
#include "core/tune_store.h"
#include "offline/manifest.h"
#include "store/atomic_file.h"

#define MAX_BINARY ((off_t)1 << 30)

static clrelu_status no_memory(void)
{
    return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for programs");
}

/* -------------------------------------------------------------- contents -- */

/* An envelope that grows and owns its strings and binaries. */
typedef struct contents {
    const clrelu_context *context;
    clrelu_envelope e;
} contents;

/* Takes ownership of key and bytes, also on failure. */
static clrelu_status add(contents *c, char *key, unsigned char *bytes,
                         size_t size)
{
    clrelu_binary *grown =
        realloc(c->e.programs, (c->e.count + 1) * sizeof(*grown));

    if (!grown || !key) {
        free(key);
        free(bytes);
        c->e.programs = grown ? grown : c->e.programs;
        return no_memory();
    }
    c->e.programs = grown;
    grown[c->e.count++] = (clrelu_binary){key, bytes, size};
    return CLRELU_OK;
}

static void free_contents(contents *c)
{
    for (size_t i = 0; i < c->e.count; i++) {
        free((void *)(uintptr_t)c->e.programs[i].key);
        free((void *)(uintptr_t)c->e.programs[i].bytes);
    }
    free(c->e.programs);
}

static clrelu_status write_file(const contents *c, const char *path)
{
    clrelu_atomic_file w;

    if (clrelu_atomic_file_begin(&w, path) &&
        clrelu_atomic_file_end(&w,
                               clrelu_envelope_write(fileno(w.file), &c->e)))
        return CLRELU_OK;
    return clrelu_fail_file(path, w.error);
}

static clrelu_status take_binary(void *data, const clrelu_program_key *key,
                                 cl_program program)
{
    contents *c = data;
    size_t size = 0;
    clrelu_driver_error driver_error;
    unsigned char *bytes =
        clrelu_build_extract(c->context, program, &size, &driver_error);

    if (!bytes && !driver_error.call)
        return no_memory();
    if (!bytes && clrelu_is_resource_error(driver_error.error))
        return clrelu_fail_cl(driver_error.error, driver_error.call);
    if (!bytes)
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "the device's driver gives no binaries");
    return add(c, clrelu_program_text(&c->context->params, key), bytes, size);
}

/* The device parameters that the programs were compiled with. */
static clrelu_status add_tuning(contents *c)
{
    char *text = malloc(TUNING_TEXT);

    if (!text)
        return no_memory();
    clrelu_tuning_format(&c->context->params, text);
    return add(c, strdup(TUNING_KEY), (unsigned char *)text, strlen(text));
}

clrelu_status clrelu_save_programs(clrelu_context *context, const char *path)
{
    contents c = {.context = context};
    clrelu_status status = clrelu_check_context(context);

    if (status)
        return status;
    if (!path)
        return clrelu_fail(CLRELU_INVALID_NULL, "path is NULL");
    c.e.device = context->device_text;
    status = clrelu_programs_visit(context, take_binary, &c);
    if (!status && context->tuned)
        status = add_tuning(&c);
    if (!status)
        status = write_file(&c, path);
    free_contents(&c);
    return status;
}

/* ------------------------------------------------------------------ pack -- */

static clrelu_status read_binary(const char *path, unsigned char **bytes,
                                 size_t *size)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    clrelu_status result = CLRELU_OK;

    *bytes = NULL;
    if (!file)
        return clrelu_fail_file(path, NULL);
    if (fstat(fileno(file), &status) || !S_ISREG(status.st_mode) ||
        status.st_size <= 0 || status.st_size > MAX_BINARY) {
        fclose(file);
        return clrelu_fail(CLRELU_FILE_ERROR,
                           "%s is no binary: empty, larger than 1 GiB, or no "
                           "regular file",
                           path);
    }
    *size = (size_t)status.st_size;
    *bytes = malloc(*size);
    if (!*bytes)
        result = no_memory();
    else if (fread(*bytes, 1, *size, file) != *size)
        result = clrelu_fail(CLRELU_FILE_ERROR, "%s cannot be read", path);
    fclose(file);
    return result;
}

/* Splits *text at its next empty line and returns the first part. */
static char *next_block(char **text)
{
    char *block = *text, *end = strstr(block, "\n\n");

    if (!end)
        return NULL;
    end[1] = '\0';
    *text = end + 2;
    return block;
}

static clrelu_status pack_one(contents *c, const char *folder, char *block)
{
    char path[MANIFEST_PATH];
    unsigned char *bytes = NULL;
    size_t size = 0;
    char *key = strchr(block, '\n');
    clrelu_status status;

    if (strncmp(block, MANIFEST_PROGRAM, strlen(MANIFEST_PROGRAM)) != 0 ||
        !key || strcspn(block, CLRELU_OS_SEPARATORS) < (size_t)(key - block))
        return clrelu_fail(CLRELU_FILE_ERROR,
                           "%s/manifest has no program where one should be: "
                           "%.100s",
                           folder, block);
    *key++ = '\0';
    status = clrelu_manifest_join(path, folder,
                                  block + strlen(MANIFEST_PROGRAM), ".bin");
    if (!status)
        status = read_binary(path, &bytes, &size);
    if (status) {
        free(bytes);
        return status;
    }
    return add(c, strdup(key), bytes, size);
}

clrelu_status clrelu_pack_programs(const char *folder, const char *path)
{
    char manifest[MANIFEST_PATH], *text = NULL, *rest, *block;
    contents c = {.context = NULL};
    clrelu_status status;

    if (!folder || !path)
        return clrelu_fail(CLRELU_INVALID_NULL, "%s is NULL",
                           folder ? "path" : "folder");
    status = clrelu_manifest_join(manifest, folder, "manifest", "");
    if (!status)
        status = clrelu_manifest_read(manifest, &text);
    if (status) {
        free(text);
        return status;
    }
    rest = text;
    c.e.device = next_block(&rest);
    if (!c.e.device)
        status = clrelu_fail(CLRELU_FILE_ERROR,
                             "%s is missing or no manifest; see clrelu compile "
                             "--help",
                             manifest);
    while (!status && (block = next_block(&rest)))
        status = pack_one(&c, folder, block);
    if (!status && *rest)
        status =
            clrelu_fail(CLRELU_FILE_ERROR, "%s ends within a program: %.100s",
                        manifest, rest);
    if (!status)
        status = write_file(&c, path);
    free_contents(&c);
    free(text);
    return status;
}
