/* test_sweep.c - every function of the library, with every call failing once
 * SPDX-License-Identifier: MIT
 *
 * Arguments: the layer, and "all" for every code instead of the commonest. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "launch.h"
#include "reference.h"
#include "sweep.h"
#include "tap.h"

enum { N = 96, ALPHAS = 8, BATCH = 12, BLOCKS_N = 40000, BATCH_BLOCKS = 5000 };

/* Arrays of all scenarios; those from OUT on are outputs. */
enum { X, DY, ALPHA, LONG_X, LONG_DY, OUT, DALPHA, LONG_OUT, ARRAYS };

static struct device device;
static struct array arrays[ARRAYS];
static clrelu_prelu_layer *layer;
static clrelu_context *other;
static char folder[64], path[128];
static char cache[64]; /* a folder of compiled programs                       */
static cl_event ready;

static clrelu_buffer on(int i)
{
    return array_buffer(&arrays[i]);
}

static void make_arrays(void)
{
    static const size_t sizes[ARRAYS] = {N,        N, ALPHAS, BLOCKS_N,
                                         BLOCKS_N, N, ALPHAS, BLOCKS_N};
    float *values = calloc(BLOCKS_N, sizeof(*values));

    if (!values)
        bail("no memory for values");
    for (size_t i = 0; i < BLOCKS_N; i++)
        values[i] = (float)(i % 23) - 11.25f;
    for (int i = 0; i < ARRAYS; i++)
        arrays[i] = array_make(&device, 2, sizes[i], i < OUT ? values : NULL);
    free(values);
}

static void reset(const struct scenario *s)
{
    (void)s;
    for (int i = OUT; i < ARRAYS; i++)
        array_reset(&device, &arrays[i]);
}

static uint64_t state(const struct scenario *s)
{
    uint64_t hash = sweep_hash_folder(1, folder);
    float values[ALPHAS];

    (void)s;
    for (int i = OUT; i < ARRAYS; i++) {
        array_fetch(&device, &arrays[i]);
        hash = sweep_hash(hash, arrays[i].got,
                          (2 + arrays[i].n + GUARD) * sizeof(float));
    }
    if (!layer)
        return hash;
    const clrelu_buffer parts[] = {clrelu_prelu_layer_alpha(layer),
                                   clrelu_prelu_layer_dalpha(layer)};
    for (int i = 0; i < 2; i++) {
        device_must(clEnqueueReadBuffer(device.queue, parts[i].mem, CL_TRUE, 0,
                                        sizeof(values), values, 0, NULL, NULL),
                    "clEnqueueReadBuffer");
        hash = sweep_hash(hash, values, sizeof(values));
    }
    return hash;
}

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
               (strstr(clrelu_error(), path) || strstr(clrelu_error(), cache));
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

typedef clrelu_status call(clrelu_context *context, cl_event *event);

/* The call waits for an event and makes one, which must not leak. */
static struct outcome run(const struct scenario *s, enum fault_kind kind,
                          int code)
{
    call *const *make = s->data;
    cl_event event = NULL;
    clrelu_forward(NULL, NULL, CLRELU_ELU, CLRELU_FLOAT32, 1.0, 0, on(X), on(X),
                   0, NULL, NULL);
    const clrelu_status status =
        (*make)(other ? other : device.context, &event);

    if (!status && event)
        clReleaseEvent(event);
    return (struct outcome){status == CLRELU_OK,
                            status_fits(status, kind, code),
                            status ? clrelu_error() : ""};
}

/* ---------------------------------------------------------- the calls -- */

static const size_t dims[] = {BATCH, ALPHAS},
                    long_dims[] = {BATCH_BLOCKS, ALPHAS}, alpha_dims[] = {4, 2};

static clrelu_status forward(clrelu_context *context, cl_event *event)
{
    return clrelu_forward(context, device.queue, CLRELU_ELU, CLRELU_FLOAT32,
                          1.0, N, on(X), on(OUT), 1, &ready, event);
}

static clrelu_status forward_nothing(clrelu_context *context, cl_event *event)
{
    return clrelu_forward(context, device.queue, CLRELU_ELU, CLRELU_FLOAT32,
                          1.0, 0, on(X), on(OUT), 1, &ready, event);
}

static clrelu_status backward(clrelu_context *context, cl_event *event)
{
    return clrelu_backward(context, device.queue, CLRELU_LEAKY_RELU,
                           CLRELU_FLOAT32, 0.3, CLRELU_ACCUMULATE_DX, N, on(X),
                           on(DY), on(OUT), 1, &ready, event);
}

static clrelu_status prelu_forward(clrelu_context *context, cl_event *event)
{
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);

    return clrelu_prelu_forward(context, device.queue, CLRELU_FLOAT32, &shape,
                                on(X), on(ALPHA), on(OUT), 1, &ready, event);
}

/* With a workspace of its own, and a second kernel. */
static clrelu_status prelu_backward(clrelu_context *context, cl_event *event)
{
    const clrelu_shape shape = reference_shape(2, long_dims, 0, NULL);

    return clrelu_prelu_backward(context, device.queue, CLRELU_FLOAT32, &shape,
                                 0, on(LONG_X), on(ALPHA), on(LONG_DY),
                                 on(LONG_OUT), on(DALPHA),
                                 (clrelu_buffer){NULL, 0}, 1, &ready, event);
}

static clrelu_status prelu_empty(clrelu_context *context, cl_event *event)
{
    const size_t none[] = {0, ALPHAS};
    const clrelu_shape shape = reference_shape(2, none, 0, NULL);

    return clrelu_prelu_backward(context, device.queue, CLRELU_FLOAT32, &shape,
                                 0, on(X), on(ALPHA), on(DY), on(OUT),
                                 on(DALPHA), (clrelu_buffer){NULL, 0}, 1,
                                 &ready, event);
}

static clrelu_status initialize(clrelu_context *context, cl_event *event)
{
    return clrelu_initialize(context, device.queue, CLRELU_FLOAT32, "he_normal",
                             3, 2, alpha_dims, on(DALPHA), 1, &ready, event);
}

static clrelu_status orthogonal(clrelu_context *context, cl_event *event)
{
    return clrelu_initialize(context, device.queue, CLRELU_FLOAT32,
                             "orthogonal", 3, 2, alpha_dims, on(DALPHA), 1,
                             &ready, event);
}

static clrelu_status regularize(clrelu_context *context, cl_event *event)
{
    return clrelu_regularize(context, device.queue, CLRELU_FLOAT32, "l1_l2", N,
                             on(X), on(DALPHA), on(OUT), 1, &ready, event);
}

static clrelu_status constrain(clrelu_context *context, cl_event *event)
{
    return clrelu_constrain(context, device.queue, CLRELU_FLOAT32,
                            "max_norm(2)", 2, alpha_dims, on(DALPHA), 1, &ready,
                            event);
}

static clrelu_status descend(clrelu_context *context, cl_event *event)
{
    return clrelu_descend(context, device.queue, CLRELU_FLOAT32, 0.1, 0.9,
                          ALPHAS, on(DALPHA), on(OUT), on(LONG_OUT), 1, &ready,
                          event);
}

static clrelu_status dense_forward(clrelu_context *context, cl_event *event)
{
    const clrelu_dense dense = {
        .rows = 4, .inputs = 6, .outputs = 8, .op = CLRELU_PRELU, .alphas = 8};

    return clrelu_dense_forward(context, device.queue, CLRELU_FLOAT32, &dense,
                                on(LONG_X), on(X), on(DY), on(ALPHA), on(OUT),
                                on(LONG_OUT), 1, &ready, event);
}

static clrelu_status dense_backward(clrelu_context *context, cl_event *event)
{
    const clrelu_dense dense = {
        .rows = 4, .inputs = 6, .outputs = 8, .op = CLRELU_PRELU, .alphas = 8};
    const clrelu_buffer out = on(LONG_OUT);
    const clrelu_buffer dx = {out.mem, out.offset + 100},
                        dw = {out.mem, out.offset + 200},
                        db = {out.mem, out.offset + 300};

    return clrelu_dense_backward(context, device.queue, CLRELU_FLOAT32, &dense,
                                 0, on(LONG_X), on(X), on(ALPHA), on(LONG_DY),
                                 on(DY), on(OUT), dx, dw, db, on(DALPHA), 1,
                                 &ready, event);
}

static clrelu_status explain(clrelu_context *context, cl_event *event)
{
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    clrelu_explanation e;

    (void)event;
    return clrelu_explain(context, CLRELU_PRELU, CLRELU_FLOAT32, 1, 0, &shape,
                          &e);
}

static clrelu_status create_default(clrelu_context *context, cl_event *event)
{
    clrelu_context *made;
    const clrelu_status status = clrelu_context_create(NULL, &made);

    (void)context, (void)event;
    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status create_on_queue(clrelu_context *context, cl_event *event)
{
    const clrelu_context_params params = {.queue = device.queue};
    clrelu_context *made;
    const clrelu_status status = clrelu_context_create(&params, &made);

    (void)context, (void)event;
    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status create_on_context(clrelu_context *context, cl_event *event)
{
    const clrelu_context_params params = {.context = device.cl,
                                          .device = device.id};
    clrelu_context *made;
    const clrelu_status status = clrelu_context_create(&params, &made);

    (void)context, (void)event;
    clrelu_context_destroy(&made);
    return status;
}

static clrelu_status list_devices(clrelu_context *context, cl_event *event)
{
    clrelu_device list[4];
    size_t count;

    (void)context, (void)event;
    return clrelu_device_list("any", 4, list, &count);
}

/* --------------------------------------------------------- the layer's -- */

static const char config[] =
    "PReLU(input_shape=[0,8],alpha_initializer=he_normal,"
    "alpha_regularizer=l1_l2,alpha_constraint=max_norm(1),seed=4)";

static clrelu_status create_layer(clrelu_context *context, cl_event *event)
{
    clrelu_prelu_layer *made;
    const clrelu_status status = clrelu_prelu_layer_create_from_config(
        context, device.queue, config, event, &made);

    clrelu_prelu_layer_destroy(&made);
    return status;
}

static clrelu_status layer_forward(clrelu_context *context, cl_event *event)
{
    (void)context;
    return clrelu_prelu_layer_forward(layer, device.queue, CLRELU_FLOAT32, 2,
                                      dims, on(X), on(OUT), 1, &ready, event);
}

static clrelu_status layer_backward(clrelu_context *context, cl_event *event)
{
    (void)context;
    return clrelu_prelu_layer_backward(
        layer, device.queue, CLRELU_FLOAT32, 2, long_dims, on(LONG_X),
        on(LONG_DY), on(LONG_OUT), (clrelu_buffer){NULL, 0}, 1, &ready, event);
}

static clrelu_status layer_penalty(clrelu_context *context, cl_event *event)
{
    (void)context;
    return clrelu_prelu_layer_penalty(layer, device.queue, on(OUT), 1, &ready,
                                      event);
}

static clrelu_status layer_update(clrelu_context *context, cl_event *event)
{
    (void)context;
    return clrelu_prelu_layer_update(layer, device.queue, 0.1, 0.9, 1, &ready,
                                     event);
}

static const float values[ALPHAS] = {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f};

static clrelu_status layer_set(clrelu_context *context, cl_event *event)
{
    (void)context;
    return clrelu_prelu_layer_set_alpha(layer, device.queue, ALPHAS, values, 1,
                                        &ready, event);
}

static clrelu_status layer_get(clrelu_context *context, cl_event *event)
{
    float got[ALPHAS];

    (void)context, (void)event;
    return clrelu_prelu_layer_get_alpha(layer, device.queue, ALPHAS, got, 1,
                                        &ready);
}

static clrelu_status layer_save(clrelu_context *context, cl_event *event)
{
    (void)context, (void)event;
    return clrelu_prelu_layer_save(layer, device.queue, path, 1, &ready);
}

static clrelu_status layer_load(clrelu_context *context, cl_event *event)
{
    (void)context;
    return clrelu_prelu_layer_load(layer, device.queue, path, 1, &ready, event);
}

static void open_layer(const struct scenario *s)
{
    reset(s);
    if (clrelu_prelu_layer_create_from_config(device.context, device.queue,
                                              config, NULL, &layer))
        bail("%s: %s", s->name, clrelu_error());
}

static void close_layer(const struct scenario *s)
{
    (void)s;
    clrelu_prelu_layer_destroy(&layer);
}

/* An older file, that must be there as long as the new one is not. */
static void open_to_save(const struct scenario *s)
{
    FILE *file = fopen(path, "wb");

    if (!file || fputs("older", file) < 0 || fclose(file))
        bail("%s cannot be written", path);
    open_layer(s);
}

static void open_to_load(const struct scenario *s)
{
    open_layer(s);
    if (clrelu_prelu_layer_set_alpha(layer, device.queue, ALPHAS, values, 0,
                                     NULL, NULL) ||
        clrelu_prelu_layer_save(layer, device.queue, path, 0, NULL))
        bail("%s: %s", s->name, clrelu_error());
    close_layer(s);
    open_layer(s);
}

/* A launch of more than 2^31 work-items, none of which runs. */
static clrelu_status launch_in_parts(clrelu_context *context, cl_event *event)
{
    const clrelu_call one = {context, device.queue, 1, &ready, event};
    const clrelu_program_key key = {.op = CLRELU_LEAKY_RELU,
                                    .dtype = CLRELU_FLOAT32};
    clrelu_launch l = {NULL, UINT64_C(1) << 32, 1, 3};
    clrelu_status status =
        clrelu_kernel_borrow(context, &key, CLRELU_KERNEL_FORWARD, &l.lent);

    fault_swallow(true);
    if (!status)
        status = clrelu_enqueue(&one, &l, 1);
    fault_swallow(false);
    clrelu_kernel_return(context, l.lent);
    return status;
}

static clrelu_status forward_leaky(void)
{
    return clrelu_forward(device.context, device.queue, CLRELU_LEAKY_RELU,
                          CLRELU_FLOAT32, 0.5, N, on(X), on(OUT), 0, NULL,
                          NULL);
}

/* Sets the kernel's arguments. */
static void open_parts(const struct scenario *s)
{
    if (forward_leaky())
        bail("%s: %s", s->name, clrelu_error());
    reset(s);
}

/* The same kernel again must begin at the beginning. */
static void close_parts(const struct scenario *s)
{
    if (forward_leaky())
        bail("%s: %s", s->name, clrelu_error());
    const float *y = array_fetch(&device, &arrays[OUT]);
    const float *x = arrays[X].sent + arrays[X].offset;
    for (size_t i = 0; i < N; i++)
        if (y[i] != (x[i] < 0 ? x[i] / 2 : x[i]))
            bail("%s: the next call is wrong", s->name);
}

/* A context that has compiled nothing yet. */
static void open_other(const struct scenario *s)
{
    const clrelu_context_params params = {.queue = device.queue};

    reset(s);
    if (clrelu_context_create(&params, &other))
        bail("%s: %s", s->name, clrelu_error());
}

static void close_other(const struct scenario *s)
{
    (void)s;
    clrelu_context_destroy(&other);
}

/* Programs kept on disk: in a folder that has them, and in one that is new. */
static void open_cached(const struct scenario *s)
{
    setenv("CLRELU_CACHE_DIR", cache, 1);
    setenv("CLRELU_CACHE", "1", 1);
    open_other(s);
}

static void empty_cache(void)
{
    char name[512];
    DIR *list = opendir(cache);

    for (struct dirent *entry; list && (entry = readdir(list)) != NULL;) {
        snprintf(name, sizeof(name), "%s/%s", cache, entry->d_name);
        unlink(name);
    }
    if (list)
        closedir(list);
}

static void open_uncached(const struct scenario *s)
{
    empty_cache();
    open_cached(s);
}

static void put_text(const char *in, const char *name, const char *text)
{
    char whole[256];

    snprintf(whole, sizeof(whole), "%s%s", in, name);
    FILE *file = fopen(whole, "wb");
    if (!file || fputs(text, file) < 0 || fclose(file))
        bail("%s cannot be written", whole);
}

static void open_pack(const struct scenario *s)
{
    reset(s);
    empty_cache();
    put_text(cache, "/manifest",
             "device: none\n\nprogram: a\nkey\n\nprogram: b\nkey\n\n");
    put_text(cache, "/a.bin", "first");
    put_text(cache, "/b.bin", "second");
    put_text(path, "", "older");
}

static clrelu_status pack(clrelu_context *context, cl_event *event)
{
    (void)context, (void)event;
    return clrelu_pack_programs(cache, path);
}

static void close_cached(const struct scenario *s)
{
    close_other(s);
    setenv("CLRELU_CACHE", "0", 1);
}

#define BUILD " compiler "
#define FINDING " clGetDeviceInfo clGetPlatformInfo clGetDeviceIDs calloc "
#define FUNCTION(f) \
    .run = run, .state = state, .data = &(call *const) \
    { \
        f \
    }

#define DENSE(f) \
    WARM(f), .absorbs = " clGetCommandQueueInfo ", .tells = " CLBlastSgemm ", \
             .tears = true
#define WARM(f) .before = reset, FUNCTION(f)
#define COLD(f) .before = open_other, .after = close_other, FUNCTION(f)

/* A cache that fails is none. */
#define CACHED \
    .after = close_cached, FUNCTION(forward), .tells = BUILD, \
    .absorbs = " open openat fstat read write pread pwrite fsync renameat " \
               "close mkdir mkstemp fdopendir malloc calloc realloc strdup " \
               "clCreateProgramWithBinary clGetProgramInfo clGetDeviceInfo " \
               "clBuildProgram clCreateKernelsInProgram clGetContextInfo " \
               "clGetPlatformInfo clCreateKernel clGetProgramBuildInfo "
#define LAYER(f) .before = open_layer, .after = close_layer, FUNCTION(f)

static const struct scenario *const scenarios[] = {
    &(struct scenario){"clrelu_device_list", WARM(list_devices),
                       .absorbs = " clGetPlatformIDs" FINDING},
    &(struct scenario){"clrelu_context_create", WARM(create_default),
                       .absorbs = FINDING, .tells = " OpenCL "},
    &(struct scenario){
        "clrelu_context_create, a queue",
        WARM(create_on_queue),
        .absorbs = FINDING,
    },
    &(struct scenario){
        "clrelu_context_create, a context",
        WARM(create_on_context),
        .absorbs = FINDING,
    },
    &(struct scenario){"clrelu_forward", WARM(forward)},
    &(struct scenario){"clrelu_forward, nothing", WARM(forward_nothing)},
    &(struct scenario){"clrelu_forward, compiled", COLD(forward),
                       .tells = BUILD},
    &(struct scenario){"clrelu_enqueue, in parts", .before = open_parts,
                       .after = close_parts, FUNCTION(launch_in_parts)},
    &(struct scenario){"clrelu_forward, from the cache", .before = open_cached,
                       CACHED},
    &(struct scenario){"clrelu_forward, into the cache",
                       .before = open_uncached, CACHED},
    &(struct scenario){"clrelu_pack_programs", .before = open_pack,
                       FUNCTION(pack), .absorbs = " fclose "},
    &(struct scenario){"clrelu_backward", WARM(backward)},
    &(struct scenario){"clrelu_prelu_forward", WARM(prelu_forward)},
    &(struct scenario){"clrelu_prelu_backward", WARM(prelu_backward)},
    &(struct scenario){"clrelu_prelu_backward, compiled", COLD(prelu_backward),
                       .tells = BUILD},
    &(struct scenario){"clrelu_prelu_backward, empty", WARM(prelu_empty)},
    &(struct scenario){"clrelu_initialize", WARM(initialize)},
    &(struct scenario){"clrelu_initialize, orthogonal", WARM(orthogonal)},
    &(struct scenario){"clrelu_regularize", WARM(regularize)},
    &(struct scenario){"clrelu_constrain", WARM(constrain)},
    &(struct scenario){"clrelu_descend", WARM(descend)},
    &(struct scenario){"clrelu_dense_forward", DENSE(dense_forward)},
    &(struct scenario){"clrelu_dense_backward", DENSE(dense_backward)},
    &(struct scenario){"clrelu_explain", WARM(explain)},
    &(struct scenario){"clrelu_prelu_layer_create_from_config",
                       WARM(create_layer)},
    &(struct scenario){"clrelu_prelu_layer_forward", LAYER(layer_forward)},
    &(struct scenario){"clrelu_prelu_layer_backward", LAYER(layer_backward)},
    &(struct scenario){"clrelu_prelu_layer_penalty", LAYER(layer_penalty)},
    &(struct scenario){"clrelu_prelu_layer_update", LAYER(layer_update)},
    &(struct scenario){"clrelu_prelu_layer_set_alpha", LAYER(layer_set)},
    &(struct scenario){"clrelu_prelu_layer_get_alpha", LAYER(layer_get)},
    &(struct scenario){"clrelu_prelu_layer_save", .before = open_to_save,
                       .after = close_layer, FUNCTION(layer_save)},
    &(struct scenario){"clrelu_prelu_layer_load", .before = open_to_load,
                       .after = close_layer, FUNCTION(layer_load),
                       .absorbs = " fclose "},
};

int main(int argc, char **argv)
{
    const bool all = argc > 2 && strcmp(argv[2], "all") == 0;
    const char *only = argc > 2 && !all ? argv[2] : "";
    const struct sweep_how how = {all, 1};
    long injected = 0;
    cl_int error;

    if (argc < 2)
        bail("usage: test_sweep LAYER [all|NAME]");
    fault_open(argv[1]);
    device_open(&device);
    ready = clCreateUserEvent(device.cl, &error);
    device_must(error, "clCreateUserEvent");
    device_must(clSetUserEventStatus(ready, CL_COMPLETE),
                "clSetUserEventStatus");
    strcpy(folder, "/tmp/clrelu-sweep-XXXXXX");
    if (!mkdtemp(folder))
        bail("no folder for files");
    snprintf(path, sizeof(path), "%s/alpha.npy", folder);
    make_arrays();
    strcpy(cache, "/tmp/clrelu-cache-XXXXXX");
    if (!mkdtemp(cache))
        bail("no folder for a cache");
    setenv("CLRELU_CACHE", "0", 1);
    for (size_t i = 0; i < COUNT_OF(scenarios); i++)
        if (strstr(scenarios[i]->name, only))
            injected += sweep(scenarios[i], how);
    diag("%ld failures in all", injected);
    for (int i = 0; i < ARRAYS; i++)
        array_free(&arrays[i]);
    clReleaseEvent(ready);
    device_close(&device);
    unlink(path);
    empty_cache();
    rmdir(cache);
    ok(rmdir(folder) == 0, "no other file is left");
    return done_testing();
}
