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
        clCreateCommandQueue(clrelu_context_cl(u->context),
                             clrelu_context_device(u->context), 0, &error);
    device_must(error, "clCreateCommandQueue");
    u->x.mem =
        clCreateBuffer(clrelu_context_cl(u->context), CL_MEM_COPY_HOST_PTR,
                       sizeof(x), (void *)(uintptr_t)x, &error);
    device_must(error, "clCreateBuffer");
    u->y.mem = clCreateBuffer(clrelu_context_cl(u->context), CL_MEM_READ_WRITE,
                              sizeof(x), NULL, &error);
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

    must(clrelu_forward(u->context, u->queue, CLRELU_LEAKY_RELU, CLRELU_FLOAT32,
                        0.5, N, u->x, u->y, 0, NULL, NULL),
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

#define REFUSED(call) refused(call, #call)

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
    static const clrelu_dense dense = {2, 2, 2, CLRELU_ELU, 1, 0};
    const clrelu_dtype type = CLRELU_FLOAT32;
    clrelu_context *c = u->context;
    cl_command_queue q = u->queue;
    const clrelu_buffer x = u->x;
    bool good = REFUSED(
        clrelu_forward(c, q, CLRELU_ELU, type, 1, N, x, x, 0, NULL, NULL));

    good &= REFUSED(clrelu_backward(c, q, CLRELU_ELU, type, 1, 0, N, x, x, x, 0,
                                    NULL, NULL));
    good &= REFUSED(
        clrelu_prelu_forward(c, q, type, &shape, x, x, x, 0, NULL, NULL));
    good &= REFUSED(clrelu_prelu_backward(c, q, type, &shape, 0, x, x, x, x, x,
                                          x, 0, NULL, NULL));
    good &= REFUSED(clrelu_sum_partials(c, q, type, 1, 2, x, x, 0, NULL, NULL));
    good &= REFUSED(
        clrelu_initialize(c, q, type, "ones", 1, 2, dims, x, 0, NULL, NULL));
    good &= REFUSED(
        clrelu_regularize(c, q, type, "l1", 2, dims, x, x, x, 0, NULL, NULL));
    good &= REFUSED(
        clrelu_constrain(c, q, type, "non_neg", 2, dims, x, 0, NULL, NULL));
    good &=
        REFUSED(clrelu_descend(c, q, type, 1, 0, N, x, x, x, 0, NULL, NULL));
    const clrelu_status status = clrelu_dense_forward(
        c, q, type, &dense, x, x, x, x, x, x, 0, NULL, NULL);
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
    cl_command_queue q = u->queue;
    const clrelu_buffer x = u->x;
    float values[2] = {0};
    size_t count;
    bool good =
        REFUSED(clrelu_prelu_layer_create(u->context, q, &params, NULL, &made));

    good &= REFUSED(clrelu_prelu_layer_create_from_config(
        u->context, q, "PReLU(input_shape=[0,2])", NULL, &made));
    good &= REFUSED(
        clrelu_prelu_layer_forward(l, q, type, 2, dims, x, x, 0, NULL, NULL));
    good &= REFUSED(clrelu_prelu_layer_backward(l, q, type, 2, dims, x, x, x, x,
                                                0, NULL, NULL));
    good &= REFUSED(clrelu_prelu_layer_penalty(l, q, x, 0, NULL, NULL));
    good &= REFUSED(clrelu_prelu_layer_update(l, q, 1, 0, 0, NULL, NULL));
    good &=
        REFUSED(clrelu_prelu_layer_set_alpha(l, q, 2, values, 0, NULL, NULL));
    good &= REFUSED(clrelu_prelu_layer_get_alpha(l, q, 2, values, 0, NULL));
    good &= REFUSED(clrelu_prelu_layer_save(l, q, "/dev/null/x", 0, NULL));
    good &=
        REFUSED(clrelu_prelu_layer_load(l, q, "/dev/null/x", 0, NULL, NULL));
    return good && !clrelu_prelu_layer_alpha_dims(l, NULL, NULL, &count) &&
           count == 2;
}

/* Calls without a queue, and the end of both objects. */
static bool inherits_nothing(struct used *u)
{
    clrelu_arithmetic arithmetic;
    clrelu_explanation explanation;
    bool good = runs_nothing(u) && layer_does_nothing(u);

    good &= REFUSED(clrelu_context_arithmetic(u->context, &arithmetic));
    good &= REFUSED(clrelu_warm(u->context, CLRELU_ELU, CLRELU_FLOAT32));
    good &= REFUSED(clrelu_save_programs(u->context, "/dev/null/x"));
    good &= REFUSED(clrelu_export_programs(u->context, CLRELU_ELU,
                                           CLRELU_FLOAT32, "/dev/null/x"));
    good &= REFUSED(clrelu_tune(u->context, NULL, NULL));
    good &= REFUSED(clrelu_explain(u->context, CLRELU_ELU, CLRELU_FLOAT32, 0, N,
                                   NULL, &explanation));
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
    must(clrelu_prelu_layer_create(u.context, u.queue, &params, NULL, &u.layer),
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
