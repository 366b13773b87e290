/* fake_cl.c - an OpenCL that runs nothing, and keeps what it was asked for
 * SPDX-License-Identifier: MIT */
#include "fake_cl.h"

#include <stdlib.h>
#include <string.h>

#include "core/pointer.h"

struct fake fake;

struct _cl_mem {
    size_t bytes;
};

/* There is one object of each other type, but for platforms. */
#define OBJECT(type, name) \
    static struct type { \
        int unused; \
    } name

OBJECT(_cl_platform_id, platforms[8]);
OBJECT(_cl_device_id, device);
OBJECT(_cl_context, context);
OBJECT(_cl_command_queue, queue);
OBJECT(_cl_program, program);
OBJECT(_cl_kernel, kernel);
OBJECT(_cl_event, event);

void fake_reset(void)
{
    free(fake.source);
    fake = (struct fake){.platforms = 1,
                         .name = "fake",
                         .empty_error = CL_DEVICE_NOT_FOUND,
                         .available = CL_TRUE,
                         .type = CL_DEVICE_TYPE_GPU,
                         .version = "OpenCL 1.2 fake",
                         .extensions = "cl_khr_fp64",
                         .max_work_items = 1024,
                         .local_bytes = 32768};
}

cl_command_queue fake_queue(clrelu_context *of)
{
    return clrelu_context_cl_context(of) == &context ? &queue : NULL;
}

cl_mem fake_buffer(clrelu_context *of, size_t bytes)
{
    cl_int error;

    return clCreateBuffer(clrelu_context_cl_context(of), 0, bytes, NULL,
                          &error);
}

/* An answer to a query of size bytes. */
static cl_int give(const void *answer, size_t length, size_t size, void *value,
                   size_t *length_out)
{
    if (length_out)
        *length_out = length;
    if (!value)
        return CL_SUCCESS;
    if (size < length)
        return CL_INVALID_VALUE;
    memcpy(value, answer, length);
    return CL_SUCCESS;
}

static cl_int give_text(const char *text, size_t size, void *value,
                        size_t *length_out)
{
    return give(text, strlen(text) + 1, size, value, length_out);
}

cl_int clGetPlatformIDs(cl_uint capacity, cl_platform_id *ids, cl_uint *count)
{
    for (cl_uint i = 0; ids && i < capacity && i < fake.platforms; i++)
        ids[i] = &platforms[i];
    if (count)
        *count = fake.platforms;
    /* CL_PLATFORM_NOT_FOUND_KHR */
    return fake.platforms ? CL_SUCCESS : -1001;
}

cl_int clGetPlatformInfo(cl_platform_id id, cl_platform_info info, size_t size,
                         void *value, size_t *length)
{
    (void)id, (void)info;
    return give_text(fake.name, size, value, length);
}

cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type type,
                      cl_uint capacity, cl_device_id *ids, cl_uint *count)
{
    (void)type;
    if (platform < &platforms[fake.empty])
        return fake.empty_error;
    if (ids && capacity)
        ids[0] = &device;
    if (count)
        *count = 1;
    return CL_SUCCESS;
}

cl_int clGetDeviceInfo(cl_device_id id, cl_device_info info, size_t size,
                       void *value, size_t *length)
{
    const cl_uint units = 16;
    const cl_bool yes = CL_TRUE;
    const cl_ulong bytes = (cl_ulong)1 << 40;
    const cl_platform_id platform = &platforms[fake.empty];

    if (id != &device)
        return CL_INVALID_DEVICE;
    switch (info) {
    case CL_DEVICE_TYPE:
        return give(&fake.type, sizeof(fake.type), size, value, length);
    case CL_DEVICE_NAME:
    case CL_DEVICE_VENDOR:
    case CL_DRIVER_VERSION:
        return give_text("fake", size, value, length);
    case CL_DEVICE_VERSION:
        return give_text(fake.version, size, value, length);
    case CL_DEVICE_EXTENSIONS:
        return give_text(fake.extensions, size, value, length);
    case CL_DEVICE_PLATFORM:
        return give((const void *)&platform, sizeof(platform), size, value,
                    length);
    case CL_DEVICE_AVAILABLE:
        return give(&fake.available, sizeof(cl_bool), size, value, length);
    case CL_DEVICE_COMPILER_AVAILABLE:
        return give(&yes, sizeof(yes), size, value, length);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
        return give(&units, sizeof(units), size, value, length);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
        return give(&fake.max_work_items, sizeof(size_t), size, value, length);
    case CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT:
        return give(&fake.lanes, sizeof(cl_uint), size, value, length);
    case CL_DEVICE_SINGLE_FP_CONFIG:
        return give(&fake.config, sizeof(fake.config), size, value, length);
    case CL_DEVICE_LOCAL_MEM_SIZE:
        return give(&fake.local_bytes, sizeof(cl_ulong), size, value, length);
    case CL_DEVICE_GLOBAL_MEM_SIZE:
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
    case CL_DEVICE_GLOBAL_MEM_CACHE_SIZE:
        return give(&bytes, sizeof(bytes), size, value, length);
    default:
        return CL_INVALID_VALUE;
    }
}

cl_context clCreateContext(const cl_context_properties *properties,
                           cl_uint count, const cl_device_id *devices,
                           void(CL_CALLBACK *notify)(const char *, const void *,
                                                     size_t, void *),
                           void *data, cl_int *error)
{
    (void)properties, (void)notify, (void)data;
    *error = count == 1 && *devices == &device ? CL_SUCCESS : CL_INVALID_DEVICE;
    return *error ? NULL : &context;
}

cl_int clRetainContext(cl_context of)
{
    return of == &context ? CL_SUCCESS : CL_INVALID_CONTEXT;
}

cl_int clReleaseContext(cl_context of)
{
    return clRetainContext(of);
}

cl_int clGetContextInfo(cl_context of, cl_context_info info, size_t size,
                        void *value, size_t *length)
{
    const cl_device_id id = &device;

    if (of != &context || info != CL_CONTEXT_DEVICES)
        return CL_INVALID_VALUE;
    return give(&id, sizeof(id), size, value, length);
}

cl_int clGetCommandQueueInfo(cl_command_queue of, cl_command_queue_info info,
                             size_t size, void *value, size_t *length)
{
    const cl_device_id id = &device;
    const cl_context owner = &context;

    if (of != &queue)
        return CL_INVALID_COMMAND_QUEUE;
    if (info == CL_QUEUE_CONTEXT)
        return give(&owner, sizeof(owner), size, value, length);
    return give(&id, sizeof(id), size, value, length);
}

cl_mem clCreateBuffer(cl_context of, cl_mem_flags flags, size_t bytes,
                      void *host, cl_int *error)
{
    cl_mem mem = malloc(sizeof(*mem));

    (void)of, (void)flags, (void)host;
    *error = mem ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    if (mem)
        mem->bytes = bytes;
    return mem;
}

cl_int clGetMemObjectInfo(cl_mem mem, cl_mem_info info, size_t size,
                          void *value, size_t *length)
{
    const cl_mem_object_type type = CL_MEM_OBJECT_BUFFER;
    const cl_mem_flags flags = CL_MEM_READ_WRITE;
    const cl_context owner = &context;
    const cl_mem parent = NULL;

    switch (info) {
    case CL_MEM_TYPE:
        return give(&type, sizeof(type), size, value, length);
    case CL_MEM_FLAGS:
        return give(&flags, sizeof(flags), size, value, length);
    case CL_MEM_SIZE:
        return give(&mem->bytes, sizeof(mem->bytes), size, value, length);
    case CL_MEM_CONTEXT:
        return give(&owner, sizeof(owner), size, value, length);
    case CL_MEM_ASSOCIATED_MEMOBJECT:
        return give(&parent, sizeof(parent), size, value, length);
    default:
        return CL_INVALID_VALUE;
    }
}

cl_int clReleaseMemObject(cl_mem mem)
{
    free(mem);
    return CL_SUCCESS;
}

cl_program clCreateProgramWithSource(cl_context of, cl_uint count,
                                     const char **sources,
                                     const size_t *lengths, cl_int *error)
{
    size_t size = 1;

    (void)of, (void)lengths;
    for (cl_uint i = 0; i < count; i++)
        size += strlen(sources[i]);
    free(fake.source);
    fake.source = calloc(size, 1);
    *error = fake.source ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
    for (cl_uint i = 0; fake.source && i < count; i++)
        strcat(fake.source, sources[i]);
    return &program;
}

cl_int clBuildProgram(cl_program of, cl_uint count, const cl_device_id *devices,
                      const char *options,
                      void(CL_CALLBACK *notify)(cl_program, void *), void *data)
{
    (void)of, (void)count, (void)devices, (void)notify, (void)data;
    fake.builds++;
    if (strlen(options) >= sizeof(fake.options))
        return CL_INVALID_BUILD_OPTIONS;
    strcpy(fake.options, options);
    return fake.build_error;
}

cl_int clGetProgramBuildInfo(cl_program of, cl_device_id id,
                             cl_program_build_info info, size_t size,
                             void *value, size_t *length)
{
    (void)of, (void)id, (void)info;
    return give_text("", size, value, length);
}

/* Nothing is compiled, so that there is no binary to keep or to take. */
cl_program clCreateProgramWithBinary(cl_context of, cl_uint count,
                                     const cl_device_id *devices,
                                     const size_t *sizes,
                                     const unsigned char **binaries,
                                     cl_int *states, cl_int *error)
{
    (void)of, (void)count, (void)devices, (void)sizes, (void)binaries;
    *states = *error = CL_INVALID_BINARY;
    return NULL;
}

cl_int clGetProgramInfo(cl_program of, cl_program_info info, size_t size,
                        void *value, size_t *length)
{
    (void)of, (void)info, (void)size, (void)value, (void)length;
    return CL_INVALID_PROGRAM_EXECUTABLE;
}

cl_int clReleaseProgram(cl_program of)
{
    (void)of;
    return CL_SUCCESS;
}

cl_kernel clCreateKernel(cl_program of, const char *name, cl_int *error)
{
    (void)of;
    *error = strstr(fake.source, name) ? CL_SUCCESS : CL_INVALID_KERNEL_NAME;
    return *error ? NULL : &kernel;
}

cl_int clCreateKernelsInProgram(cl_program of, cl_uint count,
                                cl_kernel *kernels, cl_uint *found)
{
    (void)of, (void)count, (void)kernels, (void)found;
    return CL_INVALID_PROGRAM_EXECUTABLE;
}

cl_int clSetKernelArg(cl_kernel of, cl_uint index, size_t size,
                      const void *value)
{
    (void)of, (void)index;
    return size && value ? CL_SUCCESS : CL_INVALID_ARG_VALUE;
}

cl_int clReleaseKernel(cl_kernel of)
{
    (void)of;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL set_usm_pointer(cl_kernel of, cl_uint index,
                                          const void *pointer)
{
    (void)of, (void)index;
    fake.pointers++;
    return pointer ? CL_SUCCESS : CL_INVALID_ARG_VALUE;
}

/* Queries and types of cl_intel_unified_shared_memory. */
static cl_int CL_API_CALL usm_info(cl_context of, const void *pointer,
                                   cl_uint name, size_t size, void *value,
                                   size_t *length)
{
    const unsigned char *p = pointer, *const base = fake.usm;
    const bool known = p >= base && p < base + sizeof(fake.usm);
    const cl_uint type = known ? 0x4198 : 0x4196;
    const size_t bytes = sizeof(fake.usm);

    (void)of;
    switch (name) {
    case 0x419A:
        return give(&type, sizeof(type), size, value, length);
    case 0x419B:
        return give((const void *)&base, sizeof(base), size, value, length);
    case 0x419C:
        return give(&bytes, sizeof(bytes), size, value, length);
    case 0x419D:
        return give((const void *)&fake.usm_device, sizeof(fake.usm_device),
                    size, value, length);
    default:
        return CL_INVALID_VALUE;
    }
}

void *clGetExtensionFunctionAddressForPlatform(cl_platform_id of,
                                               const char *name)
{
    void *address = NULL;

    (void)of;
    if (!strcmp(name, "clSetKernelArgMemPointerINTEL"))
        memcpy(&address, &(clrelu_set_pointer){set_usm_pointer},
               sizeof(address));
    if (!strcmp(name, "clGetMemAllocInfoINTEL"))
        memcpy(&address, &(clrelu_usm_info){usm_info}, sizeof(address));
    return address;
}

static void give_event(cl_event *out)
{
    if (out)
        *out = &event;
}

cl_int clEnqueueNDRangeKernel(cl_command_queue on, cl_kernel of,
                              cl_uint dimensions, const size_t *offset,
                              const size_t *global, const size_t *local,
                              cl_uint wait_count, const cl_event *wait_list,
                              cl_event *out)
{
    (void)on, (void)of, (void)dimensions, (void)wait_count, (void)wait_list;
    fake.launches++;
    fake.work_items += *global;
    if (fake.max_at_once < *global)
        fake.max_at_once = *global;
    fake.local_size = local ? *local : 0;
    fake.offset |= offset != NULL;
    give_event(out);
    return CL_SUCCESS;
}

cl_int clEnqueueMarkerWithWaitList(cl_command_queue on, cl_uint wait_count,
                                   const cl_event *wait_list, cl_event *out)
{
    (void)on, (void)wait_count, (void)wait_list;
    give_event(out);
    return CL_SUCCESS;
}

cl_int clEnqueueBarrierWithWaitList(cl_command_queue on, cl_uint wait_count,
                                    const cl_event *wait_list, cl_event *out)
{
    return clEnqueueMarkerWithWaitList(on, wait_count, wait_list, out);
}

cl_int clEnqueueCopyBuffer(cl_command_queue on, cl_mem from, cl_mem to,
                           size_t from_offset, size_t to_offset, size_t bytes,
                           cl_uint wait_count, const cl_event *wait_list,
                           cl_event *out)
{
    (void)from, (void)to, (void)from_offset, (void)to_offset, (void)bytes;
    return clEnqueueMarkerWithWaitList(on, wait_count, wait_list, out);
}

cl_int clEnqueueFillBuffer(cl_command_queue on, cl_mem mem, const void *pattern,
                           size_t pattern_bytes, size_t offset, size_t bytes,
                           cl_uint wait_count, const cl_event *wait_list,
                           cl_event *out)
{
    (void)mem, (void)pattern, (void)pattern_bytes, (void)offset, (void)bytes;
    return clEnqueueMarkerWithWaitList(on, wait_count, wait_list, out);
}

cl_int clEnqueueReadBuffer(cl_command_queue on, cl_mem mem, cl_bool blocking,
                           size_t offset, size_t bytes, void *to,
                           cl_uint wait_count, const cl_event *wait_list,
                           cl_event *out)
{
    (void)mem, (void)blocking, (void)offset;
    memset(to, 0, bytes);
    return clEnqueueMarkerWithWaitList(on, wait_count, wait_list, out);
}

cl_int clGetEventInfo(cl_event of, cl_event_info info, size_t size, void *value,
                      size_t *length)
{
    const cl_context owner = &context;

    if (of != &event || info != CL_EVENT_CONTEXT)
        return CL_INVALID_EVENT;
    return give(&owner, sizeof(owner), size, value, length);
}

cl_int clReleaseEvent(cl_event of)
{
    return of == &event ? CL_SUCCESS : CL_INVALID_EVENT;
}
