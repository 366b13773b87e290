/* fuzz_device.c - bytes as a device spec
 * SPDX-License-Identifier: MIT
 *
 * OpenCL here is two platforms of three synthetic devices each. */
#include "core/device.h"
#include "fuzz.h"

enum { PLATFORMS = 2, DEVICES = 3 };

static const cl_device_type types[PLATFORMS][DEVICES] = {
    {CL_DEVICE_TYPE_CPU, CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ACCELERATOR},
    {CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_CUSTOM, CL_DEVICE_TYPE_GPU}};
static char platforms[PLATFORMS], devices[PLATFORMS * DEVICES];

cl_int CL_API_CALL clGetPlatformIDs(cl_uint n, cl_platform_id *ids,
                                    cl_uint *got)
{
    for (cl_uint i = 0; ids && i < n && i < PLATFORMS; i++)
        ids[i] = (cl_platform_id)(void *)&platforms[i];
    if (got)
        *got = PLATFORMS;
    return CL_SUCCESS;
}

static size_t platform_index(cl_platform_id id)
{
    return (size_t)((char *)id - platforms);
}

static size_t device_index(cl_device_id id)
{
    return (size_t)((char *)id - devices);
}

static cl_int answer(const void *from, size_t bytes, size_t size, void *value,
                     size_t *got)
{
    if (value && size < bytes)
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, from, bytes);
    if (got)
        *got = bytes;
    return CL_SUCCESS;
}

cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id id, cl_platform_info what,
                                     size_t size, void *value, size_t *got)
{
    const char *names[] = {"Portable Computing Language", "NVIDIA CUDA"};
    const char *name = names[platform_index(id)];

    (void)what;
    return answer(name, strlen(name) + 1, size, value, got);
}

cl_int CL_API_CALL clGetDeviceIDs(cl_platform_id id, cl_device_type type,
                                  cl_uint n, cl_device_id *ids, cl_uint *got)
{
    const size_t first = platform_index(id) * DEVICES;

    (void)type;
    for (cl_uint i = 0; ids && i < n && i < DEVICES; i++)
        ids[i] = (cl_device_id)(void *)&devices[first + i];
    if (got)
        *got = DEVICES;
    return CL_SUCCESS;
}

cl_int CL_API_CALL clGetDeviceInfo(cl_device_id id, cl_device_info what,
                                   size_t size, void *value, size_t *got)
{
    const size_t i = device_index(id);
    const cl_device_type type = types[i / DEVICES][i % DEVICES];
    const cl_bool yes = CL_TRUE;
    const cl_ulong number = 1 << 20;
    const char *text = "Iris Xe:1 (TM)";

    switch (what) {
    case CL_DEVICE_TYPE:
        return answer(&type, sizeof(type), size, value, got);
    case CL_DEVICE_AVAILABLE:
    case CL_DEVICE_COMPILER_AVAILABLE:
        return answer(&yes, sizeof(yes), size, value, got);
    case CL_DEVICE_VERSION:
        text = "OpenCL 3.0 none";
        break;
    case CL_DEVICE_NAME:
    case CL_DEVICE_VENDOR:
    case CL_DRIVER_VERSION:
        break;
    default:
        return answer(&number, size < sizeof(number) ? size : sizeof(number),
                      size, value, got);
    }
    return answer(text, strlen(text) + 1, size, value, got);
}

static int rank_of(cl_device_type type)
{
    return type & CL_DEVICE_TYPE_GPU           ? 0
           : type & CL_DEVICE_TYPE_ACCELERATOR ? 1
           : type & CL_DEVICE_TYPE_CPU         ? 2
                                               : 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    clrelu_device list[PLATFORMS * DEVICES];
    size_t count = 99, part;
    cl_device_id picked = NULL;
    char *spec = malloc(size + 1);

    FUZZ_MUST(spec);
    memcpy(spec, bytes, size);
    spec[size] = '\0';
    const clrelu_status status =
        clrelu_device_list(spec, PLATFORMS * DEVICES, list, &count);
    const clrelu_status pick = clrelu_device_pick(spec, &picked);
    if (status) {
        FUZZ_MUST(status == CLRELU_INVALID_DEVICE && count == 0);
        FUZZ_MUST(pick == status && clrelu_error()[0]);
    } else {
        FUZZ_MUST(count <= PLATFORMS * DEVICES);
        FUZZ_MUST(pick == (count ? CLRELU_OK : CLRELU_NO_DEVICE));
        FUZZ_MUST(count == 0 || picked == list[0].device);
        for (size_t i = 1; i < count; i++)
            FUZZ_MUST(rank_of(list[i - 1].type) <= rank_of(list[i].type));
        FUZZ_MUST(!clrelu_device_list(spec, 0, NULL, &part) && part == count);
        FUZZ_MUST(*spec || count == PLATFORMS * DEVICES);
    }
    free(spec);
    return 0;
}
