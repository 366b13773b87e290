/* test_context.c - contexts made, adopted and destroyed
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "folder.h"
#include "process.h"
#include "tap.h"
#include "values.h"

/* What a program has before it meets the library. */
struct own {
    cl_context cl;
    cl_device_id device;
    cl_command_queue queue;
};

static cl_command_queue make_queue(cl_context cl, cl_device_id device)
{
    return device_queue(&(struct device){.cl = cl, .id = device}, 0);
}

/* The queue is the last device's. */
static struct own make_own(cl_uint count, const cl_device_id *devices)
{
    struct own own = {.device = devices[count - 1]};
    cl_int error;

    own.cl = clCreateContext(NULL, count, devices, NULL, NULL, &error);
    device_must(error, "clCreateContext");
    own.queue = make_queue(own.cl, own.device);
    return own;
}

static void free_own(struct own *own)
{
    clReleaseCommandQueue(own->queue);
    clReleaseContext(own->cl);
}

static cl_uint context_references(cl_context cl)
{
    cl_uint count = 0;

    device_must(clGetContextInfo(cl, CL_CONTEXT_REFERENCE_COUNT, sizeof(count),
                                 &count, NULL),
                "clGetContextInfo");
    return count;
}

static cl_uint queue_references(cl_command_queue queue)
{
    cl_uint count = 0;

    device_must(clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT,
                                      sizeof(count), &count, NULL),
                "clGetCommandQueueInfo");
    return count;
}

/* A driver may hold them a little longer than the last command runs. */
static bool given_back(const struct own *own, cl_uint contexts, cl_uint queues)
{
    const struct timespec time = {0, 10 * 1000 * 1000};

    for (int i = 0; i < 6000; i++) {
        if (context_references(own->cl) == contexts &&
            queue_references(own->queue) == queues)
            return true;
        nanosleep(&time, NULL);
    }
    return false;
}

/* elu of n numbers on this context and queue. */
static bool computes(clrelu_context *context, cl_command_queue queue)
{
    enum { N = 500 };
    struct device d = {.context = context,
                       .cl = clrelu_context_cl_context(context)};
    float x[N];

    device_use(&d, queue);
    fill_x(1.0, 1, N, x);
    struct array a = array_make(&d, 0, N, x);
    bool good = !array_forward(&d, CLRELU_ELU, 1.0, &a, &a);
    if (!good)
        diag("%s", clrelu_error());
    const float *y = array_fetch(&d, &a);
    for (size_t i = 0; i < N && good; i++)
        good = check_y(CLRELU_ELU, 1.0, i, x[i], y[i]);
    array_free(&a);
    return good;
}

static void test_adopted(const struct own *own, const char *name,
                         const clrelu_context_params *params)
{
    const cl_uint contexts = context_references(own->cl);
    const cl_uint queues = queue_references(own->queue);
    clrelu_context *context = NULL;
    const clrelu_status status = clrelu_context_create(params, &context);

    if (!ok(status == CLRELU_OK &&
                clrelu_context_cl_context(context) == own->cl &&
                clrelu_context_cl_device(context) == own->device,
            "%s is adopted", name)) {
        diag("%s: %s", clrelu_status_name(status), clrelu_error());
        return;
    }
    ok(context_references(own->cl) > contexts, "%s: the cl_context is retained",
       name);
    ok(computes(context, own->queue), "%s: it computes", name);
    clrelu_context_destroy(&context);
    ok(context == NULL && given_back(own, contexts, queues),
       "%s: all references are given back", name);
}

static void test_adoption(cl_device_id device)
{
    struct own own = make_own(1, &device);
    const struct {
        const char *name;
        clrelu_context_params params;
    } cases[] = {
        {"a queue", {.queue = own.queue}},
        {"a context of one device", {.context = own.cl}},
        {"a context and its device", {.context = own.cl, .device = device}},
        {"all that agree",
         {.context = own.cl, .device = device, .queue = own.queue}},
        {"a queue, whatever the spec",
         {.spec = "no such device", .queue = own.queue}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        test_adopted(&own, cases[i].name, &cases[i].params);
    free_own(&own);
}

/* The adopted context lives as long as it is needed. */
static void test_outlives(cl_device_id device)
{
    struct own own = make_own(1, &device);
    const clrelu_context_params params = {.context = own.cl};
    clrelu_context *context = NULL;

    must_succeed(clrelu_context_create(&params, &context));
    free_own(&own);
    cl_command_queue queue =
        make_queue(clrelu_context_cl_context(context), device);
    ok(computes(context, queue), "an adopted context outlives its owner's");
    clReleaseCommandQueue(queue);
    clrelu_context_destroy(&context);
}

/* PoCL 3 aborted: the cache is written while they run. */
static void test_enqueued(cl_device_id device)
{
    enum { N = 1 << 23, CALLS = 64 };
    struct own own = make_own(1, &device);
    const clrelu_context_params params = {.queue = own.queue};
    struct device d = {.cl = own.cl};
    float *x = must_alloc(N * sizeof(*x));
    size_t good = 0;

    for (size_t i = 0; i < N; i++)
        x[i] = -1.0f;
    process_cache(folder_enter());
    device_use(&d, own.queue);
    must_succeed(clrelu_context_create(&params, &d.context));
    struct array a = array_make(&d, 0, N, x);
    for (int i = 0; i < CALLS; i++)
        must_succeed(array_forward(&d, CLRELU_LEAKY_RELU, 0.5, &a, &a));
    clrelu_context_destroy(&d.context);
    const float *y = array_fetch(&d, &a);
    while (good < N && y[good] == ldexpf(-1.0f, -CALLS))
        good++;
    ok(good == N, "commands of a context that has ended");
    setenv("CLRELU_CACHE", "0", 1);
    folder_leave();
    array_free(&a);
    free(x);
    free_own(&own);
}

static void refused(const char *name, clrelu_context_params params,
                    clrelu_status want, const char *word)
{
    clrelu_context *context = (clrelu_context *)(void *)&want;
    const clrelu_status got = clrelu_context_create(&params, &context);

    if (!ok(got == want && !context && strstr(clrelu_error(), word),
            "refused: %s", name))
        diag("%s: %s", clrelu_status_name(got), clrelu_error());
}

static void test_refusals(cl_device_id device)
{
    struct own own = make_own(1, &device), other = make_own(1, &device);
    char name[128] = "";

    refused("a queue of another context",
            (clrelu_context_params){.context = other.cl, .queue = own.queue},
            CLRELU_INVALID_CONTEXT, "context");
    clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof(name), name, NULL);
    refused("a spec that nothing fits, listing the devices",
            (clrelu_context_params){.spec = "no such device"}, CLRELU_NO_DEVICE,
            name);
    refused("a spec that is none", (clrelu_context_params){.spec = "cpu:x"},
            CLRELU_INVALID_DEVICE, "cpu:x");
    ok(clrelu_context_create(NULL, NULL) == CLRELU_INVALID_NULL &&
           strstr(clrelu_error(), "out"),
       "refused: no out");
    free_own(&own);
    free_own(&other);
}

static void test_two_devices(void)
{
    clrelu_device devices[2];
    size_t count = 0;

    if (clrelu_device_list(NULL, 2, devices, &count) || count < 2 ||
        devices[0].platform != devices[1].platform) {
        skip("no two devices of one platform", "a context of two devices");
        return;
    }
    const cl_device_id ids[] = {devices[0].device, devices[1].device};
    struct own first = make_own(1, ids), both = make_own(2, ids);
    refused("two devices, none named",
            (clrelu_context_params){.context = both.cl}, CLRELU_INVALID_DEVICE,
            "device");
    refused("a device the context lacks",
            (clrelu_context_params){.context = first.cl, .device = ids[1]},
            CLRELU_INVALID_DEVICE, "device");
    refused("a device that is not the queue's",
            (clrelu_context_params){.queue = both.queue, .device = ids[0]},
            CLRELU_INVALID_DEVICE, "device");
    test_adopted(
        &both, "the second of two devices",
        &(clrelu_context_params){.context = both.cl, .device = ids[1]});
    test_adopted(&both, "a queue of the second device",
                 &(clrelu_context_params){.queue = both.queue});
    free_own(&first);
    free_own(&both);
}

static void test_own_context(void)
{
    clrelu_device best;
    size_t count = 0;
    clrelu_context *contexts[3] = {NULL, NULL, NULL};
    const clrelu_context_params zero = {.spec = NULL};
    bool good = true;

    must_succeed(clrelu_device_list(NULL, 1, &best, &count));
    const clrelu_context_params by_device = {.device = best.device};
    const clrelu_context_params *params[] = {NULL, &zero, &by_device};
    for (size_t i = 0; i < 3; i++)
        ok(clrelu_context_create(params[i], &contexts[i]) == CLRELU_OK &&
               clrelu_context_cl_device(contexts[i]) == best.device,
           "a context of its own: %s", i < 2 ? "the best device" : "a device");
    for (size_t i = 0; i < 3; i++) {
        cl_command_queue queue =
            make_queue(clrelu_context_cl_context(contexts[i]), best.device);
        good &= computes(contexts[i], queue);
        clReleaseCommandQueue(queue);
    }
    ok(good, "three contexts at once compute");
    for (size_t i = 0; i < 3; i++)
        clrelu_context_destroy(&contexts[i]);
    clrelu_context_destroy(&contexts[0]);
    clrelu_context_destroy(NULL);
    ok(!contexts[0] && !contexts[2], "destroying nothing is allowed");
}

static void test_environment(void)
{
    clrelu_device devices[2];
    size_t count = 0;
    clrelu_context *context = NULL;
    const clrelu_context_params spec = {.spec = "any"};

    must_succeed(clrelu_device_list(NULL, 2, devices, &count));
    setenv("CLRELU_DEVICE", "no such device", 1);
    refused("a CLRELU_DEVICE that fits nothing",
            (clrelu_context_params){.spec = NULL}, CLRELU_NO_DEVICE,
            "no such device");
    ok(clrelu_context_create(&spec, &context) == CLRELU_OK,
       "a spec comes before CLRELU_DEVICE");
    clrelu_context_destroy(&context);
    setenv("CLRELU_DEVICE", "", 1);
    ok(clrelu_context_create(NULL, &context) == CLRELU_OK &&
           clrelu_context_cl_device(context) == devices[0].device,
       "an empty CLRELU_DEVICE is none");
    clrelu_context_destroy(&context);
    setenv("CLRELU_DEVICE", count > 1 ? "any:1" : "any:0", 1);
    ok(clrelu_context_create(NULL, &context) == CLRELU_OK &&
           clrelu_context_cl_device(context) == devices[count > 1].device,
       "CLRELU_DEVICE picks a device");
    clrelu_context_destroy(&context);
    unsetenv("CLRELU_DEVICE");
}

int main(void)
{
    clrelu_device best;
    size_t count = 0;

    device_need();
    unsetenv("CLRELU_DEVICE");
    if (clrelu_device_list(NULL, 1, &best, &count) || count == 0)
        bail("no devices: %s", clrelu_error());
    allow_subnormal(best.device);
    test_adoption(best.device);
    test_outlives(best.device);
    if (device_named(&(struct device){.id = best.device}, "Oclgrind", ""))
        skip("Oclgrind takes minutes", "commands of a context that has ended");
    else
        test_enqueued(best.device);
    test_refusals(best.device);
    test_two_devices();
    test_own_context();
    test_environment();
    report_subnormal();
    return done_testing();
}
