/* program_load.c - programs from a file, the cache or the compiler
 * SPDX-License-Identifier: MIT */
#include "core/program_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "core/build.h"
#include "core/program_text.h"
#include "core/tune_store.h"
#include "store/cache.h"

/* Longer than compilers take.  Killed processes hold no locks. */
static const double timeout_s = 20;

/* Far larger than a file of some dozen programs. */
#define MAX_FILE ((uint64_t)4 << 30)

/* --------------------------------------------------------- program files -- */

/* The first line that differs between two texts; "" if a text has ended. */
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
                                    const char *text, cl_program *out)
{
    const clrelu_binary *binary = clrelu_envelope_find(&context->file, text);
    const int options = (int)strcspn(text, "\n");
    clrelu_driver_error driver_error;

    if (!binary)
        return clrelu_fail(CLRELU_INVALID_PROGRAM,
                           "the program file has no program with %.*s; make it "
                           "with the --op and --dtype that are used",
                           options, text);
    *out = clrelu_build_binary(context, binary, &driver_error);
    if (!*out && clrelu_is_resource_error(driver_error.error))
        return clrelu_fail_cl(driver_error.error, driver_error.call);
    if (!*out)
        return clrelu_fail(CLRELU_INVALID_PROGRAM,
                           "the device's driver refused the program file's "
                           "program with %.*s",
                           options, text);
    return CLRELU_OK;
}

/* ----------------------------------------------------------------- cache -- */

typedef enum policy {
    OFF,
    AT_ONCE, /* the binary is complete after clBuildProgram */
    AT_END   /* ... only after its kernels have run */
} policy;

/* By measurement: docs/cache.md. */
static policy choose(const clrelu_context *context)
{
    const clrelu_cache_setting setting = clrelu_cache_read_setting();
    const char *device = context->device_text;

    if (context->no_cache || setting == CACHE_OFF)
        return OFF;
    if (strstr(device, "\nplatform: NVIDIA CUDA\n"))
        return setting == CACHE_ON ? AT_ONCE : OFF;
    if (strstr(device, "\nplatform: Portable Computing Language\n"))
        return AT_END;
    return AT_ONCE;
}

/* A program's entry in the cache. */
typedef struct entry {
    int folder;
    char name[CACHE_NAME];
    const char *text; /* clrelu_program_text */
} entry;

static entry make_entry(const clrelu_context *context, int folder,
                        const char *text)
{
    entry e = {.folder = folder, .text = text};

    clrelu_cache_name(context->device_text, text, e.name);
    return e;
}

/* False unless it holds exactly this device's program; else *envelope is to be
 * freed. */
static bool read_entry(const clrelu_context *context, const entry *e,
                       bool touch, clrelu_envelope *envelope)
{
    char error[ENVELOPE_ERROR];

    if (!clrelu_cache_read(e->folder, e->name, touch, envelope, error))
        return false;
    if (envelope->count == 1 &&
        strcmp(envelope->device, context->device_text) == 0 &&
        strcmp(envelope->programs[0].key, e->text) == 0)
        return true;
    clrelu_envelope_free(envelope);
    return false;
}

/* Removes a binary that the driver rejects. */
static cl_program load(const clrelu_context *context, const entry *e)
{
    clrelu_envelope envelope;
    clrelu_driver_error driver_error;
    cl_program program;

    if (!read_entry(context, e, true, &envelope))
        return NULL;
    program =
        clrelu_build_binary(context, &envelope.programs[0], &driver_error);
    if (!program && !clrelu_is_resource_error(driver_error.error))
        unlinkat(e->folder, e->name, 0);
    clrelu_envelope_free(&envelope);
    return program;
}

static bool is_stored(const clrelu_context *context, const entry *e)
{
    clrelu_envelope envelope;

    if (!read_entry(context, e, false, &envelope))
        return false;
    clrelu_envelope_free(&envelope);
    return true;
}

/* Under the entry's lock. */
static void store(const clrelu_context *context, const entry *e,
                  cl_program program)
{
    clrelu_binary binary = {.key = e->text};
    const clrelu_envelope envelope = {
        .device = context->device_text, .count = 1, .programs = &binary};
    clrelu_driver_error driver_error;
    unsigned char *bytes =
        clrelu_build_extract(context, program, &binary.size, &driver_error);

    binary.bytes = bytes;
    if (bytes && binary.size < CACHE_MAX_ENTRY / 2 &&
        clrelu_cache_write(e->folder, e->name, &envelope))
        clrelu_cache_evict(e->folder, CACHE_MAX);
    free(bytes);
}

static clrelu_status compile(const clrelu_context *context,
                             const clrelu_program_key *key, const entry *e,
                             clrelu_cache_lock lock, cl_program *out,
                             bool *unsaved)
{
    const clrelu_status status = clrelu_build_source(context, key, true, out);

    *unsaved = !status;
    if (!status && lock.file >= 0 &&
        (choose(context) == AT_ONCE || clrelu_cache_lock_wanted(lock))) {
        store(context, e, *out);
        *unsaved = false;
    }
    return status;
}

/* One process compiles; others wait for the lock and load its binary. */
static clrelu_status load_or_compile(const clrelu_context *context,
                                     const clrelu_program_key *key,
                                     const entry *e, cl_program *out,
                                     bool *unsaved)
{
    clrelu_cache_lock lock;
    clrelu_status status = CLRELU_OK;

    *out = load(context, e);
    if (*out)
        return CLRELU_OK;
    lock = clrelu_cache_lock_take(e->folder, e->name, timeout_s);
    if (lock.file >= 0)
        *out = load(context, e);
    if (!*out)
        status = compile(context, key, e, lock, out, unsaved);
    clrelu_cache_lock_drop(lock);
    return status;
}

clrelu_status clrelu_program_load(const clrelu_context *context,
                                  const clrelu_program_key *key,
                                  cl_program *out, bool *unsaved)
{
    char *text = clrelu_program_text(&context->params, key);
    clrelu_status status;
    int folder = -1;

    *unsaved = false;
    if (!text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a program");
    if (context->file.memory) {
        status = take_from_file(context, text, out);
    } else if (choose(context) == OFF ||
               (folder = clrelu_cache_open(true)) < 0) {
        status = clrelu_build_source(context, key, true, out);
    } else {
        const entry e = make_entry(context, folder, text);
        status = load_or_compile(context, key, &e, out, unsaved);
        close(folder);
    }
    free(text);
    return status;
}

void clrelu_program_save(const clrelu_context *context,
                         const clrelu_program_key *key, cl_program program)
{
    const int folder = choose(context) == OFF ? -1 : clrelu_cache_open(true);
    char *text;

    if (folder < 0)
        return;
    text = clrelu_program_text(&context->params, key);
    if (text) {
        const entry e = make_entry(context, folder, text);
        const clrelu_cache_lock lock =
            clrelu_cache_lock_take(folder, e.name, 0);
        if (lock.file >= 0 && !is_stored(context, &e))
            store(context, &e, program);
        clrelu_cache_lock_drop(lock);
    }
    free(text);
    close(folder);
}
