/* test_header.c - the header stands alone, and what needs no device
 * SPDX-License-Identifier: MIT */
#include "clrelu.h"

#include <string.h>

#include "tap.h"

#if CL_TARGET_OPENCL_VERSION < 120
#error the header must ask for OpenCL 1.2 at min
#endif

#if CLRELU_VERSION < 100 || CLRELU_VERSION >= 1000000
#error the version must be one number that #if takes
#endif

static void test_version(void)
{
    char text[64];
    int parts[3] = {-1, -1, -1};

    snprintf(text, sizeof(text), "%d.%d.%d", CLRELU_VERSION_MAJOR,
             CLRELU_VERSION_MINOR, CLRELU_VERSION_PATCH);
    ok(strcmp(clrelu_version(), text) == 0, "version %s is the header's %s",
       clrelu_version(), text);
    ok(sscanf(clrelu_version(), "%d.%d.%d", &parts[0], &parts[1], &parts[2]) ==
               3 &&
           parts[0] * 10000 + parts[1] * 100 + parts[2] == CLRELU_VERSION,
       "and %d as one number", CLRELU_VERSION);
    ok(clrelu_version_number() == CLRELU_VERSION, "... as the library has it");
}

static void test_names(void)
{
    double value;

    ok(strcmp(clrelu_op_name(CLRELU_LEAKY_RELU), "leaky_relu") == 0,
       "name of leaky_relu");
    ok(strcmp(clrelu_op_name(CLRELU_PRELU), "prelu") == 0, "name of prelu");
    ok(strcmp(clrelu_op_name(CLRELU_ELU), "elu") == 0, "name of elu");
    ok(strcmp(clrelu_op_name(CLRELU_THRESHOLDED_RELU), "thresholded_relu") == 0,
       "name of thresholded_relu");
    ok(strcmp(clrelu_op_parameter(CLRELU_THRESHOLDED_RELU, &value), "theta") ==
               0 &&
           value == 1.0,
       "its parameter");
    ok(strcmp(clrelu_op_parameter(CLRELU_LEAKY_RELU, &value), "alpha") == 0 &&
           value > 0.29 && value < 0.31,
       "that of leaky_relu");
    ok(clrelu_op_parameter(CLRELU_PRELU, NULL) != NULL, "... unasked");
    ok(clrelu_op_parameter((clrelu_op)1000, &value) == NULL,
       "no parameter of an unknown op");
    ok(clrelu_op_parameter((clrelu_op)0, &value) == NULL, "nor of op 0");
    ok(clrelu_op_name((clrelu_op)1000) == NULL, "no name of an unknown op");
    ok(clrelu_op_name((clrelu_op)0) == NULL, "nor of op 0");
    ok(clrelu_dtype_size(CLRELU_FLOAT32) == 4, "a float32 has 4 bytes");
    ok(clrelu_dtype_size((clrelu_dtype)1000) == 0, "an unknown dtype has none");
    ok(clrelu_dtype_size((clrelu_dtype)0) == 0, "nor has dtype 0");
}

/* What the header itself defines. */
static void test_buffers(void)
{
    int any = 0;
    const clrelu_buffer in = clrelu_at((cl_mem)(void *)&any, 3);
    const clrelu_buffer at = clrelu_at_pointer(&any, 5);

    ok(in.mem == (cl_mem)(void *)&any && !in.pointer && in.offset == 3 &&
           !in.reserved,
       "clrelu_at");
    ok(!at.mem && at.pointer == &any && at.offset == 5 && !at.reserved,
       "clrelu_at_pointer");
}

/* alpha's shape needs no device, and so can show how errors are kept. */
static void test_error_text(void)
{
    clrelu_shape shape;
    const size_t dims[2] = {4, 5};
    size_t count = 0;

    memset(&shape, 0, sizeof(shape));
    ok(strcmp(clrelu_error(), "") == 0, "no error text before the first error");
    shape.rank = CLRELU_MAX_RANK + 1;
    ok(clrelu_prelu_alpha_dims(&shape, NULL, NULL, &count) ==
           CLRELU_INVALID_RANK,
       "rank %d is an error", CLRELU_MAX_RANK + 1);
    ok(strstr(clrelu_error(), "rank") != NULL, "its text: %s", clrelu_error());
    shape.rank = 2;
    shape.dims = dims;
    ok(clrelu_prelu_alpha_dims(&shape, NULL, NULL, &count) == CLRELU_OK &&
           count == 5,
       "then a good call");
    ok(strstr(clrelu_error(), "rank") != NULL,
       "leaves the text of the last failed one");
}

int main(void)
{
    test_error_text();
    test_version();
    test_names();
    test_buffers();
    return done_testing();
}
