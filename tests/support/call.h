/* call.h - an element-wise or PReLU call, to be made wrong in one place
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_CALL_H
#define CLRELU_TESTS_CALL_H

#include "array.h"

enum function {
    FORWARD,
    BACKWARD,
    PRELU_FORWARD,
    PRELU_BACKWARD,
    PRELU_PARTIAL,
    FUNCTIONS
};

/* out is y or dx. */
enum argument { X, ALPHA, DY, OUT, DALPHA, WORKSPACE, ARGUMENTS };

struct call {
    enum function function;
    clrelu_context *context;
    clrelu_exec exec;
    clrelu_op op;
    clrelu_dtype dtype;
    double scalar;
    unsigned flags;
    size_t n;
    const clrelu_shape *shape;
    clrelu_buffer buffers[ARGUMENTS];
};

/* Arrays that are large enough for all functions, and what is foreign to them.
 */
struct fixture {
    struct device device;
    struct device other; /* another cl_context, without a clrelu_context */
    clrelu_shape shape;
    size_t n, alphas, workspace_count;
    struct array arrays[ARGUMENTS];
    cl_mem other_mem;
    cl_event other_event, event; /* user events, event is complete */
};

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);

/* A call that has nothing wrong, and does not wait. */
struct call good_call(const struct fixture *f, enum function function);

clrelu_status call_run(const struct call *c);

const char *function_name(enum function function);
const char *argument_name(enum function function, enum argument argument);
bool takes(enum function function, enum argument argument);
bool is_output(enum argument argument);

/* Elements that the function uses of the argument's array. */
size_t elements_of(const struct fixture *f, enum function function,
                   enum argument argument);

/* One line: the call fails with this status and a text that has this word in
 * it, and changes neither the event nor an output. */
void refuse(struct fixture *f, struct call call, clrelu_status status,
            const char *word, const char *what);

/* One line: the call is fine. */
void accept(struct fixture *f, const struct call *call, const char *what);

/* Is word in text, and not as a part of another? */
bool has_word(const char *text, const char *word);

#endif
