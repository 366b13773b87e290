/* compile.c - from kernel files to a program and its binary, and back
 * SPDX-License-Identifier: MIT */
#include "core/compile.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "cl_sources.h"
#include "store/envelope.h"

enum { MAX_SOURCES = 14, OPTIONS = 256, MAX_DEVICES = 64 };

/* ----------------------------------------------------------------- texts -- */

static void add_line(char *text, size_t size, const char *what,
                     const char *value)
{
    const size_t used = strlen(text);

    snprintf(text + used, size - used, "%s: %s\n", what, value);
    for (char *c = text + used; *c && c[1]; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
}

typedef struct question {
    const char *what, *call;
    cl_uint info;
} question;

/* "" where the driver does not know what it is asked. */
static cl_int ask(cl_platform_id platform, cl_device_id device,
                  const question *q, char *value, size_t size)
{
    const bool of_platform = strcmp(q->call, "clGetPlatformInfo") == 0;
    cl_int error;

    memset(value, 0, size);
    error = of_platform
                ? clGetPlatformInfo(platform, q->info, size - 1, value, NULL)
                : clGetDeviceInfo(device, q->info, size - 1, value, NULL);
    return error == CL_INVALID_VALUE ? CL_SUCCESS : error;
}

/* Under half a name a program might be taken for another device's. */
clrelu_status clrelu_compile_device_text(cl_device_id device, char **out)
{
    enum { VALUE = 512, SIZE = 8 * VALUE };
    static const question questions[] = {
        {"platform", "clGetPlatformInfo", CL_PLATFORM_NAME},
        {"platform version", "clGetPlatformInfo", CL_PLATFORM_VERSION},
        {"device", "clGetDeviceInfo", CL_DEVICE_NAME},
        {"vendor", "clGetDeviceInfo", CL_DEVICE_VENDOR},
        {"device version", "clGetDeviceInfo", CL_DEVICE_VERSION},
        {"driver version", "clGetDeviceInfo", CL_DRIVER_VERSION},
        {"C version", "clGetDeviceInfo", CL_DEVICE_OPENCL_C_VERSION}};
    cl_platform_id platform = NULL;
    cl_int error = clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof(platform),
                                   &platform, NULL);
    char *text, value[VALUE];

    if (error && error != CL_INVALID_VALUE)
        return clrelu_fail_cl(error, "clGetDeviceInfo");
    text = calloc(SIZE, 1);
    if (!text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a context");
    add_line(text, SIZE, "clrelu", clrelu_version());
    add_line(text, SIZE, "pointers",
             sizeof(void *) == 8 ? "64 bits" : "32 bits");
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        error = ask(platform, device, &questions[i], value, VALUE);
        if (error) {
            free(text);
            return clrelu_fail_cl(error, questions[i].call);
        }
        add_line(text, SIZE, questions[i].what, value);
    }
    *out = text;
    return CLRELU_OK;
}

static cl_uint list_sources(const clrelu_program_key *key,
                            const char *sources[MAX_SOURCES])
{
    cl_uint count = 0;

    if (key->kind == CLRELU_PROGRAM_ACTIVATION && key->op != CLRELU_PRELU)
        sources[count++] = wide_cl;
    if (key->kind != CLRELU_PROGRAM_FLOAT_CHECK) {
        sources[count++] = prelude_cl;
        sources[count++] = each_cl;
    }
    switch (key->kind) {
    case CLRELU_PROGRAM_ACTIVATION:
        sources[count++] = exponential_cl;
        if (key->op == CLRELU_ELU)
            sources[count++] = segments_cl;
        sources[count++] = activations_cl;
        if (key->op == CLRELU_PRELU) {
            sources[count++] = tiling_cl;
            sources[count++] = lanes_cl;
            sources[count++] = row_cl;
            sources[count++] = together_cl;
            sources[count++] = alone_cl;
            sources[count++] = alone_sums_cl;
            sources[count++] = team_cl;
            sources[count++] = flat_cl;
            sources[count++] = prelu_cl;
            sources[count++] = finish_cl;
        } else {
            sources[count++] = elementwise_cl;
        }
        break;
    case CLRELU_PROGRAM_INITIALIZER:
        sources[count++] = random_cl;
        sources[count++] = initializer_cl;
        break;
    case CLRELU_PROGRAM_PARAMETER:
        sources[count++] = sum_cl;
        sources[count++] = parameter_cl;
        break;
    case CLRELU_PROGRAM_PARTIALS:
        sources[count++] = sum_cl;
        sources[count++] = partials_cl;
        break;
    case CLRELU_PROGRAM_DENSE:
        sources[count++] = exponential_cl;
        sources[count++] = activations_cl;
        sources[count++] = sum_cl;
        sources[count++] = dense_cl;
        break;
    case CLRELU_PROGRAM_FLOAT_CHECK:
        sources[count++] = arithmetic_cl;
        break;
    }
    return count;
}

char *clrelu_compile_key_text(const clrelu_device_params *params,
                              const clrelu_program_key *key)
{
    enum { SIZE = OPTIONS + ENVELOPE_HASH_TEXT + 64 };
    const char *sources[MAX_SOURCES];
    const cl_uint count = list_sources(key, sources);
    char options[OPTIONS], hash[ENVELOPE_HASH_TEXT];
    char *text = calloc(SIZE, 1);

    if (!text)
        return NULL;
    clrelu_program_options(params, key, options, sizeof(options));
    clrelu_envelope_hash(sources, count, hash);
    add_line(text, SIZE, "options", options);
    add_line(text, SIZE, "sources", hash);
    return text;
}

/* -D NAME=VALUE as #define NAME VALUE; the rest is for the command line. */
void clrelu_compile_print(const clrelu_device_params *params,
                          const clrelu_program_key *key, FILE *file)
{
    const char *sources[MAX_SOURCES];
    const cl_uint count = list_sources(key, sources);
    char options[OPTIONS];

    clrelu_program_options(params, key, options, sizeof(options));
    for (char *word = strtok(options, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        if (strncmp(word, "-D", 2) != 0 || !value)
            continue;
        *value = ' ';
        fprintf(file, "#define %s\n", word + 2);
    }
    for (cl_uint i = 0; i < count; i++)
        fputs(sources[i], file);
}

/* ---------------------------------------------------------------- source -- */

static clrelu_status fail_build(cl_program program, cl_device_id device,
                                cl_int error, const char *options)
{
    clrelu_status status;
    size_t size = 0;
    char *log = NULL;

    if (!clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL,
                               &size))
        log = calloc(size + 1, 1);
    if (log && clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG,
                                     size, log, NULL))
        log[0] = '\0';
    status = clrelu_fail(CLRELU_BUILD_FAILED,
                         "the device's compiler refused the program (OpenCL "
                         "error %d, options %s): %s",
                         error, options, log && log[0] ? log : "no build log");
    free(log);
    return status;
}

clrelu_status clrelu_compile_source(const clrelu_context *context,
                                    const clrelu_program_key *key, bool silent,
                                    cl_program *out)
{
    const char *sources[MAX_SOURCES];
    const cl_uint count = list_sources(key, sources);
    char options[OPTIONS];
    cl_int error;
    cl_program program = clCreateProgramWithSource(context->context, count,
                                                   sources, NULL, &error);

    *out = NULL;
    if (!error) {
        clrelu_program_options(&context->params, key, options, sizeof(options));
        if (silent)
            strcat(options, " -w");
        error =
            clBuildProgram(program, 1, &context->device, options, NULL, NULL);
    }
    if (error) {
        clrelu_status status = CLRELU_OK;
        if (error == CL_COMPILER_NOT_AVAILABLE)
            status = clrelu_fail(CLRELU_UNSUPPORTED,
                                 "the device has no compiler: it needs a "
                                 "program file, see clrelu compile --help");
        else if (!program)
            status = clrelu_fail_cl(error, "clCreateProgramWithSource");
        else if (error == CL_DEVICE_NOT_AVAILABLE ||
                 error == CL_OUT_OF_HOST_MEMORY)
            status = clrelu_fail_cl(error, "clBuildProgram");
        else
            status = fail_build(program, context->device, error, options);
        if (program)
            clReleaseProgram(program);
        return status;
    }
    *out = program;
    return CLRELU_OK;
}

/* ---------------------------------------------------------------- binary -- */

static bool refused(clrelu_driver_error *driver_error, cl_int error,
                    const char *call)
{
    *driver_error = (clrelu_driver_error){error, call};
    return error != CL_SUCCESS;
}

/* A driver may compile as late as here; a program without kernels is none. */
static bool create_kernels(cl_program program,
                           clrelu_driver_error *driver_error)
{
    cl_kernel kernels[CLRELU_KERNELS];
    cl_uint count = 0;

    if (refused(
            driver_error,
            clCreateKernelsInProgram(program, CLRELU_KERNELS, kernels, &count),
            "clCreateKernelsInProgram"))
        return false;
    for (cl_uint i = 0; i < count; i++)
        clReleaseKernel(kernels[i]);
    return count > 0;
}

cl_program clrelu_compile_binary(const clrelu_context *context,
                                 const clrelu_binary *binary,
                                 clrelu_driver_error *driver_error)
{
    cl_int error, status = CL_SUCCESS;
    cl_program program = clCreateProgramWithBinary(
        context->context, 1, &context->device, &binary->size,
        (const unsigned char **)(uintptr_t)&binary->bytes, &status, &error);

    if (refused(driver_error, error, "clCreateProgramWithBinary"))
        return NULL;
    if (!status &&
        !refused(driver_error,
                 clBuildProgram(program, 1, &context->device, "", NULL, NULL),
                 "clBuildProgram") &&
        create_kernels(program, driver_error))
        return program;
    clReleaseProgram(program);
    return NULL;
}

/* Where the context's device stands among the program's. */
static cl_uint find_device(const clrelu_context *context, cl_program program,
                           cl_uint *count, clrelu_driver_error *driver_error)
{
    cl_device_id devices[MAX_DEVICES];
    size_t size = 0;
    cl_uint i = 0;

    *count = 0;
    if (refused(driver_error,
                clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof(devices),
                                 devices, &size),
                "clGetProgramInfo"))
        return 0;
    *count = (cl_uint)(size / sizeof(devices[0]));
    while (i < *count && devices[i] != context->device)
        i++;
    return i;
}

unsigned char *clrelu_compile_extract(const clrelu_context *context,
                                      cl_program program, size_t *size,
                                      clrelu_driver_error *driver_error)
{
    cl_uint count;
    const cl_uint own = find_device(context, program, &count, driver_error);
    size_t sizes[MAX_DEVICES] = {0};
    unsigned char *binaries[MAX_DEVICES] = {NULL}, *kept = NULL;
    bool good =
        own < count && create_kernels(program, driver_error) &&
        !refused(driver_error,
                 clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES,
                                  count * sizeof(sizes[0]), sizes, NULL),
                 "clGetProgramInfo") &&
        sizes[own] > 0;

    /* Some drivers write through an entry that is NULL, as it may be. */
    for (cl_uint i = 0; i < count && good; i++) {
        good = (binaries[i] = malloc(sizes[i] + 1)) != NULL;
        if (!good)
            refused(driver_error, CL_OUT_OF_HOST_MEMORY, NULL);
    }
    if (good &&
        !refused(driver_error,
                 clGetProgramInfo(program, CL_PROGRAM_BINARIES,
                                  count * sizeof(binaries[0]), binaries, NULL),
                 "clGetProgramInfo")) {
        *size = sizes[own];
        kept = binaries[own];
        binaries[own] = NULL;
    }
    for (cl_uint i = 0; i < count; i++)
        free(binaries[i]);
    return kept;
}
