/* sweep_programs.c - programs made, kept and tuned, each call failing once
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/tune_store.h"
#include "folder.h"
#include "sweep_library.h"

/* --------------------------------------------------------------- the cache --
 */

static clrelu_status forward(const struct device *d)
{
    return array_forward(d, CLRELU_ELU, 1, &lib.arrays[X], &lib.arrays[OUT]);
}

/* The same in lib.other. */
static clrelu_status forward_other(void)
{
    struct device d = lib.device;

    d.context = lib.other;
    return forward(&d);
}

static void open_cached(const struct scenario *s)
{
    use_cache(true);
    open_other(s);
}

static void open_uncached(const struct scenario *s)
{
    sweep_empty(lib.cache);
    open_cached(s);
}

static void close_cached(const struct scenario *s)
{
    close_other(s);
    use_cache(false);
}

/* ---------------------------------------------------------- program files --
 */

static clrelu_status precompile(const struct device *d)
{
    return clrelu_precompile(d->context, CLRELU_ELU, CLRELU_FLOAT32);
}

static clrelu_status precompile_prelu(const struct device *d)
{
    return clrelu_precompile(d->context, CLRELU_PRELU, CLRELU_FLOAT32);
}

static clrelu_status save(const struct device *d)
{
    return clrelu_save_programs(d->context, lib.path);
}

static void open_save(const struct scenario *s)
{
    open_other(s);
    must(s, forward_other());
    folder_put(lib.path, "older");
}

static clrelu_status from_file(const struct device *d)
{
    const clrelu_context_params params = {.queue = lib.device.queue,
                                          .program = lib.path};
    struct device made = *d;
    clrelu_status status = clrelu_context_create(&params, &made.context);

    if (!status)
        status = forward(&made);
    clrelu_context_destroy(&made.context);
    return status;
}

static void open_file(const struct scenario *s)
{
    open_other(s);
    must(s, forward_other());
    must(s, clrelu_save_programs(lib.other, lib.path));
    close_other(s);
    reset(s);
}

static void put(const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", lib.cache, name);
    folder_put(path, text);
}

static void open_pack(const struct scenario *s)
{
    reset(s);
    sweep_empty(lib.cache);
    put("manifest", "device: none\n\nprogram: a\nkey\n\nprogram: b\nkey\n\n");
    put("a.bin", "first");
    put("b.bin", "second");
    folder_put(lib.path, "older");
}

static clrelu_status pack(const struct device *d)
{
    (void)d;
    return clrelu_pack_programs(lib.cache, lib.path);
}

static clrelu_status export_elu(const struct device *d)
{
    return clrelu_export_programs(d->context, CLRELU_ELU, CLRELU_FLOAT32,
                                  lib.cache);
}

static clrelu_status check_kernel(const struct device *d)
{
    clrelu_kernel_check check;

    return clrelu_check_kernel(d->context, CLRELU_LEAKY_RELU, CLRELU_FLOAT32,
                               "-cl-denorms-are-zero", &check);
}

static clrelu_status source(const struct device *d)
{
    char text[64];

    (void)d;
    return clrelu_source(CLRELU_ELU, CLRELU_FLOAT32, NULL, sizeof(text), text,
                         NULL);
}

static clrelu_status chain_source(const struct device *d)
{
    const clrelu_chain chain = {
        .op = CLRELU_ELU, .dtype = CLRELU_FLOAT16, .scalar = 1};
    char text[64];

    (void)d;
    return clrelu_chain_source(&chain, NULL, sizeof(text), text, NULL);
}

static clrelu_status header_program(const struct device *d)
{
    cl_program header;
    const clrelu_status status = clrelu_header_program(d->context, &header);

    if (header)
        clReleaseProgram(header);
    return status;
}

/* A manifest of other programs, that must be whole at any time; and the files
 * that are written again. */
static void open_export(const struct scenario *s)
{
    char manifest[128];

    reset(s);
    sweep_empty(lib.cache);
    must(s, export_elu(&lib.device));
    snprintf(manifest, sizeof(manifest), "%s/manifest", lib.cache);
    unlink(manifest);
    must(s, clrelu_export_programs(lib.device.context, CLRELU_LEAKY_RELU,
                                   CLRELU_FLOAT32, lib.cache));
}

static uint64_t state_of_cache(const struct scenario *s)
{
    char lock[128];

    snprintf(lock, sizeof(lock), "%s/lock", lib.cache);
    unlink(lock);
    return sweep_hash_folder(state(s), lib.cache);
}

/* ----------------------------------------------------------------- tuning --
 */

/* An older tuning must stay. */
static void open_tune(const struct scenario *s)
{
    clrelu_device_params older;

    open_uncached(s);
    older = lib.other->defaults;
    older.cpu_span /= 2;
    must(s, clrelu_tuning_store(lib.other, &older));
    lib.other->defaults.non_temporal_bytes = 1 << 20;
    fault_hasten(true);
}

static void close_tune(const struct scenario *s)
{
    fault_hasten(false);
    close_cached(s);
}

static void look_at(void *data, const clrelu_tuned *tuned)
{
    *(size_t *)data += tuned->workloads;
}

static clrelu_status tune(const struct device *d)
{
    size_t count = 0;

    return clrelu_tune(d->context, look_at, &count);
}

/* -------------------------------------------------------------- scenarios --
 */

/* A cache that fails is none. */
#define CACHED \
    .after = close_cached, FUNCTION(forward), .tells = BUILD, \
    .absorbs = " open openat fstat read write pread pwrite fsync renameat " \
               "close mkdir fdopendir malloc calloc realloc strdup " \
               "clCreateProgramWithBinary clGetProgramInfo clGetDeviceInfo " \
               "clBuildProgram clCreateKernelsInProgram clGetContextInfo " \
               "clGetPlatformInfo clCreateKernel clGetProgramBuildInfo "

static const struct scenario scenarios[] = {
    {"clrelu_forward, from the cache", .before = open_cached, CACHED},
    {"clrelu_forward, into the cache", .before = open_uncached, CACHED},
    {"clrelu_forward, from a program file", .before = open_file,
     FUNCTION(from_file), .absorbs = FINDING "close ", .tells = " OpenCL "},
    {"clrelu_precompile", COLD(precompile), .tells = BUILD, .slow = true},
    {"clrelu_precompile, prelu", COLD(precompile_prelu), .tells = BUILD,
     .slow = true},
    {"clrelu_check_kernel", COLD(check_kernel), .tells = BUILD, .slow = true},
    {"clrelu_source", .before = reset, FUNCTION(source)},
    {"clrelu_chain_source", .before = reset, FUNCTION(chain_source)},
    {"clrelu_header_program", .before = reset, FUNCTION(header_program)},
    {"clrelu_save_programs", .before = open_save, .after = close_other,
     FUNCTION(save)},
    {"clrelu_export_programs", .before = open_export, .run = run,
     .state = state_of_cache, .data = &(call *const){export_elu}},
    {"clrelu_pack_programs", .before = open_pack, FUNCTION(pack),
     .absorbs = " fclose "},
    {"clrelu_tune", .before = open_tune, .after = close_tune, .run = run,
     .state = state_of_cache, .data = &(call *const){tune},
     .absorbs = SWEEP_TUNE, .tells = BUILD, .slow = true},
};
const struct scenarios sweep_programs = {scenarios, COUNT_OF(scenarios)};
