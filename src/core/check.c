/* check.c - arguments are checked before anything is enqueued
 * SPDX-License-Identifier: MIT */
#include "core/check.h"

#include <inttypes.h>
#include <math.h>

#include "base/fork.h"
#include "base/status.h"
#include "base/types.h"
#include "core/pointer.h"

enum { MAX_ARRAYS = 12 };

clrelu_status clrelu_check_context(const clrelu_context *context)
{
    return context ? clrelu_fork_check()
                   : clrelu_fail(CLRELU_INVALID_NULL, "context is NULL");
}

static clrelu_status check_queue(const clrelu_call *call)
{
    cl_context context;
    cl_device_id device;
    cl_int error;
    const clrelu_status status = clrelu_check_context(call->context);

    if (status)
        return status;
    if (!call->exec)
        return clrelu_fail(CLRELU_INVALID_NULL, "exec is NULL");
    if (!call->exec->queue)
        return clrelu_fail(CLRELU_INVALID_NULL, "exec: queue is NULL");
    error = clGetCommandQueueInfo(call->exec->queue, CL_QUEUE_CONTEXT,
                                  sizeof(context), &context, NULL);
    if (!error)
        error = clGetCommandQueueInfo(call->exec->queue, CL_QUEUE_DEVICE,
                                      sizeof(device), &device, NULL);
    if (clrelu_is_resource_error(error))
        return clrelu_fail_cl(error, "clGetCommandQueueInfo");
    if (error)
        return clrelu_fail(CLRELU_INVALID_QUEUE,
                           "exec: queue is not a command queue");
    if (context != call->context->context)
        return clrelu_fail(
            CLRELU_INVALID_CONTEXT,
            "exec: queue belongs to another cl_context than context");
    if (device != call->context->device)
        return clrelu_fail(
            CLRELU_INVALID_CONTEXT,
            "exec: queue belongs to another device than context");
    return CLRELU_OK;
}

clrelu_status clrelu_fail_reserved(const char *name)
{
    return clrelu_fail(CLRELU_INVALID_RESERVED,
                       "%s: a reserved field is not 0: it may be a field of a "
                       "later version than %s",
                       name, clrelu_version());
}

clrelu_status clrelu_check_call(const clrelu_call *call)
{
    clrelu_status status = check_queue(call);

    if (!status)
        status = CLRELU_CHECK_RESERVED("exec", call->exec->reserved_32);
    if (!status)
        status = CLRELU_CHECK_RESERVED("exec", call->exec->reserved);
    if (status)
        return status;
    if ((call->exec->wait_count == 0) != (call->exec->wait_list == NULL))
        return clrelu_fail(CLRELU_INVALID_EVENTS,
                           "exec: wait_list is %s, but wait_count is %u",
                           call->exec->wait_list ? "given" : "NULL",
                           call->exec->wait_count);
    for (cl_uint i = 0; i < call->exec->wait_count; i++) {
        cl_context context;
        cl_int error = CL_INVALID_EVENT;
        if (call->exec->wait_list[i])
            error = clGetEventInfo(call->exec->wait_list[i], CL_EVENT_CONTEXT,
                                   sizeof(context), &context, NULL);
        if (clrelu_is_resource_error(error))
            return clrelu_fail_cl(error, "clGetEventInfo");
        if (error)
            return clrelu_fail(CLRELU_INVALID_EVENTS,
                               "exec: wait_list[%u] is not an event", i);
        if (context != call->context->context)
            return clrelu_fail(
                CLRELU_INVALID_EVENTS,
                "exec: wait_list[%u] belongs to another cl_context "
                "than context",
                i);
    }
    return CLRELU_OK;
}

clrelu_status clrelu_check_dtype(const clrelu_context *context,
                                 clrelu_dtype dtype)
{
    if (!clrelu_dtype_size(dtype))
        return clrelu_fail(CLRELU_INVALID_DTYPE,
                           "dtype is %d, must be an enumerator of clrelu_dtype",
                           (int)dtype);
    if (context && dtype == CLRELU_FLOAT64 && !context->params.has_fp64)
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "dtype is CLRELU_FLOAT64, but the device has no "
                           "cl_khr_fp64");
    return CLRELU_OK;
}

clrelu_status clrelu_check_alpha_dtype(clrelu_dtype dtype, clrelu_dtype given,
                                       clrelu_dtype *alpha_dtype)
{
    *alpha_dtype = given ? given : dtype;
    if (*alpha_dtype == dtype ||
        (*alpha_dtype == CLRELU_FLOAT32 && clrelu_dtype_size(dtype) == 2))
        return CLRELU_OK;
    return clrelu_fail(CLRELU_INVALID_DTYPE,
                       "alpha_dtype is %d, must be 0, dtype (%d), or "
                       "CLRELU_FLOAT32 (%d) with float16 or bfloat16",
                       (int)*alpha_dtype, (int)dtype, CLRELU_FLOAT32);
}

clrelu_status clrelu_check_scalar(clrelu_op op, clrelu_dtype dtype,
                                  double scalar)
{
    const char *name = clrelu_op_parameter(op, NULL);
    const bool wide = dtype == CLRELU_FLOAT64;

    if (op == CLRELU_PRELU)
        return clrelu_fail(CLRELU_INVALID_OP,
                           "op is CLRELU_PRELU, whose alpha is an array: call "
                           "clrelu_prelu_forward or clrelu_prelu_backward");
    if (!name)
        return clrelu_fail(CLRELU_INVALID_OP,
                           "op is %d, must be an enumerator of clrelu_op",
                           (int)op);
    if (!isfinite(wide ? scalar : (double)(float)scalar))
        return clrelu_fail(CLRELU_INVALID_SCALAR,
                           "%s is %g, must be finite in %s", name, scalar,
                           wide ? "float64" : "float32");
    if (scalar < clrelu_op_min(op))
        return clrelu_fail(CLRELU_INVALID_SCALAR, "%s is %g, must be >= %g",
                           name, scalar, clrelu_op_min(op));
    return CLRELU_OK;
}

clrelu_status clrelu_check_n(size_t n)
{
    if (n > SIZE_MAX / 8)
        return clrelu_fail(CLRELU_INVALID_SIZE,
                           "n is %zu, its bytes do not fit %zu bits", n,
                           8 * sizeof(size_t));
    return CLRELU_OK;
}

clrelu_status clrelu_check_flags(unsigned flags, unsigned known)
{
    if (flags & ~known)
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags is 0x%x, this call knows 0x%x", flags, known);
    return CLRELU_OK;
}

static clrelu_status fail_mem(cl_int error, const char *name, const char *text)
{
    if (clrelu_is_resource_error(error))
        return clrelu_fail_cl(error, "clGetMemObjectInfo");
    return clrelu_fail(CLRELU_INVALID_BUFFER, "%s: %s", name, text);
}

/* The buffer, or a sub-buffer's parent; *base is its offset there, in bytes. */
static clrelu_status find_root(const char *name, cl_mem mem, clrelu_span *span,
                               uint64_t *base)
{
    cl_mem parent = NULL;
    size_t origin = 0;
    cl_int error = clGetMemObjectInfo(mem, CL_MEM_ASSOCIATED_MEMOBJECT,
                                      sizeof(parent), &parent, NULL);

    if (!error && parent)
        error = clGetMemObjectInfo(mem, CL_MEM_OFFSET, sizeof(origin), &origin,
                                   NULL);
    if (error)
        return fail_mem(error, name, "its parent buffer is unknown");
    span->root = parent ? parent : mem;
    *base = parent ? origin : 0;
    return CLRELU_OK;
}

static clrelu_status check_mem(const clrelu_call *call, const char *name,
                               cl_mem mem, unsigned access, size_t *size)
{
    cl_mem_object_type type = 0;
    cl_context context;
    cl_mem_flags flags;
    cl_int error;

    error = clGetMemObjectInfo(mem, CL_MEM_TYPE, sizeof(type), &type, NULL);
    if (!error)
        error = clGetMemObjectInfo(mem, CL_MEM_CONTEXT, sizeof(context),
                                   &context, NULL);
    if (!error)
        error =
            clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof(flags), &flags, NULL);
    if (!error)
        error = clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof(*size), size, NULL);
    if (error || type != CL_MEM_OBJECT_BUFFER)
        return fail_mem(error, name, "mem is not a buffer object");
    if (context != call->context->context)
        return clrelu_fail(CLRELU_INVALID_CONTEXT,
                           "%s: mem belongs to another cl_context than "
                           "context",
                           name);
    if ((access & CLRELU_WRITE) && (flags & CL_MEM_READ_ONLY))
        return clrelu_fail(CLRELU_BUFFER_READ_ONLY,
                           "%s: mem is CL_MEM_READ_ONLY, must be writable: it "
                           "is an output",
                           name);
    if ((access & CLRELU_READ) && (flags & CL_MEM_WRITE_ONLY))
        return clrelu_fail(CLRELU_BUFFER_WRITE_ONLY,
                           "%s: mem is CL_MEM_WRITE_ONLY, must be readable",
                           name);
    return CLRELU_OK;
}

static clrelu_status check_size(const char *name, clrelu_buffer buffer,
                                uint64_t held, uint64_t n)
{
    if (buffer.offset <= held && n <= held - buffer.offset)
        return CLRELU_OK;
    return clrelu_fail(CLRELU_BUFFER_TOO_SMALL,
                       "%s: holds %" PRIu64 " elements, must hold %zu (offset) "
                       "+ %" PRIu64,
                       name, held, buffer.offset, n);
}

/* All pointers are ranges of one root, the address space. */
static clrelu_status check_pointer(const clrelu_call *call, const char *name,
                                   clrelu_buffer buffer, size_t element_size,
                                   uint64_t n, clrelu_span *span)
{
    static const char address_space;
    const uintptr_t begin = (uintptr_t)buffer.pointer;
    uint64_t bytes = UINTPTR_MAX - begin;
    clrelu_status status = clrelu_pointer_check(&call->context->pointers, name,
                                                buffer.pointer, &bytes);

    if (!status)
        status = check_size(name, buffer, bytes / element_size, n);
    span->root = &address_space;
    span->begin = begin + (uint64_t)buffer.offset * element_size;
    return status;
}

static clrelu_status check_buffer_object(const clrelu_call *call,
                                         const char *name, clrelu_buffer buffer,
                                         size_t element_size, uint64_t n,
                                         unsigned access, clrelu_span *span)
{
    size_t size = 0;
    uint64_t base = 0;
    clrelu_status status = check_mem(call, name, buffer.mem, access, &size);

    if (!status)
        status = find_root(name, buffer.mem, span, &base);
    if (!status)
        status = check_size(name, buffer, size / element_size, n);
    span->begin = base + buffer.offset * element_size;
    return status;
}

clrelu_status clrelu_check_buffer(const clrelu_call *call, const char *name,
                                  clrelu_buffer buffer, size_t element_size,
                                  uint64_t n, unsigned access,
                                  clrelu_span *span)
{
    clrelu_status status = CLRELU_CHECK_RESERVED(name, buffer.reserved);

    if (!status && !clrelu_is_given(buffer))
        status = clrelu_fail(CLRELU_INVALID_NULL,
                             "%s: no buffer: mem and pointer are NULL", name);
    if (!status && buffer.mem && buffer.pointer)
        status =
            clrelu_fail(CLRELU_INVALID_BUFFER,
                        "%s: has both mem and pointer, must have one", name);
    if (!status)
        status = buffer.mem
                     ? check_buffer_object(call, name, buffer, element_size, n,
                                           access, span)
                     : check_pointer(call, name, buffer, element_size, n, span);
    span->name = name;
    span->end = span->begin + n * element_size;
    return status;
}

clrelu_status clrelu_check_input(clrelu_buffer x, clrelu_buffer mask,
                                 bool from_output, bool backward)
{
    const bool has_mask = clrelu_is_given(mask);

    if (!backward || (!from_output && !has_mask))
        return CLRELU_OK;
    if (from_output && has_mask)
        return clrelu_fail(CLRELU_INVALID_FLAGS,
                           "flags has CLRELU_FROM_OUTPUT, but mask is given, "
                           "must be one of them");
    if (clrelu_is_given(x))
        return clrelu_fail(CLRELU_INVALID_BUFFER,
                           "x: is given, must be left out: %s in its place",
                           has_mask ? "mask is read"
                                    : "CLRELU_FROM_OUTPUT reads y");
    return CLRELU_OK;
}

clrelu_status clrelu_check_mask(const clrelu_call *call, clrelu_buffer mask,
                                uint64_t n, bool backward, clrelu_span *span)
{
    if (!clrelu_is_given(mask))
        return CLRELU_OK;
    return clrelu_check_buffer(call, "mask", mask, sizeof(cl_uint),
                               n / 32 + (n % 32 != 0),
                               backward ? CLRELU_READ : CLRELU_WRITE, span);
}

bool clrelu_in_place(clrelu_buffer output, clrelu_buffer input)
{
    return output.mem == input.mem && output.pointer == input.pointer &&
           output.offset == input.offset;
}

clrelu_status clrelu_check_disjoint(const clrelu_span *output,
                                    const clrelu_span *other, bool same)
{
    if (output->root != other->root || output->end <= other->begin ||
        other->end <= output->begin)
        return CLRELU_OK;
    if (same && output->begin == other->begin && output->end == other->end)
        return CLRELU_OK;
    return clrelu_fail(
        CLRELU_BUFFER_OVERLAP,
        "%s: bytes %" PRIu64 "..%" PRIu64 " overlap %s at %" PRIu64 "..%" PRIu64
        ", must %s",
        output->name, output->begin, output->end, other->name, other->begin,
        other->end, same ? "be the same elements or disjoint" : "be disjoint");
}

clrelu_status clrelu_check_arrays(const clrelu_call *call,
                                  const clrelu_array *arrays, unsigned count)
{
    clrelu_span spans[MAX_ARRAYS];
    clrelu_status status = CLRELU_OK;

    for (unsigned i = 0; i < count && !status; i++) {
        const clrelu_array *a = &arrays[i];
        if (a->access)
            status = clrelu_check_buffer(call, a->name, a->buffer, a->size,
                                         a->n, a->access, &spans[i]);
    }
    for (unsigned i = 0; i < count && !status; i++)
        for (unsigned k = 0; k < count && !status; k++)
            if (k != i && (arrays[i].access & CLRELU_WRITE) && arrays[k].access)
                status = clrelu_check_disjoint(
                    &spans[i], &spans[k],
                    arrays[i].access & arrays[k].access & CLRELU_IN_PLACE);
    return status;
}
