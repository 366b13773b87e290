/* compile.c - from kernel files to a program and its binary, and back
 * SPDX-License-Identifier: MIT */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

#include "cl_sources.h"
#include "envelope.h"
#include "status.h"

enum { MOST_SOURCES = 6, OPTIONS = 256, MOST_DEVICES = 64 };

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

char *clrelu_compile_device_text(cl_device_id device)
{
    enum { VALUE = 512, SIZE = 8 * VALUE };
    static const struct {
        const char *what;
        cl_platform_info info;
    } of_platform[] = {{"platform", CL_PLATFORM_NAME},
                       {"platform version", CL_PLATFORM_VERSION}};
    static const struct {
        const char *what;
        cl_device_info info;
    } of_device[] = {{"device", CL_DEVICE_NAME},
                     {"vendor", CL_DEVICE_VENDOR},
                     {"device version", CL_DEVICE_VERSION},
                     {"driver version", CL_DRIVER_VERSION},
                     {"C version", CL_DEVICE_OPENCL_C_VERSION}};
    char *text = calloc(SIZE, 1), value[VALUE];
    cl_platform_id platform = NULL;

    if (!text)
        return NULL;
    add_line(text, SIZE, "clrelu", clrelu_version());
    add_line(text, SIZE, "pointers",
             sizeof(void *) == 8 ? "64 bits" : "32 bits");
    clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof(platform), &platform,
                    NULL);
    for (size_t i = 0; i < sizeof(of_platform) / sizeof(of_platform[0]); i++) {
        memset(value, 0, sizeof(value));
        clGetPlatformInfo(platform, of_platform[i].info, VALUE - 1, value,
                          NULL);
        add_line(text, SIZE, of_platform[i].what, value);
    }
    for (size_t i = 0; i < sizeof(of_device) / sizeof(of_device[0]); i++) {
        memset(value, 0, sizeof(value));
        clGetDeviceInfo(device, of_device[i].info, VALUE - 1, value, NULL);
        add_line(text, SIZE, of_device[i].what, value);
    }
    return text;
}

static cl_uint list_sources(const clrelu_program_key *key,
                            const char *sources[MOST_SOURCES])
{
    cl_uint count = 0;

    if (key->part != CLRELU_PART_ARITHMETIC)
        sources[count++] = prelude_cl;
    switch (key->part) {
    case CLRELU_PART_ACTIVATION:
        sources[count++] = exponential_cl;
        sources[count++] = activations_cl;
        if (key->op == CLRELU_PRELU) {
            sources[count++] = tiling_cl;
            sources[count++] = lanes_cl;
            sources[count++] = prelu_cl;
        } else {
            sources[count++] = elementwise_cl;
        }
        break;
    case CLRELU_PART_INITIALIZER:
        sources[count++] = random_cl;
        sources[count++] = initializer_cl;
        break;
    case CLRELU_PART_PARAMETER:
        sources[count++] = sum_cl;
        sources[count++] = parameter_cl;
        break;
    case CLRELU_PART_PARTIALS:
        sources[count++] = sum_cl;
        sources[count++] = partials_cl;
        break;
    case CLRELU_PART_DENSE:
        sources[count++] = exponential_cl;
        sources[count++] = activations_cl;
        sources[count++] = sum_cl;
        sources[count++] = dense_cl;
        break;
    case CLRELU_PART_ARITHMETIC:
        sources[count++] = arithmetic_cl;
        break;
    }
    return count;
}

char *clrelu_compile_key_text(const clrelu_traits *traits,
                              const clrelu_program_key *key)
{
    enum { SIZE = OPTIONS + ENVELOPE_HASH_TEXT + 64 };
    const char *sources[MOST_SOURCES];
    const cl_uint count = list_sources(key, sources);
    char options[OPTIONS], hash[ENVELOPE_HASH_TEXT];
    char *text = calloc(SIZE, 1);

    if (!text)
        return NULL;
    clrelu_program_options(traits, key, options, sizeof(options));
    clrelu_envelope_hash(sources, count, hash);
    add_line(text, SIZE, "options", options);
    add_line(text, SIZE, "sources", hash);
    return text;
}

/* -D NAME=VALUE as #define NAME VALUE; the rest is for the command line. */
bool clrelu_compile_print(const clrelu_traits *traits,
                          const clrelu_program_key *key, FILE *file)
{
    const char *sources[MOST_SOURCES];
    const cl_uint count = list_sources(key, sources);
    char options[OPTIONS];

    clrelu_program_options(traits, key, options, sizeof(options));
    for (char *word = strtok(options, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        if (strncmp(word, "-D", 2) != 0 || !value)
            continue;
        *value = ' ';
        fprintf(file, "#define %s\n", word + 2);
    }
    for (cl_uint i = 0; i < count; i++)
        fputs(sources[i], file);
    return !ferror(file);
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
                                    const clrelu_program_key *key,
                                    cl_program *out)
{
    const char *sources[MOST_SOURCES];
    const cl_uint count = list_sources(key, sources);
    char options[OPTIONS];
    cl_int error;
    cl_program program = clCreateProgramWithSource(context->context, count,
                                                   sources, NULL, &error);

    *out = NULL;
    if (!error) {
        clrelu_program_options(&context->traits, key, options, sizeof(options));
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

/* A driver may compile as late as here; a program without kernels is none. */
static bool create_kernels(cl_program program)
{
    cl_kernel kernels[CLRELU_KERNELS];
    cl_uint count = 0;

    if (clCreateKernelsInProgram(program, CLRELU_KERNELS, kernels, &count))
        return false;
    for (cl_uint i = 0; i < count; i++)
        clReleaseKernel(kernels[i]);
    return count > 0;
}

cl_program clrelu_compile_binary(const clrelu_context *context,
                                 const clrelu_binary *binary)
{
    cl_int error, status = CL_SUCCESS;
    cl_program program = clCreateProgramWithBinary(
        context->context, 1, &context->device, &binary->size,
        (const unsigned char **)(uintptr_t)&binary->bytes, &status, &error);

    if (!error && !status &&
        !clBuildProgram(program, 1, &context->device, "", NULL, NULL) &&
        create_kernels(program))
        return program;
    if (!error)
        clReleaseProgram(program);
    return NULL;
}

/* Where the context's device stands among the program's. */
static cl_uint find_device(const clrelu_context *context, cl_program program,
                           cl_uint *count)
{
    cl_device_id devices[MOST_DEVICES];
    size_t size = 0;
    cl_uint i = 0;

    *count = 0;
    if (clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof(devices), devices,
                         &size))
        return 0;
    *count = (cl_uint)(size / sizeof(devices[0]));
    while (i < *count && devices[i] != context->device)
        i++;
    return i;
}

unsigned char *clrelu_compile_extract(const clrelu_context *context,
                                      cl_program program, size_t *size)
{
    cl_uint count;
    const cl_uint own = find_device(context, program, &count);
    size_t sizes[MOST_DEVICES] = {0};
    unsigned char *binaries[MOST_DEVICES] = {NULL}, *kept = NULL;
    bool good = own < count && create_kernels(program) &&
                !clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES,
                                  count * sizeof(sizes[0]), sizes, NULL) &&
                sizes[own] > 0;

    /* Some drivers write through an entry that is NULL, as it may be. */
    for (cl_uint i = 0; i < count && good; i++)
        good = (binaries[i] = malloc(sizes[i] + 1)) != NULL;
    if (good &&
        !clGetProgramInfo(program, CL_PROGRAM_BINARIES,
                          count * sizeof(binaries[0]), binaries, NULL)) {
        *size = sizes[own];
        kept = binaries[own];
        binaries[own] = NULL;
    }
    for (cl_uint i = 0; i < count; i++)
        free(binaries[i]);
    return kept;
}
