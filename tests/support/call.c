/* call.c - an element-wise or PReLU call, to be made wrong in one place
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
        "clrelu_prelu_backward", "clrelu_prelu_backward_partial"};

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
        [PRELU_PARTIAL] = {true, true, true, true, true, true},
    };

    return table[function][argument];
}

bool is_output(enum argument argument)
{
    return argument == OUT || argument == DALPHA || argument == WORKSPACE;
}

size_t elements_of(const struct fixture *f, enum function function,
                   enum argument argument)
{
    if (argument == DALPHA && function != PRELU_PARTIAL)
        return f->alphas;
    return f->arrays[argument].n;
}

static void make_arrays(struct fixture *f)
{
    const size_t count[ARGUMENTS] = {f->n, f->alphas,     f->n,
                                     f->n, 2 * f->alphas, f->workspace_count};
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
    const cl_device_id id = f->device.id;
    cl_int error;

    f->other = (struct device){.id = id};
    f->other.cl = clCreateContext(NULL, 1, &id, NULL, NULL, &error);
    device_must(error, "clCreateContext");
    f->other.queue = device_queue(&f->other, 0);
    f->other_mem = device_buffer(&f->other, (f->n + 2) * sizeof(float), NULL);
    f->other_event = device_user_event(&f->other);
    f->event = device_user_event(&f->device);
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
    if (clrelu_prelu_workspace(
            &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &f->shape},
            &f->workspace_count) ||
        f->workspace_count == 0)
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
    clReleaseCommandQueue(f->other.queue);
    clReleaseContext(f->other.cl);
    device_close(&f->device);
}

struct call good_call(const struct fixture *f, enum function function)
{
    struct call c = {
        .function = function,
        .context = f->device.context,
        .exec = f->device.exec,
        .op = CLRELU_ELU,
        .dtype = CLRELU_FLOAT32,
        .scalar = 1.0,
        .n = f->n,
        .shape = &f->shape,
    };

    for (int i = 0; i < ARGUMENTS; i++)
        c.buffers[i] = array_buffer(&f->arrays[i]);
    return c;
}

static clrelu_status run_elementwise(const struct call *c)
{
    const clrelu_buffer *b = c->buffers, none = {0};
    const bool back = c->function == BACKWARD;
    const clrelu_elementwise call = {.op = c->op,
                                     .dtype = c->dtype,
                                     .flags = c->flags,
                                     .scalar = c->scalar,
                                     .n = c->n,
                                     .x = b[X],
                                     .y = back ? none : b[OUT],
                                     .dy = back ? b[DY] : none,
                                     .dx = back ? b[OUT] : none};

    return (back ? clrelu_backward : clrelu_forward)(c->context, &c->exec,
                                                     &call);
}

static clrelu_status run_prelu(const struct call *c)
{
    const clrelu_buffer *b = c->buffers;
    clrelu_prelu call = {.dtype = c->dtype,
                         .flags = c->flags,
                         .shape = c->shape,
                         .x = b[X],
                         .alpha = b[ALPHA]};

    if (c->function == PRELU_FORWARD) {
        call.y = b[OUT];
        return clrelu_prelu_forward(c->context, &c->exec, &call);
    }
    call.dy = b[DY];
    call.dx = b[OUT];
    call.dalpha = b[DALPHA];
    call.workspace = b[WORKSPACE];
    return (c->function == PRELU_PARTIAL
                ? clrelu_prelu_backward_partial
                : clrelu_prelu_backward)(c->context, &c->exec, &call);
}

clrelu_status call_run(const struct call *c)
{
    return c->function < PRELU_FORWARD ? run_elementwise(c) : run_prelu(c);
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

    call.exec.event = &event;
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
