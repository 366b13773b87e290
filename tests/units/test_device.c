/* test_device.c - the list of devices, and every form of a device spec
 * SPDX-License-Identifier: MIT */
#include "device.h"
#include "process.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"
#include "tap.h"

enum { MAX = 32 };

static clrelu_device all[MAX];
static size_t all_count;

/* Available devices as OpenCL lists them. */
static size_t count_available(void)
{
    cl_platform_id platforms[16];
    cl_uint platform_count = 0;
    size_t available = 0;

    device_must(clGetPlatformIDs(16, platforms, &platform_count),
                "clGetPlatformIDs");
    for (cl_uint i = 0; i < platform_count; i++) {
        cl_device_id devices[MAX];
        cl_uint count = 0;
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, MAX, devices,
                           &count))
            continue;
        for (cl_uint j = 0; j < count; j++) {
            cl_bool yes = CL_FALSE;
            clGetDeviceInfo(devices[j], CL_DEVICE_AVAILABLE, sizeof(yes), &yes,
                            NULL);
            available += yes && device_usable(devices[j]);
        }
    }
    return available;
}

static int rank_of(cl_device_type type)
{
    return type & CL_DEVICE_TYPE_GPU           ? 0
           : type & CL_DEVICE_TYPE_ACCELERATOR ? 1
           : type & CL_DEVICE_TYPE_CPU         ? 2
                                               : 3;
}

static void test_list(void)
{
    clrelu_device few[2];
    bool sorted = true;
    size_t count = 77;

    ok(clrelu_device_list(NULL, MAX, all, &all_count) == CLRELU_OK &&
           all_count == count_available(),
       "all %zu available devices", all_count);
    for (size_t i = 1; i < all_count; i++)
        sorted &= rank_of(all[i - 1].type) <= rank_of(all[i].type);
    ok(sorted, "GPUs before accelerators before CPUs before the rest");
    ok(clrelu_device_list("", 0, NULL, &count) == CLRELU_OK &&
           count == all_count,
       "an empty spec, their number alone");
    memset(few, 77, sizeof(few));
    ok(clrelu_device_list(NULL, 1, few, &count) == CLRELU_OK &&
           count == all_count && few[0].device == all[0].device &&
           memchr(&few[1], 77, 1) == &few[1],
       "no more entries than there is room for");
}

static void test_entry(const clrelu_device *d)
{
    char name[128] = "";
    cl_uint units = 0;
    cl_ulong memory = 0;

    clGetDeviceInfo(d->device, CL_DEVICE_NAME, sizeof(name), name, NULL);
    clGetDeviceInfo(d->device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(units),
                    &units, NULL);
    clGetDeviceInfo(d->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(memory),
                    &memory, NULL);
    ok(strcmp(d->name, name) == 0 && d->compute_units == units &&
           d->max_alloc_bytes == memory && d->memory_bytes >= memory &&
           strncmp(d->version, "OpenCL ", 7) == 0 && d->vendor[0] &&
           d->driver[0] && d->platform_name[0] && d->platform &&
           (d->compiler == 0 || d->compiler == 1),
       "%s: %s, %s", d->name, d->platform_name, d->driver);
}

/* Devices that a spec means: NULL and 0 are any, index counts from 1. */
struct filter {
    const char *platform, *name;
    cl_device_type type;
    size_t index;
};

static bool fits(const clrelu_device *d, const struct filter *f)
{
    return (!f->platform || strcmp(d->platform_name, f->platform) == 0) &&
           (!f->name || strcmp(d->name, f->name) == 0) &&
           (!f->type || d->type & f->type);
}

static void test_spec(const char *spec, const struct filter *filter)
{
    clrelu_device got[MAX];
    size_t count = 0, want = 0, found = 0;
    bool same = clrelu_device_list(spec, MAX, got, &count) == CLRELU_OK;

    for (size_t i = 0; i < all_count; i++)
        if (fits(&all[i], filter) &&
            (filter->index == 0 || ++found == filter->index)) {
            same &= want < count && got[want].device == all[i].device;
            want++;
        }
    ok(same && count == want, "\"%s\": %zu devices, got %zu", spec, want,
       count);
}

/* In capitals, and without the first letter: a part of the name, not a prefix.
 */
static const char *part_of(const char *name, char *part, size_t size)
{
    size_t i = 0;

    for (; name[1] && name[i + 1] && i + 1 < size; i++)
        part[i] = (char)toupper((unsigned char)name[i + 1]);
    part[i] = '\0';
    return part;
}

/* PoCL's own name for itself is a longer one. */
static const char pocl[] = "Portable Computing Language";

static void test_types(void)
{
    static const struct {
        const char *spec;
        struct filter filter;
    } cases[] = {
        {"any", {0}},
        {"cpu", {.type = CL_DEVICE_TYPE_CPU}},
        {"CPU", {.type = CL_DEVICE_TYPE_CPU}},
        {"gpu", {.type = CL_DEVICE_TYPE_GPU}},
        {"accelerator", {.type = CL_DEVICE_TYPE_ACCELERATOR}},
        {"any:0", {.index = 1}},
        {"any:1", {.index = 2}},
        {"any:999", {.index = 1000}},
        {"pocl", {.platform = pocl}},
        {"pocl:cpu", {.platform = pocl, .type = CL_DEVICE_TYPE_CPU}},
        {"no such device", {.name = "no such device"}},
        {"no such platform:cpu", {.platform = "no such platform"}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        test_spec(cases[i].spec, &cases[i].filter);
}

/* Names with a colon in them cannot be given as one word. */
static void test_names(void)
{
    static const struct {
        const char *name;
        cl_device_type type;
    } types[] = {{"gpu", CL_DEVICE_TYPE_GPU},
                 {"accelerator", CL_DEVICE_TYPE_ACCELERATOR},
                 {"cpu", CL_DEVICE_TYPE_CPU},
                 {"any", 0}};
    const int rank = rank_of(all[0].type);
    struct filter filter = {.platform = all[0].platform_name};
    char name[128], spec[192];

    if (strchr(all[0].platform_name, ':') || strchr(all[0].name, ':')) {
        skip("a colon in a name", "parts of names");
        return;
    }
    part_of(all[0].platform_name, name, sizeof(name));
    test_spec(name, &filter);
    snprintf(spec, sizeof(spec), "%s:any", name);
    test_spec(spec, &filter);
    filter.index = 1;
    snprintf(spec, sizeof(spec), "%s:0", name);
    test_spec(spec, &filter);
    filter.type = types[rank].type;
    snprintf(spec, sizeof(spec), "%s:%s:0", name, types[rank].name);
    test_spec(spec, &filter);
    filter.index = 0;
    snprintf(spec, sizeof(spec), "%s:%s", name, types[rank].name);
    test_spec(spec, &filter);
    filter = (struct filter){.name = all[0].name};
    test_spec(part_of(all[0].name, name, sizeof(name)), &filter);
}

static void test_bad_specs(void)
{
    static const char *const bad[] = {"cpu:x",
                                      "cpu:-1",
                                      "cpu:",
                                      "cpu:0:0",
                                      "a:b:c:d",
                                      "pocl:cpu:0:1",
                                      "cpu:0x10",
                                      "cpu: 1",
                                      "gpu:cpu",
                                      "x:cpu:abc",
                                      "cpu:99999999999999999999"};
    char long_spec[5000];
    size_t count = 77;

    ok(clrelu_device_list("cpu:1000000", 0, NULL, &count) ==
               CLRELU_INVALID_DEVICE &&
           strstr(clrelu_error(), "index 1000000 is not in 0..999999"),
       "an index that is too large: %s", clrelu_error());

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ok(clrelu_device_list(bad[i], 0, NULL, &count) ==
                   CLRELU_INVALID_DEVICE &&
               strstr(clrelu_error(), bad[i]),
           "\"%s\" is no spec: %s", bad[i], clrelu_error());
    memset(long_spec, 'x', sizeof(long_spec));
    long_spec[sizeof(long_spec) - 1] = '\0';
    const clrelu_status status = clrelu_device_list(long_spec, 0, NULL, &count);
    ok(status == CLRELU_INVALID_DEVICE || (status == CLRELU_OK && count == 0),
       "a very long spec: %s", clrelu_status_name(status));
    ok(clrelu_device_list("cpu", 0, NULL, NULL) == CLRELU_INVALID_NULL &&
           strstr(clrelu_error(), "count"),
       "no count: %s", clrelu_error());
    ok(clrelu_device_list("cpu", 1, NULL, &count) == CLRELU_INVALID_NULL &&
           strstr(clrelu_error(), "devices"),
       "room without devices: %s", clrelu_error());
}

/* In a process of its own, as PoCL looks at its cache once. */
static int find_without_cache(void)
{
    const clrelu_context_params params = {.spec = "pocl"};
    clrelu_context *context;
    const clrelu_status status = clrelu_context_create(&params, &context);

    diag("%s", status ? clrelu_error() : "there is a device");
    clrelu_context_destroy(&context);
    return status && (status != CLRELU_NO_DEVICE ||
                      !strstr(clrelu_error(), " /dev/null/none "));
}

/* Versions of PoCL that need no cache have their device. */
static void test_without_cache(const char *self)
{
    const char *const words[] = {self, "without cache", NULL};
    bool has_pocl = false;

    for (size_t i = 0; i < all_count; i++)
        has_pocl |= fits(&all[i], &(struct filter){.platform = pocl});
    if (!has_pocl) {
        skip("no PoCL", "PoCL without a cache");
        return;
    }
    if (!system_drivers_see()) {
        skip("drivers in Wine have the host's environment",
             "PoCL without a cache");
        return;
    }
    setenv("POCL_CACHE_DIR", "/dev/null/none", 1);
    ok(process_end(process_start(words)), "PoCL without a cache says so");
    unsetenv("POCL_CACHE_DIR");
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return find_without_cache();
    device_need();
    test_list();
    for (size_t i = 0; i < all_count; i++)
        test_entry(&all[i]);
    test_types();
    test_names();
    test_bad_specs();
    test_without_cache(argv[0]);
    return done_testing();
}
