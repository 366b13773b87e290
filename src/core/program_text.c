/* program_text.c - the texts that identify devices and programs in files
 * SPDX-License-Identifier: MIT */
#include "core/program_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/sources.h"
#include "store/envelope.h"

enum { VALUE = 512 };

static void add_line(char *text, size_t size, const char *name,
                     const char *value)
{
    const size_t used = strlen(text);

    snprintf(text + used, size - used, "%s: %s\n", name, value);
    for (char *c = text + used; *c && c[1]; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
}

typedef struct query {
    const char *name, *call;
    cl_uint info;
} query;

/* "" if the driver does not know the query. */
static cl_int run_query(cl_platform_id platform, cl_device_id device,
                        const query *q, char value[VALUE])
{
    const bool of_platform = strcmp(q->call, "clGetPlatformInfo") == 0;
    cl_int error;

    memset(value, 0, VALUE);
    error = of_platform
                ? clGetPlatformInfo(platform, q->info, VALUE - 1, value, NULL)
                : clGetDeviceInfo(device, q->info, VALUE - 1, value, NULL);
    return error == CL_INVALID_VALUE ? CL_SUCCESS : error;
}

/* Any other error fails: a text with a line missing could match another
 * device's. */
clrelu_status clrelu_device_text(cl_device_id device, char **out)
{
    enum { SIZE = 8 * VALUE };
    static const query queries[] = {
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
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        error = run_query(platform, device, &queries[i], value);
        if (error) {
            free(text);
            return clrelu_fail_cl(error, queries[i].call);
        }
        add_line(text, SIZE, queries[i].name, value);
    }
    *out = text;
    return CLRELU_OK;
}

char *clrelu_program_text(const clrelu_device_params *params,
                          const clrelu_program_key *key)
{
    enum { SIZE = CLRELU_OPTIONS + ENVELOPE_HASH_TEXT + 64 };
    const char *sources[CLRELU_MAX_SOURCES];
    const cl_uint count = clrelu_sources_list(params, key, sources);
    char options[CLRELU_OPTIONS], hash[ENVELOPE_HASH_TEXT];
    char *text = calloc(SIZE, 1);

    if (!text)
        return NULL;
    clrelu_program_options(params, key, options);
    clrelu_envelope_hash(sources, count, hash);
    add_line(text, SIZE, "options", options);
    add_line(text, SIZE, "sources", hash);
    return text;
}

/* -D NAME=VALUE becomes #define NAME VALUE; the other options are for the
 * command line. */
void clrelu_program_print(const clrelu_device_params *params,
                          const clrelu_program_key *key, FILE *file)
{
    const char *sources[CLRELU_MAX_SOURCES];
    const cl_uint count = clrelu_sources_list(params, key, sources);
    char options[CLRELU_OPTIONS];

    clrelu_program_options(params, key, options);
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
