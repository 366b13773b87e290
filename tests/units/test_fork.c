/* test_fork.c - processes forked from one that has used OpenCL, or has not
 * SPDX-License-Identifier: MIT
 *
 * What a process has used it has used for good: each case is a process of its
 * own, which forks. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/build.h"
#include "device.h"
#include "tap.h"

enum { N = 4, TIMEOUT = 120 };

static const char *library;

struct used {
    clrelu_context *context;
    cl_command_queue queue;
    clrelu_buffer x, y;
    clrelu_prelu_layer *layer;
};

static void must(clrelu_status status, const char *what)
{
    if (status)
        bail("%s: %s", what, clrelu_error());
}

static void open_used(struct used *u)
{
    static const float x[N] = {-2, -1, 0, 3};
    cl_int error;

    must(clrelu_context_create(NULL, &u->context), "clrelu_context_create");
    u->queue =
        clCreateCommandQueue(clrelu_context_cl_context(u->context),
                             clrelu_context_cl_device(u->context), 0, &error);
    device_must(error, "clCreateCommandQueue");
    u->x.mem = clCreateBuffer(clrelu_context_cl_context(u->context),
                              CL_MEM_COPY_HOST_PTR, sizeof(x),
                              (void *)(uintptr_t)x, &error);
    device_must(error, "clCreateBuffer");
    u->y.mem = clCreateBuffer(clrelu_context_cl_context(u->context),
                              CL_MEM_READ_WRITE, sizeof(x), NULL, &error);
    device_must(error, "clCreateBuffer");
}

static void close_used(struct used *u)
{
    clReleaseMemObject(u->x.mem);
    clReleaseMemObject(u->y.mem);
    clReleaseCommandQueue(u->queue);
    clrelu_context_destroy(&u->context);
}

static bool computes(const struct used *u)
{
    float y[N];

    must(clrelu_forward(u->context, &(clrelu_exec){.queue = u->queue},
                        &(clrelu_elementwise){.op = CLRELU_LEAKY_RELU,
                                              .dtype = CLRELU_FLOAT32,
                                              .scalar = 0.5,
                                              .n = N,
                                              .x = u->x,
                                              .y = u->y}),
         "clrelu_forward");
    device_must(clEnqueueReadBuffer(u->queue, u->y.mem, CL_TRUE, 0, sizeof(y),
                                    y, 0, NULL, NULL),
                "clEnqueueReadBuffer");
    return y[0] == -1 && y[1] == -0.5f && y[2] == 0 && y[3] == 3;
}

/* ----------------------------------------------- what the children do -- */

/* Runs in a child, which a signal ends where it hangs. */
static bool in_child(bool (*act)(struct used *u), struct used *u)
{
    int status = -1;

    fflush(stdout);
    const pid_t child = fork();
    if (child < 0)
        bail("fork");
    if (child == 0) {
        alarm(TIMEOUT);
        const bool good = act(u);
        fflush(stdout);
        _exit(!good);
    }
    if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))
        diag("the child was ended by signal %d", WTERMSIG(status));
    return status == 0;
}

static bool refused(clrelu_status status, const char *call)
{
    char parent[32];

    snprintf(parent, sizeof(parent), "(process %ld)", (long)getppid());
    if (status == CLRELU_FORKED && strstr(clrelu_error(), parent))
        return true;
    diag("%.*s: %s, %s", (int)strcspn(call, "("), call,
         clrelu_status_name(status), clrelu_error());
    return false;
}

#define REFUSED(...) refused((__VA_ARGS__), #__VA_ARGS__)

static bool uses_it_first(struct used *u)
{
    open_used(u);
    const bool good = computes(u);
    close_used(u);
    return good;
}

static bool starts_nothing(struct used *u)
{
    size_t count = 77;
    bool good = REFUSED(clrelu_device_list(NULL, 0, NULL, &count));

    good &= REFUSED(clrelu_context_create(NULL, &u->context));
    return good && count == 0 && !u->context;
}

static bool runs_nothing(const struct used *u)
{
    static const size_t dims[] = {2, 2};
    static const clrelu_shape shape = {.rank = 2, .dims = dims};
    const clrelu_dtype type = CLRELU_FLOAT32;
    clrelu_context *c = u->context;
    const clrelu_exec exec = {.queue = u->queue}, *e = &exec;
    const clrelu_buffer x = u->x;
    bool good = REFUSED(clrelu_forward(c, e,
                                       &(clrelu_elementwise){.op = CLRELU_ELU,
                                                             .dtype = type,
                                                             .scalar = 1,
                                                             .n = N,
                                                             .x = x,
                                                             .y = x}));

    good &= REFUSED(clrelu_backward(c, e,
                                    &(clrelu_elementwise){.op = CLRELU_ELU,
                                                          .dtype = type,
                                                          .scalar = 1,
                                                          .n = N,
                                                          .x = x,
                                                          .dy = x,
                                                          .dx = x}));
    good &= REFUSED(clrelu_prelu_forward(
        c, e,
        &(clrelu_prelu){
            .dtype = type, .shape = &shape, .x = x, .alpha = x, .y = x}));
    good &= REFUSED(clrelu_prelu_backward(c, e,
                                          &(clrelu_prelu){.dtype = type,
                                                          .shape = &shape,
                                                          .x = x,
                                                          .alpha = x,
                                                          .dy = x,
                                                          .dx = x,
                                                          .dalpha = x,
                                                          .workspace = x}));
    good &= REFUSED(clrelu_prelu_backward_partial(
        c, e,
        &(clrelu_prelu){
            .dtype = type, .shape = &shape, .x = x, .dy = x, .dalpha = x}));
    good &= REFUSED(clrelu_sum_partials(c, e, type, 1, 2, x, x));
    good &= REFUSED(clrelu_initialize(
        c, e, "ones", 1,
        &(clrelu_parameter){.rank = 2, .dims = dims, .values = x}));
    good &= REFUSED(
        clrelu_penalty(c, e, "l1",
                       &(clrelu_parameter){
                           .rank = 2, .dims = dims, .values = x, .gradient = x},
                       x));
    good &= REFUSED(clrelu_constrain(
        c, e, "non_neg",
        &(clrelu_parameter){.rank = 2, .dims = dims, .values = x}));
    good &=
        REFUSED(clrelu_sgd_step(c, e, 1, 0,
                                &(clrelu_parameter){.rank = 1,
                                                    .dims = (const size_t[]){N},
                                                    .values = x,
                                                    .gradient = x,
                                                    .velocity = x}));
    const clrelu_status status =
        clrelu_dense_forward(c, e,
                             &(clrelu_dense){.op = CLRELU_ELU,
                                             .scalar = 1,
                                             .rows = 2,
                                             .inputs = 2,
                                             .outputs = 2,
                                             .x = x,
                                             .w = x,
                                             .b = x,
                                             .alpha = x,
                                             .z = x,
                                             .y = x});
    /* A library without CLBlast says so first. */
    good &=
        status == CLRELU_UNSUPPORTED || refused(status, "clrelu_dense_forward");
    return good;
}

static bool layer_does_nothing(const struct used *u)
{
    static const size_t dims[] = {2, 2};
    const clrelu_prelu_layer_params params = {.rank = 2, .dims = dims};
    const clrelu_dtype type = CLRELU_FLOAT32;
    clrelu_prelu_layer *l = u->layer, *made;
    const clrelu_exec exec = {.queue = u->queue}, *e = &exec;
    const clrelu_buffer x = u->x;
    float values[2] = {0};
    size_t count;
    bool good =
        REFUSED(clrelu_prelu_layer_create(u->context, e, &params, &made));

    good &= REFUSED(clrelu_prelu_layer_create_from_config(
        u->context, e, "PReLU(input_shape=[0,2])", &made));
    good &= REFUSED(clrelu_prelu_layer_forward(
        l, e,
        &(clrelu_prelu){.dtype = type,
                        .shape = &(clrelu_shape){.rank = 2, .dims = dims},
                        .x = x,
                        .y = x}));
    good &= REFUSED(clrelu_prelu_layer_backward(
        l, e,
        &(clrelu_prelu){.dtype = type,
                        .shape = &(clrelu_shape){.rank = 2, .dims = dims},
                        .x = x,
                        .dy = x,
                        .dx = x,
                        .workspace = x}));
    good &= REFUSED(clrelu_prelu_layer_penalty(l, e, x));
    good &= REFUSED(clrelu_prelu_layer_update(l, e, 1, 0));
    good &= REFUSED(clrelu_prelu_layer_write_alpha(l, e, 2, values));
    good &= REFUSED(clrelu_prelu_layer_read_alpha(l, e, 2, values));
    good &= REFUSED(clrelu_prelu_layer_save(l, e, "/dev/null/x"));
    good &= REFUSED(clrelu_prelu_layer_load(l, e, "/dev/null/x"));
    return good && !clrelu_prelu_layer_alpha_dims(l, NULL, NULL, &count) &&
           count == 2;
}

/* Calls without a queue, and the end of both objects. */
static bool inherits_nothing(struct used *u)
{
    static const size_t dims[] = {2, 2};
    static const clrelu_shape shape = {.rank = 2, .dims = dims};
    clrelu_float_check arithmetic;
    clrelu_explanation explanation;
    clrelu_kernel_check check;
    cl_program header;
    bool good = runs_nothing(u) && layer_does_nothing(u);

    good &= REFUSED(clrelu_context_float_check(u->context, &arithmetic));
    good &= REFUSED(clrelu_header_program(u->context, &header));
    good &= REFUSED(clrelu_check_kernel(u->context, CLRELU_ELU, CLRELU_FLOAT32,
                                        NULL, &check));
    good &= REFUSED(clrelu_precompile(u->context, CLRELU_ELU, CLRELU_FLOAT32));
    good &= REFUSED(clrelu_save_programs(u->context, "/dev/null/x"));
    good &= REFUSED(clrelu_export_programs(u->context, CLRELU_ELU,
                                           CLRELU_FLOAT32, "/dev/null/x"));
    good &= REFUSED(clrelu_tune(u->context, NULL, NULL));
    good &= REFUSED(clrelu_explain_elementwise(
        u->context, CLRELU_FORWARD,
        &(clrelu_elementwise){
            .op = CLRELU_ELU, .dtype = CLRELU_FLOAT32, .scalar = 1, .n = N},
        &explanation));
    good &= REFUSED(clrelu_explain_prelu(
        u->context, CLRELU_FORWARD,
        &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape},
        &explanation));
    good &= REFUSED(clrelu_explain_chain(
        u->context, CLRELU_FORWARD,
        &(clrelu_chain){
            .op = CLRELU_PRELU, .dtype = CLRELU_FLOAT32, .shape = &shape},
        &explanation));
    good &= REFUSED(clrelu_explain_dense(
        u->context, CLRELU_FORWARD,
        &(clrelu_dense){.op = CLRELU_ELU, .rows = 2, .inputs = 2, .outputs = 2},
        &explanation));
    clrelu_prelu_layer_destroy(&u->layer);
    clrelu_context_destroy(&u->context);
    return good && !u->layer && !u->context;
}

static bool does_nothing(struct used *u)
{
    return u != NULL;
}

/* ------------------------------------------------------ the processes -- */

static bool after_loading(void)
{
    struct used u = {0};

    return clrelu_version() && in_child(uses_it_first, &u) && uses_it_first(&u);
}

static bool after_listing(void)
{
    struct used u = {0};
    size_t count;

    must(clrelu_device_list(NULL, 0, NULL, &count), "clrelu_device_list");
    return in_child(starts_nothing, &u) && uses_it_first(&u);
}

static cl_device_id find_device(void)
{
    cl_platform_id platforms[16];
    cl_uint count = 0;
    cl_device_id device;

    device_must(clGetPlatformIDs(16, platforms, &count), "clGetPlatformIDs");
    for (cl_uint i = 0; i < count && i < 16; i++)
        if (!clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &device,
                            NULL) &&
            device_usable(device))
            return device;
    bail("no device");
    return NULL;
}

/* The library itself finds no device and makes no cl_context. */
static bool after_adopting(void)
{
    cl_device_id device = find_device();
    struct used u = {0}, child = {0};
    cl_int error;
    cl_context cl = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

    device_must(error, "clCreateContext");
    const clrelu_context_params params = {.context = cl};
    must(clrelu_context_create(&params, &u.context), "clrelu_context_create");
    const bool good = in_child(starts_nothing, &child);
    clrelu_context_destroy(&u.context);
    clReleaseContext(cl);
    return good;
}

static bool after_use(void)
{
    struct used u = {0}, child = {0};

    open_used(&u);
    const bool good =
        computes(&u) && in_child(starts_nothing, &child) && computes(&u);
    close_used(&u);
    return good;
}

/* Forks as if another thread were compiling. */
static bool with_objects(void)
{
    static const size_t dims[] = {2, 2};
    const clrelu_prelu_layer_params params = {.rank = 2, .dims = dims};
    struct used u = {0};

    open_used(&u);
    must(clrelu_prelu_layer_create(u.context, &(clrelu_exec){.queue = u.queue},
                                   &params, &u.layer),
         "clrelu_prelu_layer_create");
    clrelu_build_lock();
    bool good = in_child(inherits_nothing, &u);
    clrelu_build_unlock();
    good = good && computes(&u);
    clrelu_prelu_layer_destroy(&u.layer);
    close_used(&u);
    return good;
}

static bool after_destroying(void)
{
    struct used u = {0};

    return uses_it_first(&u) && in_child(starts_nothing, &u);
}

/* What fork would call is no longer there. */
static bool after_unloading(void)
{
    clrelu_status (*list)(const char *, size_t, clrelu_device *, size_t *);
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    struct used u = {0};
    size_t count;

    if (!handle)
        bail("%s", dlerror());
    *(void **)(void *)&list = dlsym(handle, "clrelu_device_list");
    if (!list || list(NULL, 0, NULL, &count) || dlclose(handle))
        bail("%s cannot be used", library);
    return in_child(does_nothing, &u);
}

static const struct {
    bool (*run)(void);
    const char *what;
} cases[] = {
    {after_loading, "a library that is only loaded: the child computes"},
    {after_listing, "after clrelu_device_list the child is refused"},
    {after_adopting, "... after a context is adopted"},
    {after_use, "... after use"},
    {after_destroying, "... after use and clrelu_context_destroy"},
    {with_objects, "the parent's context and layer are refused, and freed"},
    {after_unloading, "after the library was unloaded fork works"},
};

static bool run(const char *self, size_t i)
{
    char number[8];
    int status = -1;

    snprintf(number, sizeof(number), "%zu", i);
    const pid_t child = fork();
    if (child < 0)
        bail("fork");
    if (child == 0) {
        execl(self, self, library, number, (char *)NULL);
        _exit(127);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

/* test_fork LIBRARY: all cases.  test_fork LIBRARY NUMBER: one. */
int main(int argc, char **argv)
{
    if (argc < 2)
        bail("needs the shared library");
    library = argv[1];
    if (argc == 3)
        return !cases[strtoul(argv[2], NULL, 10)].run();
    device_need();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ok(run(argv[0], i), "%s", cases[i].what);
    return done_testing();
}
