/* layer_file.c - a PReLU layer's alpha as an array or a file
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/launch.h"
#include "core/trace.h"
#include "core/upload.h"
#include "npy/npy.h"
#include "store/atomic_file.h"
#include "train/layer.h"

static clrelu_status check_values(const clrelu_call *call,
                                  const clrelu_prelu_layer *layer, size_t count,
                                  const float *values)
{
    clrelu_status status = clrelu_layer_check(call, layer);

    if (!status && !values)
        status = clrelu_fail(CLRELU_INVALID_NULL, "values is NULL");
    if (!status && count != layer->count)
        status = clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                             "count is %zu, must be that of alpha, %zu", count,
                             layer->count);
    return status;
}

static clrelu_status write_alpha(const clrelu_call *call,
                                 const clrelu_prelu_layer *layer, size_t count,
                                 const float *values)
{
    const clrelu_status status = check_values(call, layer, count, values);

    return status ? status : clrelu_upload(call, values, count, layer->alpha);
}

clrelu_status clrelu_prelu_layer_write_alpha(clrelu_prelu_layer *layer,
                                             const clrelu_exec *exec,
                                             size_t count, const float *values)
{
    const clrelu_call call = {layer ? layer->context : NULL, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_layer_trace(layer));
    return clrelu_traced(write_alpha(&call, layer, count, values));
}

static clrelu_status read_alpha(const clrelu_call *call,
                                const clrelu_prelu_layer *layer, size_t count,
                                float *values)
{
    const clrelu_status status = check_values(call, layer, count, values);
    cl_int error;

    if (status)
        return status;
    if (count == 0)
        return clrelu_enqueue_nothing(call);
    const clrelu_exec *exec = call->exec;
    cl_event own = NULL, *event = exec->event;
    CLRELU_TRACE(clrelu_trace_bytes(count * sizeof(*values)));
    CLRELU_TRACE(clrelu_trace_command("clEnqueueReadBuffer", 0, 0));
    CLRELU_TRACE(clrelu_trace_want(exec->queue, &own, &event));
    error = clEnqueueReadBuffer(exec->queue, layer->alpha.mem, CL_TRUE, 0,
                                count * sizeof(*values), values,
                                exec->wait_count, exec->wait_list, event);
    if (error)
        return clrelu_fail_cl(error, "clEnqueueReadBuffer");
    CLRELU_TRACE(clrelu_trace_keep(own, event));
    return CLRELU_OK;
}

clrelu_status clrelu_prelu_layer_read_alpha(const clrelu_prelu_layer *layer,
                                            const clrelu_exec *exec,
                                            size_t count, float *values)
{
    const clrelu_call call = {layer ? layer->context : NULL, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_layer_trace(layer));
    return clrelu_traced(read_alpha(&call, layer, count, values));
}

static clrelu_status check_path(const clrelu_call *call,
                                const clrelu_prelu_layer *layer,
                                const char *path)
{
    clrelu_status status = clrelu_layer_check(call, layer);

    if (!status && !path)
        status = clrelu_fail(CLRELU_INVALID_NULL, "path is NULL");
    return status;
}

static bool write_file(FILE *file, const clrelu_prelu_layer *l,
                       const float *values)
{
    char header[NPY_MAX_HEADER];
    const size_t size = clrelu_npy_header_format(l->alpha_rank, l->alpha_dims,
                                                 CLRELU_FLOAT32, header);

    return fwrite(header, 1, size, file) == size &&
           fwrite(values, sizeof(*values), l->count, file) == l->count;
}

static clrelu_status save_values(const clrelu_prelu_layer *l, const char *path,
                                 const float *values)
{
    clrelu_atomic_file w;

    if (clrelu_atomic_file_begin(&w, path) &&
        clrelu_atomic_file_end(&w, write_file(w.file, l, values)))
        return CLRELU_OK;
    return clrelu_fail_file(path, w.error);
}

static clrelu_status save(const clrelu_call *call,
                          const clrelu_prelu_layer *layer, const char *path)
{
    clrelu_status status = check_path(call, layer, path);
    cl_event read = NULL;
    float *values;

    if (status)
        return status;
    values = malloc((layer->count + 1) * sizeof(*values));
    if (!values)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for alpha");
    /* The caller gets no event of a call that fails after the read. */
    clrelu_exec exec = *call->exec;
    const clrelu_call reading = {call->context, &exec};
    exec.event = exec.event ? &read : NULL;
    status = read_alpha(&reading, layer, layer->count, values);
    if (!status)
        status = save_values(layer, path, values);
    free(values);
    if (status && read)
        clReleaseEvent(read);
    if (!status && read)
        *call->exec->event = read;
    return status;
}

clrelu_status clrelu_prelu_layer_save(const clrelu_prelu_layer *layer,
                                      const clrelu_exec *exec, const char *path)
{
    const clrelu_call call = {layer ? layer->context : NULL, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_layer_trace(layer));
    return clrelu_traced(save(&call, layer, path));
}

static clrelu_status fail_npy(const char *path, const char *error)
{
    return clrelu_fail(CLRELU_FILE_ERROR, "%s: %s", path, error);
}

static clrelu_status read_header(FILE *file, const char *path, npy_header *h)
{
    unsigned char prefix[NPY_MAX_PREFIX] = {0};
    char error[NPY_ERROR];
    size_t prefix_size, text_size;
    clrelu_status status = CLRELU_OK;
    char *text;

    if (fread(prefix, 1, sizeof(prefix), file) < NPY_PREFIX)
        return fail_npy(path, "is not an .npy file");
    if (!clrelu_npy_prefix_parse(prefix, &prefix_size, &text_size, error))
        return fail_npy(path, error);
    text = malloc(text_size + 1);
    if (!text)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "%s: no memory", path);
    if (fseek(file, (long)prefix_size, SEEK_SET) ||
        fread(text, 1, text_size, file) != text_size)
        status = fail_npy(path, "ends within its header");
    else if (!clrelu_npy_text_parse(text, text_size, h, error))
        status = fail_npy(path, error);
    free(text);
    return status;
}

static clrelu_status check_shape(const char *path, const npy_header *h,
                                 const clrelu_prelu_layer *l)
{
    char got[NPY_SHAPE_TEXT], want[NPY_SHAPE_TEXT];

    if (h->rank == l->alpha_rank &&
        memcmp(h->dims, l->alpha_dims, h->rank * sizeof(h->dims[0])) == 0)
        return CLRELU_OK;
    return clrelu_fail(
        CLRELU_INVALID_ALPHA_SHAPE, "%s: has shape %.300s, must have %.300s",
        path, clrelu_npy_shape_format(h->rank, h->dims, got),
        clrelu_npy_shape_format(l->alpha_rank, l->alpha_dims, want));
}

/* The file's elements as float32 in C order.  raw and values are buffers for
 * header->count elements. */
static clrelu_status read_values(FILE *file, const char *path,
                                 const npy_header *h, void *raw, float *values)
{
    if (fread(raw, h->item_size, h->count, file) != h->count)
        return fail_npy(path, "is cut short");
    clrelu_npy_convert(h, raw, h->count, CLRELU_FLOAT32, values);
    if (!h->fortran)
        return CLRELU_OK;
    memcpy(raw, values, h->count * sizeof(*values));
    clrelu_npy_reorder(h, sizeof(*values), raw, values);
    return CLRELU_OK;
}

static clrelu_status load_values(const clrelu_call *call, clrelu_prelu_layer *l,
                                 const char *path, FILE *file)
{
    npy_header h;
    double *raw = NULL;
    float *values = NULL;
    clrelu_status status = read_header(file, path, &h);

    if (!status)
        status = check_shape(path, &h, l);
    if (status)
        return status;
    /* Large enough for the widest elements. */
    raw = malloc((l->count + 1) * sizeof(*raw));
    values = malloc((l->count + 1) * sizeof(*values));
    if (!raw || !values)
        status = clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for alpha");
    if (!status)
        status = read_values(file, path, &h, raw, values);
    if (!status)
        status = clrelu_upload(call, values, l->count, l->alpha);
    free(raw);
    free(values);
    return status;
}

static clrelu_status load(const clrelu_call *call, clrelu_prelu_layer *layer,
                          const char *path)
{
    clrelu_status status = check_path(call, layer, path);
    FILE *file;

    if (status)
        return status;
    file = fopen(path, "rb");
    if (!file)
        return clrelu_fail_file(path, NULL);
    status = load_values(call, layer, path, file);
    fclose(file);
    return status;
}

clrelu_status clrelu_prelu_layer_load(clrelu_prelu_layer *layer,
                                      const clrelu_exec *exec, const char *path)
{
    const clrelu_call call = {layer ? layer->context : NULL, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_layer_trace(layer));
    return clrelu_traced(load(&call, layer, path));
}
