/* layer_nocompiler.c - an OpenCL layer that counts builds and hides compilers
 * SPDX-License-Identifier: MIT
 *
 * LAYER_LOG names a file that gets a character for each event: i as the layer
 * starts, s for a build from source, b for one from a binary.  With
 * LAYER_NO_COMPILER in the environment a build from source fails, and devices
 * say that they have no compiler.  With LAYER_ACCELERATOR=N they say that they
 * are accelerators of vectors of N.  With LAYER_WANTED=FILE a build from source
 * takes until somebody waits for it: until FILE, a cache's lock, has a w; ten
 * seconds at most. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "layer.h"

enum { MAX = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cl_program from_source[MAX];

static void log_event(char event)
{
    const char *path = getenv("LAYER_LOG");
    const int file =
        path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;

    if (file < 0)
        return;
    if (write(file, &event, 1) != 1)
        abort();
    close(file);
}

static bool hides(void)
{
    return getenv("LAYER_NO_COMPILER") != NULL;
}

/* Puts into the place of one program another; NULL is a free place. */
static bool replace(cl_program old, cl_program new)
{
    bool found = false;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MAX && !found; i++) {
        found = from_source[i] == old;
        if (found)
            from_source[i] = new;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static cl_program CL_API_CALL create_with_source(cl_context context,
                                                 cl_uint count,
                                                 const char **texts,
                                                 const size_t *sizes,
                                                 cl_int *error)
{
    cl_program program =
        next->clCreateProgramWithSource(context, count, texts, sizes, error);

    /* Its address may be that of a program released long ago. */
    if (program && !replace(program, program) && !replace(NULL, program))
        abort();
    return program;
}

static cl_program CL_API_CALL create_with_binary(cl_context context,
                                                 cl_uint count,
                                                 const cl_device_id *devices,
                                                 const size_t *sizes,
                                                 const unsigned char **binaries,
                                                 cl_int *status, cl_int *error)
{
    cl_program program = next->clCreateProgramWithBinary(
        context, count, devices, sizes, binaries, status, error);

    if (program)
        replace(program, NULL);
    return program;
}

static bool is_from_source(cl_program program)
{
    return replace(program, program);
}

/* To close the file would be to give up the process's locks of it. */
static void await(const char *path)
{
    const struct timespec pause = {0, 10 * 1000 * 1000};
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    char marks[256];
    ssize_t size = 0;

    for (int i = 0; i < 1000 && file >= 0; i++) {
        size = pread(file, marks, sizeof(marks), 0);
        if (size > 0 && memchr(marks, 'w', (size_t)size))
            break;
        nanosleep(&pause, NULL);
    }
}

static cl_int CL_API_CALL build(cl_program program, cl_uint count,
                                const cl_device_id *devices,
                                const char *options,
                                void(CL_CALLBACK *notify)(cl_program, void *),
                                void *data)
{
    const bool source = is_from_source(program);

    log_event(source ? 's' : 'b');
    if (source && hides())
        return CL_COMPILER_NOT_AVAILABLE;
    if (source && getenv("LAYER_WANTED"))
        await(getenv("LAYER_WANTED"));
    return next->clBuildProgram(program, count, devices, options, notify, data);
}

static cl_int CL_API_CALL device_info(cl_device_id device, cl_device_info info,
                                      size_t size, void *value, size_t *used)
{
    const cl_int error = next->clGetDeviceInfo(device, info, size, value, used);
    const char *lanes = getenv("LAYER_ACCELERATOR");

    if (error || !value)
        return error;
    if (hides() && info == CL_DEVICE_COMPILER_AVAILABLE)
        *(cl_bool *)value = CL_FALSE;
    if (lanes && info == CL_DEVICE_TYPE)
        *(cl_device_type *)value = CL_DEVICE_TYPE_ACCELERATOR;
    if (lanes && info == CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT)
        *(cl_uint *)value = (cl_uint)atoi(lanes);
    return CL_SUCCESS;
}

void layer_start(void)
{
    table.clGetDeviceInfo = device_info;
    table.clCreateProgramWithSource = create_with_source;
    table.clCreateProgramWithBinary = create_with_binary;
    table.clBuildProgram = build;
    log_event('i');
}
