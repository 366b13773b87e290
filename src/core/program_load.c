/* program_load.c - where a program comes from: a file, the cache or the
 * compiler SPDX-License-Identifier: MIT */
#include "core/program_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "core/compile.h"
#include "core/tune_store.h"
#include "store/cache.h"

/* Longer than compilers take, where a killed process does not hold a lock. */
static const double timeout_s = 20;

/* Far beyond any file of a few dozen programs. */
#define MAX_FILE ((uint64_t)4 << 30)

/* --------------------------------------------------------- program files -- */

/* Of two texts, the first line in which they differ; the longer one's if it is
 * missing in the other. */
static void first_difference(const char *a, const char *b, char line_a[128],
                             char line_b[128])
{
    size_t length_a = strcspn(a, "\n"), length_b = strcspn(b, "\n");

    while (*a && *b && length_a == length_b && !strncmp(a, b, length_a)) {
        a += length_a + (a[length_a] == '\n');
        b += length_b + (b[length_b] == '\n');
        length_a = strcspn(a, "\n");
        length_b = strcspn(b, "\n");
    }
    snprintf(line_a, 128, "%.*s", (int)length_a, a);
    snprintf(line_b, 128, "%.*s", (int)length_b, b);
}

static clrelu_status check_device(const clrelu_context *context,
                                  const clrelu_envelope *e, const char *path)
{
    char theirs[128], ours[128];

    if (strcmp(e->device, context->device_text) == 0)
        return CLRELU_OK;
    first_difference(e->device, context->device_text, theirs, ours);
    return clrelu_fail(CLRELU_INVALID_PROGRAM,
                       "%s was made for \"%s\", must be for \"%s\"", path,
                       theirs, ours);
}

clrelu_status clrelu_program_file_open(clrelu_context *context,
                                       const char *path)
{
    char error[ENVELOPE_ERROR];
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    clrelu_status status = CLRELU_OK;

    if (file < 0)
        return clrelu_fail(CLRELU_FILE_ERROR, "%s: %s", path, strerror(errno));
    if (!clrelu_envelope_read(file, MAX_FILE, &context->file, error))
        status = clrelu_fail(errno == ENOMEM ? CLRELU_OUT_OF_MEMORY
                             : errno         ? CLRELU_FILE_ERROR
                                             : CLRELU_INVALID_PROGRAM,
                             "%s %s", path, error);
    close(file);
    if (!status)
        status = check_device(context, &context->file, path);
    if (!status)
        clrelu_tuning_take(context, &context->file);
    else
        clrelu_envelope_free(&context->file);
    return status;
}

static clrelu_status take_from_file(const clrelu_context *context,
                                    const char *key_text, cl_program *out)
{
    const clrelu_binary *binary =
        clrelu_envelope_find(&context->file, key_text);
    const int options = (int)strcspn(key_text, "\n");
    clrelu_driver_error driver_error;

    if (!binary)
        return clrelu_fail(CLRELU_INVALID_PROGRAM,
                           "the program file has no program with %.*s; make it "
                           "with the --op and --dtype that are used",
                           options, key_text);
    *out = clrelu_compile_binary(context, binary, &driver_error);
    if (!*out && clrelu_is_resource_error(driver_error.error))
        return clrelu_fail_cl(driver_error.error, driver_error.call);
    if (!*out)
        return clrelu_fail(CLRELU_INVALID_PROGRAM,
                           "the device's driver refused the program file's "
                           "program with %.*s",
                           options, key_text);
    return CLRELU_OK;
}

/* ----------------------------------------------------------------- cache -- */

typedef enum policy {
    OFF,
    AT_ONCE, /* a binary is to be had at no cost as soon as it is built     */
    AT_END   /* ... only once its kernels have run                          */
} policy;

/* Measured: docs/cache.md. */
static policy choose(const clrelu_context *context)
{
    const clrelu_cache_wish wish = clrelu_cache_wished();
    const char *device = context->device_text;

    if (context->no_cache || wish == CACHE_OFF)
        return OFF;
    if (strstr(device, "\nplatform: NVIDIA CUDA\n"))
        return wish == CACHE_ON ? AT_ONCE : OFF;
    if (strstr(device, "\nplatform: Portable Computing Language\n"))
        return AT_END;
    return AT_ONCE;
}

static cl_program load(const clrelu_context *context, int folder,
                       const char *name, const char *key_text)
{
    char error[ENVELOPE_ERROR];
    clrelu_envelope e;
    clrelu_driver_error driver_error;
    cl_program program = NULL;

    if (!clrelu_cache_read(folder, name, true, &e, error))
        return NULL;
    if (e.count == 1 && strcmp(e.device, context->device_text) == 0 &&
        strcmp(e.programs[0].key, key_text) == 0) {
        program = clrelu_compile_binary(context, &e.programs[0], &driver_error);
        if (!program && !clrelu_is_resource_error(driver_error.error))
            unlinkat(folder, name, 0);
    }
    clrelu_envelope_free(&e);
    return program;
}

static bool has(const clrelu_context *context, int folder, const char *name,
                const char *key_text)
{
    char error[ENVELOPE_ERROR];
    clrelu_envelope e;
    bool good;

    if (!clrelu_cache_read(folder, name, false, &e, error))
        return false;
    good = e.count == 1 && strcmp(e.device, context->device_text) == 0 &&
           strcmp(e.programs[0].key, key_text) == 0;
    clrelu_envelope_free(&e);
    return good;
}

/* With the entry's lock. */
static void store(const clrelu_context *context, int folder, const char *name,
                  const char *key_text, cl_program program)
{
    clrelu_binary binary = {.key = key_text};
    const clrelu_envelope e = {
        .device = context->device_text, .count = 1, .programs = &binary};
    clrelu_driver_error driver_error;
    unsigned char *bytes =
        clrelu_compile_extract(context, program, &binary.size, &driver_error);

    binary.bytes = bytes;
    if (bytes && binary.size < CACHE_MAX_ENTRY / 2 &&
        clrelu_cache_write(folder, name, &e))
        clrelu_cache_evict(folder, CACHE_MAX);
    free(bytes);
}

/* Whoever else needs the program now waits here, and finds it then. */
static clrelu_status compile_once(const clrelu_context *context, int folder,
                                  const clrelu_program_key *key,
                                  const char *key_text, cl_program *out,
                                  bool *unsaved)
{
    char name[CACHE_NAME];
    clrelu_cache_lock lock;
    clrelu_status status = CLRELU_OK;

    clrelu_cache_name(context->device_text, key_text, name);
    *out = load(context, folder, name, key_text);
    if (*out)
        return CLRELU_OK;
    lock = clrelu_cache_lock_take(folder, name, timeout_s);
    if (lock.file >= 0)
        *out = load(context, folder, name, key_text);
    if (!*out) {
        status = clrelu_compile_source(context, key, true, out);
        *unsaved = !status;
    }
    if (*unsaved && lock.file >= 0 &&
        (choose(context) == AT_ONCE || clrelu_cache_lock_wanted(lock))) {
        store(context, folder, name, key_text, *out);
        *unsaved = false;
    }
    clrelu_cache_lock_drop(lock);
    return status;
}

clrelu_status clrelu_program_load(const clrelu_context *context,
                                  const clrelu_program_key *key,
                                  cl_program *out, bool *unsaved)
{
    char *key_text = clrelu_compile_key_text(&context->params, key);
    clrelu_status status;
    int folder = -1;

    *unsaved = false;
    if (!key_text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a program");
    if (context->file.memory)
        status = take_from_file(context, key_text, out);
    else if (choose(context) == OFF || (folder = clrelu_cache_open(true)) < 0)
        status = clrelu_compile_source(context, key, true, out);
    else
        status = compile_once(context, folder, key, key_text, out, unsaved);
    if (folder >= 0)
        close(folder);
    free(key_text);
    return status;
}

void clrelu_program_save(const clrelu_context *context,
                         const clrelu_program_key *key, cl_program program)
{
    char name[CACHE_NAME], *key_text;
    clrelu_cache_lock lock;
    const int folder = choose(context) == OFF ? -1 : clrelu_cache_open(true);

    if (folder < 0)
        return;
    key_text = clrelu_compile_key_text(&context->params, key);
    if (key_text) {
        clrelu_cache_name(context->device_text, key_text, name);
        lock = clrelu_cache_lock_take(folder, name, 0);
        if (lock.file >= 0 && !has(context, folder, name, key_text))
            store(context, folder, name, key_text, program);
        clrelu_cache_lock_drop(lock);
    }
    free(key_text);
    close(folder);
}
