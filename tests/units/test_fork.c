/* test_fork.c - processes forked from one that has used OpenCL, or has not
 * SPDX-License-Identifier: MIT
 *
 * What a process has used it has used for good: each case is a process of its
 * own, which forks. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "core/build.h"
#include "functions.h"
#include "process.h"
#include "tap.h"

static const char *library;

/* ----------------------------------------------- what the children do -- */

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

static bool uses_it_first(void *unused)
{
    struct device d;

    (void)unused;
    device_open(&d);
    const bool good = array_computes(&d, CLRELU_LEAKY_RELU);
    device_close(&d);
    return good;
}

static bool starts_nothing(void *unused)
{
    clrelu_context *context;
    size_t count = 77;
    bool good = REFUSED(clrelu_device_list(NULL, 0, NULL, &count));

    (void)unused;
    good &= REFUSED(clrelu_context_create(NULL, &context));
    return good && count == 0 && !context;
}

/* A library without CLBlast says so first. */
static bool runs_nothing(const struct function_call *f,
                         const struct arguments *a)
{
    const clrelu_status status = f->run(a);

    if (status == CLRELU_UNSUPPORTED && f->takes & TAKES(DENSE))
        return true;
    return refused(status, f->name);
}

static bool has_context(const struct function_call *f)
{
    return strcmp(f->name, "clrelu_prelu_alpha_dims") != 0 &&
           strcmp(f->name, "clrelu_prelu_workspace") != 0 &&
           strcmp(f->name, "clrelu_chain_workspace") != 0;
}

/* The parent's context and layer. */
static bool inherits_nothing(void *data)
{
    struct arguments *a = data;
    clrelu_context *c = a->context;
    clrelu_kernel_check check;
    cl_program header;
    size_t count;
    bool good = !clrelu_prelu_layer_alpha_dims(a->layer, NULL, NULL, &count);

    for (size_t i = 0; i < FUNCTION_CALLS; i++)
        if (has_context(&function_calls[i]))
            good &= runs_nothing(&function_calls[i], a);
    good &= REFUSED(clrelu_header_program(c, &header));
    good &= REFUSED(
        clrelu_check_kernel(c, CLRELU_ELU, CLRELU_FLOAT32, NULL, &check));
    good &= REFUSED(clrelu_precompile(c, CLRELU_ELU, CLRELU_FLOAT32));
    good &= REFUSED(clrelu_save_programs(c, "/dev/null/x"));
    good &= REFUSED(
        clrelu_export_programs(c, CLRELU_ELU, CLRELU_FLOAT32, "/dev/null/x"));
    good &= REFUSED(clrelu_tune(c, NULL, NULL));
    clrelu_prelu_layer_destroy(&a->layer);
    clrelu_context_destroy(&a->context);
    return good && !a->layer && !a->context;
}

static bool does_nothing(void *unused)
{
    (void)unused;
    return true;
}

/* ------------------------------------------------------ the processes -- */

static bool after_loading(void)
{
    return clrelu_version() && process_fork(uses_it_first, NULL) &&
           uses_it_first(NULL);
}

static bool after_listing(void)
{
    size_t count;

    must_succeed(clrelu_device_list(NULL, 0, NULL, &count));
    return process_fork(starts_nothing, NULL) && uses_it_first(NULL);
}

/* The library itself finds no device and makes no cl_context. */
static bool after_adopting(void)
{
    cl_device_id device = device_first();
    clrelu_context *context;
    cl_int error;
    cl_context cl = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

    device_must(error, "clCreateContext");
    const clrelu_context_params params = {.context = cl};
    must_succeed(clrelu_context_create(&params, &context));
    const bool good = process_fork(starts_nothing, NULL);
    clrelu_context_destroy(&context);
    clReleaseContext(cl);
    return good;
}

static bool after_use(void)
{
    struct device d;

    device_open(&d);
    const bool good = array_computes(&d, CLRELU_LEAKY_RELU) &&
                      process_fork(starts_nothing, NULL) &&
                      array_computes(&d, CLRELU_LEAKY_RELU);
    device_close(&d);
    return good;
}

/* Forks as if another thread were compiling. */
static bool with_objects(void)
{
    struct arguments a;
    struct device d;

    device_open(&d);
    arguments_open(&a, &d);
    arguments_open_layer(&a);
    clrelu_build_lock();
    bool good = process_fork(inherits_nothing, &a);
    clrelu_build_unlock();
    good = good && array_computes(&d, CLRELU_LEAKY_RELU);
    arguments_close(&a);
    device_close(&d);
    return good;
}

static bool after_destroying(void)
{
    return uses_it_first(NULL) && process_fork(starts_nothing, NULL);
}

/* What fork would call is no longer there. */
static bool after_unloading(void)
{
    clrelu_status (*list)(const char *, size_t, clrelu_device *, size_t *);
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    size_t count;

    if (!handle)
        bail("%s", dlerror());
    *(void **)(void *)&list = dlsym(handle, "clrelu_device_list");
    if (!list || list(NULL, 0, NULL, &count) || dlclose(handle))
        bail("%s cannot be used", library);
    return process_fork(does_nothing, NULL);
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
    const char *const words[] = {self, library, number, NULL};

    snprintf(number, sizeof(number), "%zu", i);
    return process_end(process_start(words));
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
