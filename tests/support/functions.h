/* functions.h - a good call of each function that takes structs or a queue
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_FUNCTIONS_H
#define CLRELU_TESTS_FUNCTIONS_H

#include "device.h"

/* The public structs. */
enum kind {
    CONTEXT_PARAMS,
    EXEC,
    ELEMENTWISE,
    SHAPE,
    PRELU,
    CHAIN,
    SECOND,
    DENSE,
    PARAMETER,
    LAYER_PARAMS,
    KINDS
};

/* Small problems with an array for each argument.  A call takes a struct out of
 * given: this one's, another or NULL.  prelu and chain point to shape. */
struct arguments {
    clrelu_context *context;
    clrelu_prelu_layer *layer;
    clrelu_context_params context_params;
    clrelu_exec exec;
    clrelu_elementwise elementwise;
    clrelu_shape shape;
    clrelu_prelu prelu;
    clrelu_chain chain;
    clrelu_second second;
    clrelu_dense dense;
    clrelu_parameter parameter;
    clrelu_prelu_layer_params layer_params;
    clrelu_buffer partials, out;
    const void *given[KINDS];
    cl_mem mems[19];
};

/* All but the layer. */
void arguments_open(struct arguments *a, const struct device *d);
void arguments_open_layer(struct arguments *a);
void arguments_close(struct arguments *a);

typedef clrelu_status run_function(const struct arguments *a);

#define TAKES(kind) (1u << (kind))

/* Saving and loading a layer take the file "functions.npy". */
struct function_call {
    const char *name;
    run_function *run;
    unsigned takes; /* kinds of structs                                       */
};
enum { FUNCTION_CALLS = 36 };
extern const struct function_call function_calls[FUNCTION_CALLS];

/* By name; ends the program where there is none. */
const struct function_call *function_call(const char *name);

#endif
