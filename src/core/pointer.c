/* pointer.c - shared virtual memory (SVM) and unified shared memory (USM)
 * SPDX-License-Identifier: MIT
 *
 * The constants are of OpenCL 2.0 and of cl_intel_unified_shared_memory, which
 * the headers of OpenCL 1.2 lack. */
#include "core/pointer.h"

#include <string.h>

#include "base/status.h"

enum {
    DEVICE_SVM_CAPABILITIES = 0x1053,
    MEM_ALLOC_TYPE = 0x419A,
    MEM_ALLOC_BASE_PTR = 0x419B,
    MEM_ALLOC_SIZE = 0x419C,
    MEM_ALLOC_DEVICE = 0x419D,
    MEM_TYPE_UNKNOWN = 0x4196
};

/* A loader of OpenCL 1.2 has no such function: the address is NULL then. */
#ifdef __ELF__
extern cl_int CL_API_CALL clSetKernelArgSVMPointer(cl_kernel kernel,
                                                   cl_uint index,
                                                   const void *pointer)
    __attribute__((weak));
#else
static const clrelu_set_pointer clSetKernelArgSVMPointer = NULL;
#endif

static bool has_svm(cl_device_id device)
{
    cl_bitfield capabilities = 0;

    return clSetKernelArgSVMPointer &&
           !clGetDeviceInfo(device, DEVICE_SVM_CAPABILITIES,
                            sizeof(capabilities), &capabilities, NULL) &&
           capabilities != 0;
}

static bool has_usm(cl_device_id device)
{
    char extensions[16384] = "";

    return !clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, sizeof(extensions),
                            extensions, NULL) &&
           strstr(extensions, "cl_intel_unified_shared_memory");
}

bool clrelu_pointers_supported(cl_device_id device)
{
    return has_svm(device) || has_usm(device);
}

/* ISO C has no conversion from an object's pointer to a function's. */
static void find_function(cl_platform_id platform, const char *name,
                          void *function)
{
    void *const address =
        clGetExtensionFunctionAddressForPlatform(platform, name);

    memcpy(function, &address, sizeof(address));
}

clrelu_status clrelu_pointers_find(cl_context context, cl_device_id device,
                                   clrelu_pointers *pointers)
{
    clrelu_pointers found = {.context = context, .device = device};
    cl_platform_id platform;
    cl_int error;

    if (has_svm(device))
        found.set_svm = clSetKernelArgSVMPointer;
    if (has_usm(device)) {
        error = clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof(platform),
                                &platform, NULL);
        if (error)
            return clrelu_fail_cl(error, "clGetDeviceInfo");
        find_function(platform, "clSetKernelArgMemPointerINTEL",
                      &found.set_usm);
        find_function(platform, "clGetMemAllocInfoINTEL", &found.usm_info);
        if (!found.set_usm || !found.usm_info)
            found.set_usm = NULL;
    }
    *pointers = found;
    return CLRELU_OK;
}

bool clrelu_pointer_is_usm(const clrelu_pointers *p, const void *pointer)
{
    cl_uint type = MEM_TYPE_UNKNOWN;

    return p->set_usm &&
           !p->usm_info(p->context, pointer, MEM_ALLOC_TYPE, sizeof(type),
                        &type, NULL) &&
           type != MEM_TYPE_UNKNOWN;
}

static clrelu_status check_usm(const clrelu_pointers *p, const char *name,
                               const void *pointer, uint64_t *bytes)
{
    const void *base = NULL;
    cl_device_id device = NULL;
    size_t size = 0;
    cl_int error = p->usm_info(p->context, pointer, MEM_ALLOC_BASE_PTR,
                               sizeof(base), (void *)&base, NULL);

    if (!error)
        error = p->usm_info(p->context, pointer, MEM_ALLOC_SIZE, sizeof(size),
                            &size, NULL);
    /* NULL for memory of the host. */
    if (!error)
        error = p->usm_info(p->context, pointer, MEM_ALLOC_DEVICE,
                            sizeof(device), (void *)&device, NULL);
    if (error)
        return clrelu_fail_cl(error, "clGetMemAllocInfoINTEL");
    if (device && device != p->device)
        return clrelu_fail(CLRELU_INVALID_CONTEXT,
                           "%s: pointer is memory of another device than "
                           "context's",
                           name);
    *bytes = size - ((uintptr_t)pointer - (uintptr_t)base);
    return CLRELU_OK;
}

clrelu_status clrelu_pointer_check(const clrelu_pointers *p, const char *name,
                                   const void *pointer, uint64_t *bytes)
{
    if (clrelu_pointer_is_usm(p, pointer))
        return check_usm(p, name, pointer, bytes);
    if (p->set_svm)
        return CLRELU_OK;
    if (p->set_usm)
        return clrelu_fail(CLRELU_INVALID_BUFFER,
                           "%s: pointer is not unified shared memory of "
                           "context, and the device has no shared virtual "
                           "memory",
                           name);
    return clrelu_fail(CLRELU_UNSUPPORTED,
                       "%s: the device takes no pointers: it has neither "
                       "shared virtual memory (OpenCL 2.0) nor "
                       "cl_intel_unified_shared_memory; give mem",
                       name);
}

clrelu_status clrelu_pointer_set_arg(const clrelu_pointers *p, cl_kernel kernel,
                                     cl_uint index, const void *pointer)
{
    const bool usm = clrelu_pointer_is_usm(p, pointer);
    const cl_int error = usm ? p->set_usm(kernel, index, pointer)
                             : p->set_svm(kernel, index, pointer);

    return clrelu_check_cl(error, usm ? "clSetKernelArgMemPointerINTEL"
                                      : "clSetKernelArgSVMPointer");
}
