/* program_load.c - programs from a file, the cache or the compiler
 * SPDX-License-Identifier: MIT */
#include "core/program_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/os.h"
#include "base/status.h"
#include "core/build.h"
#include "core/cache_folder.h"
#include "core/log.h"
#include "core/program_text.h"
#include "core/trace.h"
#include "store/cache.h"

/* Longer than compilers take.  Killed processes hold no locks. */
static const double timeout_s = 20;

/* That the context has a program now. */
static void log_load(const clrelu_context *context,
                     const clrelu_program_key *key, clrelu_origin origin,
                     double start)
{
    const char *from = origin == CLRELU_FROM_FILE    ? " from the program file"
                       : origin == CLRELU_FROM_CACHE ? " from the cache"
                                                     : "";
    char name[CLRELU_PROGRAM_NAME];

    clrelu_program_name(key, name);
    clrelu_log(context, CLRELU_LOG_INFO, "%s %s%s in %.1f ms",
               *from ? "loaded" : "compiled", name, from,
               1e3 * (clock_now() - start));
    CLRELU_TRACE(clrelu_trace_program(origin));
}

static clrelu_status build(const clrelu_context *context,
                           const clrelu_program_key *key, cl_program *out)
{
    const double start = clock_now();
    const clrelu_status status = clrelu_build_source(context, key, true, out);

    if (!status)
        log_load(context, key, CLRELU_FROM_COMPILER, start);
    return status;
}

/* ---------------------------------------------------------- program file -- */

static clrelu_status take_from_file(const clrelu_context *context,
                                    const clrelu_program_key *key,
                                    const char *text, cl_program *out)
{
    const double start = clock_now();
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
    log_load(context, key, CLRELU_FROM_FILE, start);
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
    const clrelu_program_key *key;
    const char *text; /* clrelu_program_text */
} entry;

static entry make_entry(const clrelu_context *context, int folder,
                        const clrelu_program_key *key, const char *text)
{
    entry e = {.folder = folder, .key = key, .text = text};

    clrelu_cache_name(context->device_text, text, e.name);
    return e;
}

/* False unless it holds exactly this device's program; else *envelope is to be
 * freed.  error is "" if there is no entry. */
static bool read_entry(const clrelu_context *context, const entry *e,
                       bool touch, clrelu_envelope *envelope,
                       char error[ENVELOPE_ERROR])
{
    if (!clrelu_cache_read(e->folder, e->name, touch, envelope, error)) {
        if (errno == ENOENT)
            *error = '\0';
        return false;
    }
    if (envelope->count == 1 &&
        strcmp(envelope->device, context->device_text) == 0 &&
        strcmp(envelope->programs[0].key, e->text) == 0)
        return true;
    clrelu_envelope_free(envelope);
    snprintf(error, ENVELOPE_ERROR, "is of another device or program");
    return false;
}

/* Removes a binary that the driver rejects. */
static cl_program build_entry(const clrelu_context *context, const entry *e,
                              const clrelu_binary *binary,
                              char error[ENVELOPE_ERROR])
{
    clrelu_driver_error driver_error;
    cl_program program = clrelu_build_binary(context, binary, &driver_error);

    if (program)
        return program;
    snprintf(error, ENVELOPE_ERROR,
             "was refused by the driver: %s failed with OpenCL error %d",
             driver_error.call, driver_error.error);
    if (!clrelu_is_resource_error(driver_error.error))
        unlinkat(e->folder, e->name, 0);
    return NULL;
}

/* again: the same entry was tried before. */
static cl_program load(const clrelu_context *context, const entry *e,
                       bool again)
{
    const double start = clock_now();
    char error[ENVELOPE_ERROR];
    clrelu_envelope envelope;
    cl_program program = NULL;

    if (read_entry(context, e, true, &envelope, error)) {
        program = build_entry(context, e, &envelope.programs[0], error);
        clrelu_envelope_free(&envelope);
    }
    if (program)
        log_load(context, e->key, CLRELU_FROM_CACHE, start);
    else if (*error && !again)
        clrelu_cache_refused(context, e->name, error);
    return program;
}

static bool is_stored(const clrelu_context *context, const entry *e)
{
    char error[ENVELOPE_ERROR];
    clrelu_envelope envelope;

    if (!read_entry(context, e, false, &envelope, error))
        return false;
    clrelu_envelope_free(&envelope);
    return true;
}

static void tell_unsaved(const clrelu_context *context, const entry *e,
                         const char *why)
{
    char name[CLRELU_PROGRAM_NAME];

    clrelu_program_name(e->key, name);
    clrelu_log(context, CLRELU_LOG_WARNING, "%s is not stored in the cache: %s",
               name, why);
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
    if (!bytes)
        tell_unsaved(context, e, "the driver gives no binary");
    else if (binary.size >= CACHE_MAX_ENTRY / 2)
        tell_unsaved(context, e, "its binary is too large");
    else if (!clrelu_cache_write(e->folder, e->name, &envelope))
        tell_unsaved(context, e, strerror(errno));
    else
        clrelu_cache_evict(e->folder, CACHE_MAX);
    free(bytes);
}

static clrelu_status compile(const clrelu_context *context, const entry *e,
                             clrelu_cache_lock lock, cl_program *out,
                             bool *unsaved)
{
    const clrelu_status status = build(context, e->key, out);

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
                                     const entry *e, cl_program *out,
                                     bool *unsaved)
{
    clrelu_cache_lock lock;
    clrelu_status status = CLRELU_OK;

    *out = load(context, e, false);
    if (*out)
        return CLRELU_OK;
    lock = clrelu_cache_lock_take(e->folder, e->name, timeout_s);
    if (lock.file >= 0)
        *out = load(context, e, true);
    else if (errno == EAGAIN)
        clrelu_log(context, CLRELU_LOG_WARNING,
                   "another process keeps the cache's lock: compiled "
                   "without it");
    if (!*out)
        status = compile(context, e, lock, out, unsaved);
    clrelu_cache_lock_drop(lock);
    return status;
}

clrelu_status clrelu_program_load(clrelu_context *context,
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
        status = take_from_file(context, key, text, out);
    } else if (choose(context) == OFF ||
               (folder = clrelu_cache_folder(context, true)) < 0) {
        status = build(context, key, out);
    } else {
        const entry e = make_entry(context, folder, key, text);
        status = load_or_compile(context, &e, out, unsaved);
        close(folder);
    }
    free(text);
    return status;
}

void clrelu_program_save(clrelu_context *context, const clrelu_program_key *key,
                         cl_program program)
{
    const int folder =
        choose(context) == OFF ? -1 : clrelu_cache_folder(context, true);
    char *text;

    if (folder < 0)
        return;
    text = clrelu_program_text(&context->params, key);
    if (text) {
        const entry e = make_entry(context, folder, key, text);
        const clrelu_cache_lock lock =
            clrelu_cache_lock_take(folder, e.name, 0);
        /* A process that has the lock stores it. */
        if (lock.file < 0 && errno != EAGAIN)
            tell_unsaved(context, &e, strerror(errno));
        if (lock.file >= 0 && !is_stored(context, &e))
            store(context, &e, program);
        clrelu_cache_lock_drop(lock);
    }
    free(text);
    close(folder);
}
