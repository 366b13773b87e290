/* sweep_library.c - what the scenarios of the library's functions share
 * SPDX-License-Identifier: MIT */
#include "sweep_library.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

struct library lib;

const clrelu_shape small_shape = {.rank = 2,
                                  .dims = (const size_t[]){BATCH, ALPHAS}};
const clrelu_shape long_shape = {
    .rank = 2, .dims = (const size_t[]){BATCH_BLOCKS, ALPHAS}};

clrelu_buffer on(int i)
{
    return array_buffer(&lib.arrays[i]);
}

static void make_arrays(void)
{
    static const size_t sizes[ARRAYS] = {N,        N, ALPHAS, BLOCKS_N,
                                         BLOCKS_N, N, ALPHAS, BLOCKS_N};
    float *values = must_alloc(BLOCKS_N * sizeof(*values));

    for (size_t i = 0; i < BLOCKS_N; i++)
        values[i] = (float)(i % 23) - 11.25f;
    for (int i = 0; i < ARRAYS; i++)
        lib.arrays[i] =
            array_make(&lib.device, 2, sizes[i], i < OUT ? values : NULL);
    free(values);
}

void library_open(void)
{
    device_open(&lib.device);
    lib.ready = device_user_event(&lib.device);
    device_must(clSetUserEventStatus(lib.ready, CL_COMPLETE),
                "clSetUserEventStatus");
    strcpy(lib.folder, "/tmp/clrelu-sweep-XXXXXX");
    strcpy(lib.cache, "/tmp/clrelu-cache-XXXXXX");
    if (!mkdtemp(lib.folder) || !mkdtemp(lib.cache))
        bail("no folder for files");
    snprintf(lib.path, sizeof(lib.path), "%s/alpha.npy", lib.folder);
    make_arrays();
    use_cache(false);
}

void library_close(void)
{
    for (int i = 0; i < ARRAYS; i++)
        array_free(&lib.arrays[i]);
    clReleaseEvent(lib.ready);
    device_close(&lib.device);
    unlink(lib.path);
    sweep_empty(lib.cache);
    ok(rmdir(lib.cache) == 0 && rmdir(lib.folder) == 0,
       "no other file is left");
}

/* ------------------------------------------------------------- the state -- */

void reset(const struct scenario *s)
{
    (void)s;
    lib.answer = 0;
    for (int i = OUT; i < ARRAYS; i++)
        array_reset(&lib.device, &lib.arrays[i]);
}

uint64_t state(const struct scenario *s)
{
    uint64_t hash = sweep_hash_folder(1 + lib.answer, lib.folder);
    float values[ALPHAS];

    (void)s;
    for (int i = OUT; i < ARRAYS; i++) {
        array_fetch(&lib.device, &lib.arrays[i]);
        hash = sweep_hash(hash, lib.arrays[i].got,
                          (2 + lib.arrays[i].n + GUARD) * sizeof(float));
    }
    if (!lib.layer)
        return hash;
    const clrelu_buffer parts[] = {clrelu_prelu_layer_alpha_buffer(lib.layer),
                                   clrelu_prelu_layer_dalpha_buffer(lib.layer)};
    for (int i = 0; i < 2; i++) {
        device_read(&lib.device, parts[i].mem, 0, sizeof(values), values);
        hash = sweep_hash(hash, values, sizeof(values));
    }
    return hash;
}

clrelu_status answer(clrelu_status status, const void *bytes, size_t size)
{
    lib.answer = status ? 0 : sweep_hash(2, bytes, size);
    return status;
}

/* -------------------------------------------------------------- the runs -- */

static int clblast_code(void)
{
    const char *at = strstr(clrelu_error(), "code ");
    int code = 0;

    return at && sscanf(at, "code %d", &code) == 1 ? code : 0;
}

static bool status_fits(clrelu_status status, enum fault_kind kind, int code)
{
    /* A device that cannot be asked is none. */
    if (status == CLRELU_NO_DEVICE)
        return kind == FAULT_OPENCL;
    /* CLBlast asks, and takes no answer for a bad argument. */
    if (status == CLRELU_CLBLAST_ERROR)
        return kind == FAULT_OPENCL &&
               (clblast_code() != code || code == CL_INVALID_OPERATION ||
                code == -9999);
    if (kind == FAULT_FILE)
        return status == CLRELU_FILE_ERROR &&
               (strstr(clrelu_error(), lib.path) ||
                strstr(clrelu_error(), lib.cache));
    if (kind == FAULT_MEMORY)
        return status == CLRELU_OUT_OF_MEMORY;
    switch (code) {
    case CL_OUT_OF_HOST_MEMORY:
        return status == CLRELU_OUT_OF_MEMORY;
    case CL_OUT_OF_RESOURCES:
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
        return status == CLRELU_OUT_OF_MEMORY || status == CLRELU_BUILD_FAILED;
    case CL_DEVICE_NOT_AVAILABLE:
        return status == CLRELU_DEVICE_LOST;
    default:
        return status != CLRELU_OK;
    }
}

struct outcome run(const struct scenario *s, enum fault_kind kind, int code)
{
    call *const *make = s->data;
    cl_event event = NULL;
    struct device d = lib.device;

    clrelu_forward(NULL, &(clrelu_exec){.queue = NULL},
                   &(clrelu_elementwise){.op = CLRELU_ELU,
                                         .dtype = CLRELU_FLOAT32,
                                         .scalar = 1.0,
                                         .x = on(X),
                                         .y = on(X)});
    d.exec = (clrelu_exec){.queue = lib.device.queue,
                           .wait_count = 1,
                           .wait_list = &lib.ready,
                           .event = &event};
    if (lib.other)
        d.context = lib.other;
    const clrelu_status status = (*make)(&d);

    if (!status && event)
        clReleaseEvent(event);
    return (struct outcome){status == CLRELU_OK,
                            status_fits(status, kind, code),
                            status ? clrelu_error() : ""};
}

void must(const struct scenario *s, clrelu_status status)
{
    if (status)
        bail("%s: %s", s->name, clrelu_error());
}

/* -------------------------------------------------- contexts and folders -- */

void open_other(const struct scenario *s)
{
    const clrelu_context_params params = {.queue = lib.device.queue};

    reset(s);
    must(s, clrelu_context_create(&params, &lib.other));
}

void close_other(const struct scenario *s)
{
    (void)s;
    clrelu_context_destroy(&lib.other);
}

void use_cache(bool on)
{
    setenv("CLRELU_CACHE_DIR", lib.cache, 1);
    setenv("CLRELU_CACHE", on ? "1" : "0", 1);
}
