/* sweep_programs.c - programs made, kept and tuned, each call failing once
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/tune_store.h"
#include "sweep_library.h"

/* --------------------------------------------------------------- the cache --
 */

static clrelu_status forward(clrelu_context *context, const clrelu_exec *exec)
{
    return clrelu_forward(context, exec,
                          &(clrelu_elementwise){.op = CLRELU_ELU,
                                                .dtype = CLRELU_FLOAT32,
                                                .scalar = 1.0,
                                                .n = N,
                                                .x = on(X),
                                                .y = on(OUT)});
}

static void open_cached(const struct scenario *s)
{
    use_cache(true);
    open_other(s);
}

static void open_uncached(const struct scenario *s)
{
    empty_cache();
    open_cached(s);
}

static void close_cached(const struct scenario *s)
{
    close_other(s);
    use_cache(false);
}

/* ---------------------------------------------------------- program files --
 */

static clrelu_status precompile(clrelu_context *context,
                                const clrelu_exec *exec)
{
    (void)exec;
    return clrelu_precompile(context, CLRELU_ELU, CLRELU_FLOAT32);
}

static clrelu_status precompile_prelu(clrelu_context *context,
                                      const clrelu_exec *exec)
{
    (void)exec;
    return clrelu_precompile(context, CLRELU_PRELU, CLRELU_FLOAT32);
}

static clrelu_status save(clrelu_context *context, const clrelu_exec *exec)
{
    (void)exec;
    return clrelu_save_programs(context, lib.path);
}

static void open_save(const struct scenario *s)
{
    open_other(s);
    must(s, forward(lib.other, &lib.device.exec));
    write_text(lib.path, "older");
}

static clrelu_status from_file(clrelu_context *context, const clrelu_exec *exec)
{
    const clrelu_context_params params = {.queue = lib.device.queue,
                                          .program = lib.path};
    clrelu_context *made;
    clrelu_status status = clrelu_context_create(&params, &made);

    (void)context;
    if (!status)
        status = forward(made, exec);
    clrelu_context_destroy(&made);
    return status;
}

static void open_file(const struct scenario *s)
{
    open_other(s);
    must(s, forward(lib.other, &lib.device.exec));
    must(s, clrelu_save_programs(lib.other, lib.path));
    close_other(s);
    reset(s);
}

static void put(const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", lib.cache, name);
    write_text(path, text);
}

static void open_pack(const struct scenario *s)
{
    reset(s);
    empty_cache();
    put("manifest", "device: none\n\nprogram: a\nkey\n\nprogram: b\nkey\n\n");
    put("a.bin", "first");
    put("b.bin", "second");
    write_text(lib.path, "older");
}

static clrelu_status pack(clrelu_context *context, const clrelu_exec *exec)
{
    (void)context, (void)exec;
    return clrelu_pack_programs(lib.cache, lib.path);
}

static clrelu_status export_elu(clrelu_context *context,
                                const clrelu_exec *exec)
{
    (void)exec;
    return clrelu_export_programs(context, CLRELU_ELU, CLRELU_FLOAT32,
                                  lib.cache);
}

static clrelu_status check_kernel(clrelu_context *context,
                                  const clrelu_exec *exec)
{
    clrelu_kernel_check check;

    (void)exec;
    return clrelu_check_kernel(context, CLRELU_LEAKY_RELU, CLRELU_FLOAT32,
                               "-cl-denorms-are-zero", &check);
}

static clrelu_status source(clrelu_context *context, const clrelu_exec *exec)
{
    char text[64];

    (void)context, (void)exec;
    return clrelu_source(CLRELU_ELU, CLRELU_FLOAT32, NULL, sizeof(text), text,
                         NULL);
}

static clrelu_status header_program(clrelu_context *context,
                                    const clrelu_exec *exec)
{
    cl_program header;
    const clrelu_status status = clrelu_header_program(context, &header);

    (void)exec;
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
    empty_cache();
    must(s, export_elu(lib.device.context, NULL));
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

/* What would take half a minute: a clock that leaps, kernels that do nothing
 * and a device of little memory.  What was tuned before must stay. */
static void open_tune(const struct scenario *s)
{
    clrelu_device_params older;

    open_uncached(s);
    older = lib.other->defaults;
    older.cpu_span /= 2;
    must(s, clrelu_tuning_store(lib.other, &older));
    lib.other->defaults.non_temporal_bytes = 1 << 20;
    fault_clock(1);
    fault_small(1 << 20);
    fault_swallow(true);
}

static void close_tune(const struct scenario *s)
{
    fault_clock(0);
    fault_small(0);
    fault_swallow(false);
    close_cached(s);
}

static void look_at(void *data, const clrelu_tuned *tuned)
{
    *(size_t *)data += tuned->workloads;
}

static clrelu_status tune(clrelu_context *context, const clrelu_exec *exec)
{
    size_t count = 0;

    (void)exec;
    return clrelu_tune(context, look_at, &count);
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
