/* enumerate.c - the devices of all platforms
 * SPDX-License-Identifier: MIT */
#include "core/enumerate.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/os.h"
#include "base/status.h"
#include "core/device_params.h"
#include "core/pointer.h"

/* PoCL's first use is not thread-safe: a second thread finds no device, or
 * crashes.  The build lock would do, but compilers hold it for seconds.  No
 * other lock is taken under this one. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void device_text(cl_device_id device, cl_device_info info, char *text,
                        size_t size)
{
    char whole[1024] = "";

    /* Some drivers return more characters than fit text. */
    if (clGetDeviceInfo(device, info, sizeof(whole) - 1, whole, NULL))
        whole[0] = '\0';
    snprintf(text, size, "%.*s", (int)size - 1, whole);
}

static bool device_flag(cl_device_id device, cl_device_info info)
{
    cl_bool flag = CL_FALSE;

    return !clGetDeviceInfo(device, info, sizeof(flag), &flag, NULL) && flag;
}

bool clrelu_device_usable(cl_device_id device)
{
    char version[256] = "";

    device_text(device, CL_DEVICE_VERSION, version, sizeof(version));
    return strncmp(version, "OpenCL 1.0", 10) != 0 &&
           strncmp(version, "OpenCL 1.1", 10) != 0;
}

static void platform_name(cl_platform_id platform, char *name, size_t size)
{
    if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, size - 1, name, NULL))
        name[0] = '\0';
    name[size - 1] = '\0';
}

static void describe(cl_platform_id platform, cl_device_id device,
                     clrelu_device *d)
{
    memset(d, 0, sizeof(*d));
    d->platform = platform;
    d->device = device;
    if (clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof(d->type), &d->type,
                        NULL))
        d->type = 0;
    platform_name(platform, d->platform_name, sizeof(d->platform_name));
    device_text(device, CL_DEVICE_NAME, d->name, sizeof(d->name));
    device_text(device, CL_DEVICE_VENDOR, d->vendor, sizeof(d->vendor));
    device_text(device, CL_DEVICE_VERSION, d->version, sizeof(d->version));
    device_text(device, CL_DRIVER_VERSION, d->driver, sizeof(d->driver));
    if (clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS,
                        sizeof(d->compute_units), &d->compute_units, NULL))
        d->compute_units = 1;
    d->memory_bytes = clrelu_device_number(device, CL_DEVICE_GLOBAL_MEM_SIZE,
                                           sizeof(cl_ulong));
    d->max_alloc_bytes = clrelu_device_number(
        device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(cl_ulong));
    d->cache_bytes = clrelu_device_number(
        device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof(cl_ulong));
    d->svm = clrelu_pointers_supported(device);
    d->compiler = device_flag(device, CL_DEVICE_COMPILER_AVAILABLE);
}

static clrelu_status append(clrelu_devices *l, const clrelu_device *d)
{
    if (l->count == l->capacity) {
        const size_t capacity = l->capacity ? 2 * l->capacity : 8;
        clrelu_device *grown =
            realloc(l->devices, capacity * sizeof(*l->devices));
        if (!grown)
            return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                               "no memory for a list of %zu devices", capacity);
        l->devices = grown;
        l->capacity = capacity;
    }
    l->devices[l->count++] = *d;
    return CLRELU_OK;
}

/* --------------------------------------- platforms without a usable device --
 */

/* Why a platform's devices are not listed. */
typedef struct losses {
    cl_uint devices, unavailable, old;
    cl_int error; /* of clGetDeviceIDs */
} losses;

/* The folder of PoCL's cache; false if it is not known. */
static bool pocl_cache(char path[1024])
{
    static const struct {
        const char *variable, *below;
    } places[] = {{"POCL_CACHE_DIR", ""},
                  {"XDG_CACHE_HOME", "/pocl/kcache"},
                  {"HOME", "/.cache/pocl/kcache"}};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *value = getenv(places[i].variable);
        if (!value || !*value)
            continue;
        const int length = snprintf(path, 1024, "%s%s", value, places[i].below);
        return length < 1024;
    }
    return false;
}

/* Of a folder, or, if it does not exist, of its nearest parent that does. */
static bool is_writable(const char *path)
{
    char part[1024];

    snprintf(part, sizeof(part), "%s", path);
    while (access(part, W_OK | X_OK)) {
        char *end = strrchr(part, '/');
        if (errno != ENOENT)
            return false;
        if (!end || end == part)
            return access(end ? "/" : ".", W_OK | X_OK) == 0;
        *end = '\0';
    }
    return true;
}

static void describe_losses(const char *name, const losses *lost, char *text,
                            size_t size)
{
    char path[1024];

    if (lost->devices > 0)
        snprintf(text, size,
                 "has no usable device: %u not available, %u older than OpenCL "
                 "1.2",
                 lost->unavailable, lost->old);
    else if (strcmp(name, "Portable Computing Language") == 0 &&
             pocl_cache(path) && !is_writable(path))
        snprintf(text, size,
                 "has no device: its cache folder %s cannot be written (set "
                 "POCL_CACHE_DIR to one that can)",
                 path);
    else if (lost->error && lost->error != CL_DEVICE_NOT_FOUND)
        snprintf(text, size,
                 "has no device: clGetDeviceIDs failed with OpenCL error %d",
                 lost->error);
    else
        snprintf(text, size, "has no device");
}

static void add_without(cl_platform_id platform, const losses *lost,
                        clrelu_devices *l)
{
    const size_t used = strlen(l->without);
    char name[128], text[1280];

    platform_name(platform, name, sizeof(name));
    describe_losses(name, lost, text, sizeof(text));
    snprintf(l->without + used, sizeof(l->without) - used,
             "%splatform \"%s\" %s", used ? "; " : "", name, text);
}

/* ----------------------------------------------------------------- lists -- */

static clrelu_status list_devices(cl_platform_id platform,
                                  const cl_device_id *ids, losses *lost,
                                  clrelu_devices *l)
{
    clrelu_status status = CLRELU_OK;

    for (cl_uint i = 0; i < lost->devices && !status; i++) {
        clrelu_device d;
        if (!device_flag(ids[i], CL_DEVICE_AVAILABLE)) {
            lost->unavailable++;
        } else if (!clrelu_device_usable(ids[i])) {
            lost->old++;
        } else {
            describe(platform, ids[i], &d);
            status = append(l, &d);
        }
    }
    return status;
}

static clrelu_status list_platform(cl_platform_id platform, clrelu_devices *l)
{
    const size_t before = l->count;
    cl_device_id *ids = NULL;
    losses lost = {0};
    clrelu_status status = CLRELU_OK;

    /* Platforms without devices return an error; a broken one must not
     * hide the others. */
    lost.error =
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &lost.devices);
    if (lost.error == CL_OUT_OF_HOST_MEMORY)
        return clrelu_fail_cl(lost.error, "clGetDeviceIDs");
    if (!lost.error && lost.devices > 0) {
        ids = calloc(lost.devices, sizeof(*ids));
        if (!ids)
            return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                               "no memory for %u device ids", lost.devices);
        lost.error = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, lost.devices,
                                    ids, NULL);
    }
    if (lost.error)
        lost.devices = 0;
    status = list_devices(platform, ids, &lost, l);
    if (!status && l->count == before)
        add_without(platform, &lost, l);
    free(ids);
    return status;
}

static clrelu_status list_all(clrelu_devices *l)
{
    cl_platform_id *platforms = NULL;
    cl_uint count = 0;
    cl_int error;
    clrelu_status status = CLRELU_OK;

    /* Without any platform the loader returns an error. */
    error = clGetPlatformIDs(0, NULL, &count);
    if (error == CL_OUT_OF_HOST_MEMORY)
        return clrelu_fail_cl(error, "clGetPlatformIDs");
    if (error || count == 0)
        return CLRELU_OK;
    l->platforms = count;
    platforms = calloc(count, sizeof(*platforms));
    if (!platforms)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                           "no memory for %u platform ids", count);
    error = clGetPlatformIDs(count, platforms, NULL);
    if (error) {
        status = clrelu_fail_cl(error, "clGetPlatformIDs");
        goto done;
    }
    for (cl_uint i = 0; i < count && !status; i++)
        status = list_platform(platforms[i], l);
done:
    free(platforms);
    return status;
}

clrelu_status clrelu_enumerate(clrelu_devices *l)
{
    clrelu_status status = clrelu_fork_check();

    memset(l, 0, sizeof(*l));
    if (status)
        return status;
    pthread_mutex_lock(&lock);
    status = list_all(l);
    pthread_mutex_unlock(&lock);
    return status;
}
