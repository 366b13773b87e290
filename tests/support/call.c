/* call.c - a call of any of the four functions, to be made wrong in one place
 * SPDX-License-Identifier: MIT */
#include "call.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "tap.h"

const char *function_name(enum function function)
{
    static const char *const names[FUNCTIONS] = {
        "clrelu_forward", "clrelu_backward", "clrelu_prelu_forward",
        "clrelu_prelu_backward"};

    return names[function];
}

const char *argument_name(enum function function, enum argument argument)
{
    static const char *const names[ARGUMENTS] = {"x",  "alpha",  "dy",
                                                 "dx", "dalpha", "workspace"};

    if (argument == OUT && (function == FORWARD || function == PRELU_FORWARD))
        return "y";
    return names[argument];
}

bool takes(enum function function, enum argument argument)
{
    static const bool table[FUNCTIONS][ARGUMENTS] = {
        [FORWARD] = {[X] = true, [OUT] = true},
        [BACKWARD] = {[X] = true, [DY] = true, [OUT] = true},
        [PRELU_FORWARD] = {[X] = true, [ALPHA] = true, [OUT] = true},
        [PRELU_BACKWARD] = {true, true, true, true, true, true},
    };

    return table[function][argument];
}

bool is_output(enum argument argument)
{
    return argument == OUT || argument == DALPHA || argument == WORKSPACE;
}

static void make_arrays(struct fixture *f)
{
    const size_t count[ARGUMENTS] = {f->n, f->alphas, f->n,
                                     f->n, f->alphas, f->workspace_bytes / 4};
    float *values = must_alloc(f->n * sizeof(*values));

    for (size_t i = 0; i < f->n; i++)
        values[i] = (float)i - 40.5f;
    for (int i = 0; i < ARGUMENTS; i++)
        f->arrays[i] = array_make(&f->device, 2, count[i],
                                  is_output((enum argument)i) ? NULL : values);
    free(values);
}

static void make_foreign(struct fixture *f)
{
    cl_int error;

    f->other_cl = clCreateContext(NULL, 1, &f->device.id, NULL, NULL, &error);
    device_must(error, "clCreateContext");
    f->other_queue = clCreateCommandQueue(f->other_cl, f->device.id, 0, &error);
    device_must(error, "clCreateCommandQueue");
    f->other_mem = clCreateBuffer(f->other_cl, CL_MEM_READ_WRITE,
                                  (f->n + 2) * sizeof(float), NULL, &error);
    device_must(error, "clCreateBuffer");
    f->other_event = clCreateUserEvent(f->other_cl, &error);
    device_must(error, "clCreateUserEvent");
    f->event = clCreateUserEvent(f->device.cl, &error);
    device_must(error, "clCreateUserEvent");
    device_must(clSetUserEventStatus(f->event, CL_COMPLETE),
                "clSetUserEventStatus");
}

/* Long enough that dalpha needs a workspace. */
void fixture_open(struct fixture *f)
{
    static const size_t dims[] = {2000, 4, 5};
    static const int axes[] = {2};

    device_open(&f->device);
    f->shape = reference_shape(3, dims, 1, axes);
    f->n = reference_count(&f->shape);
    f->alphas = reference_alpha_count(&f->shape);
    if (clrelu_prelu_workspace(CLRELU_FLOAT32, &f->shape,
                               &f->workspace_bytes) ||
        f->workspace_bytes == 0)
        bail("the shape of these tests should need a workspace");
    make_arrays(f);
    make_foreign(f);
}

void fixture_close(struct fixture *f)
{
    for (int i = 0; i < ARGUMENTS; i++)
        array_free(&f->arrays[i]);
    clReleaseEvent(f->event);
    /* Some implementations keep what an incomplete event belongs to. */
    clSetUserEventStatus(f->other_event, CL_COMPLETE);
    clReleaseEvent(f->other_event);
    clReleaseMemObject(f->other_mem);
    clReleaseCommandQueue(f->other_queue);
    clReleaseContext(f->other_cl);
    device_close(&f->device);
}

struct call good_call(const struct fixture *f, enum function function)
{
    struct call c = {
        .function = function,
        .context = f->device.context,
        .queue = f->device.queue,
        .op = CLRELU_ELU,
        .dtype = CLRELU_FLOAT32,
        .scalar = 1.0,
        .n = f->n,
        .shape = &f->shape,
    };

    for (int i = 0; i < ARGUMENTS; i++)
        c.buffers[i] = array_buffer(&f->arrays[i]);
    c.buffers[WORKSPACE].offset *= sizeof(float);
    return c;
}

clrelu_status call_run(const struct call *c)
{
    const clrelu_buffer *b = c->buffers;

    switch (c->function) {
    case FORWARD:
        return clrelu_forward(c->context, c->queue, c->op, c->dtype, c->scalar,
                              c->n, b[X], b[OUT], c->wait_count, c->wait_list,
                              c->event);
    case BACKWARD:
        return clrelu_backward(c->context, c->queue, c->op, c->dtype, c->scalar,
                               c->flags, c->n, b[X], b[DY], b[OUT],
                               c->wait_count, c->wait_list, c->event);
    case PRELU_FORWARD:
        return clrelu_prelu_forward(c->context, c->queue, c->dtype, c->shape,
                                    b[X], b[ALPHA], b[OUT], c->wait_count,
                                    c->wait_list, c->event);
    case PRELU_BACKWARD:
        return clrelu_prelu_backward(c->context, c->queue, c->dtype, c->shape,
                                     c->flags, b[X], b[ALPHA], b[DY], b[OUT],
                                     b[DALPHA], b[WORKSPACE], c->wait_count,
                                     c->wait_list, c->event);
    default:
        return CLRELU_OK;
    }
}

bool has_word(const char *text, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if ((at == text ||
             (!isalnum((unsigned char)at[-1]) && at[-1] != '_')) &&
            !isalnum((unsigned char)at[length]) && at[length] != '_')
            return true;
    return false;
}

static bool unchanged(struct fixture *f)
{
    bool good = true;

    for (int i = 0; i < ARGUMENTS; i++) {
        array_fetch(&f->device, &f->arrays[i]);
        good &= array_untouched(&f->arrays[i]);
    }
    return good;
}

void refuse(struct fixture *f, struct call call, clrelu_status status,
            const char *word, const char *what)
{
    char mark;
    const cl_event never = (cl_event)(void *)&mark;
    cl_event event = never;

    call.event = &event;
    const clrelu_status got = call_run(&call);
    const bool named = has_word(clrelu_error(), word);
    const bool same = event == never && unchanged(f);
    if (!ok(got == status && named && same, "%s refuses %s",
            function_name(call.function), what))
        diag("got %s, want %s; \"%s\" should name %s; event and arrays are "
             "%sas they were",
             clrelu_status_name(got), clrelu_status_name(status),
             clrelu_error(), word, same ? "" : "not ");
}

void accept(struct fixture *f, const struct call *call, const char *what)
{
    const clrelu_status got = call_run(call);

    if (!ok(got == CLRELU_OK && clFinish(f->device.queue) == CL_SUCCESS,
            "%s accepts %s", function_name(call->function), what))
        diag("%s: %s", clrelu_status_name(got), clrelu_error());
    for (int i = 0; i < ARGUMENTS; i++)
        array_reset(&f->device, &f->arrays[i]);
}
