/* test_abi.c - the layout of the public structs, and the enumerators' values
 * SPDX-License-Identifier: MIT
 *
 * A program keeps running with every later library of the same soname as long
 * as none of these numbers changes. */
#include "clrelu.h"

#include <string.h>

#include "tap.h"

struct row {
    size_t got, want;
    const char *name;
};

/* A struct's size, and then all its fields. */
#define SIZE(type, bytes) \
    { \
        sizeof(type), bytes, #type \
    }
#define FIELD(type, field, at) \
    { \
        offsetof(type, field), at, #type "." #field \
    }
#define VALUE(enumerator, value) \
    { \
        enumerator, value, #enumerator \
    }

static const struct row structs[] = {
    SIZE(clrelu_device, 760),
    FIELD(clrelu_device, platform, 0),
    FIELD(clrelu_device, device, 8),
    FIELD(clrelu_device, type, 16),
    FIELD(clrelu_device, platform_name, 24),
    FIELD(clrelu_device, name, 152),
    FIELD(clrelu_device, vendor, 280),
    FIELD(clrelu_device, version, 408),
    FIELD(clrelu_device, driver, 536),
    FIELD(clrelu_device, compute_units, 664),
    FIELD(clrelu_device, compiler, 668),
    FIELD(clrelu_device, memory_bytes, 672),
    FIELD(clrelu_device, max_alloc_bytes, 680),
    FIELD(clrelu_device, cache_bytes, 688),
    FIELD(clrelu_device, svm, 696),
    FIELD(clrelu_device, reserved_32, 700),
    FIELD(clrelu_device, reserved, 704),
    SIZE(clrelu_context_params, 88),
    FIELD(clrelu_context_params, spec, 0),
    FIELD(clrelu_context_params, context, 8),
    FIELD(clrelu_context_params, device, 16),
    FIELD(clrelu_context_params, queue, 24),
    FIELD(clrelu_context_params, program, 32),
    FIELD(clrelu_context_params, log, 40),
    FIELD(clrelu_context_params, log_data, 48),
    FIELD(clrelu_context_params, reserved, 56),
    SIZE(clrelu_float_check, 296),
    FIELD(clrelu_float_check, is_ieee, 0),
    FIELD(clrelu_float_check, reserved_32, 4),
    FIELD(clrelu_float_check, differs, 8),
    FIELD(clrelu_float_check, reserved, 264),
    SIZE(clrelu_kernel_check, 296),
    FIELD(clrelu_kernel_check, same_bits, 0),
    FIELD(clrelu_kernel_check, differs, 4),
    FIELD(clrelu_kernel_check, reserved, 264),
    SIZE(clrelu_buffer, 32),
    FIELD(clrelu_buffer, mem, 0),
    FIELD(clrelu_buffer, pointer, 8),
    FIELD(clrelu_buffer, offset, 16),
    FIELD(clrelu_buffer, reserved, 24),
    SIZE(clrelu_exec, 48),
    FIELD(clrelu_exec, queue, 0),
    FIELD(clrelu_exec, wait_count, 8),
    FIELD(clrelu_exec, reserved_32, 12),
    FIELD(clrelu_exec, wait_list, 16),
    FIELD(clrelu_exec, event, 24),
    FIELD(clrelu_exec, reserved, 32),
    SIZE(clrelu_strides, 96),
    FIELD(clrelu_strides, rank, 0),
    FIELD(clrelu_strides, dims, 8),
    FIELD(clrelu_strides, x, 16),
    FIELD(clrelu_strides, y, 24),
    FIELD(clrelu_strides, dy, 32),
    FIELD(clrelu_strides, dx, 40),
    FIELD(clrelu_strides, residual, 48),
    FIELD(clrelu_strides, z, 56),
    FIELD(clrelu_strides, dresidual, 64),
    FIELD(clrelu_strides, reserved, 72),
    SIZE(clrelu_elementwise, 224),
    FIELD(clrelu_elementwise, op, 0),
    FIELD(clrelu_elementwise, dtype, 4),
    FIELD(clrelu_elementwise, flags, 8),
    FIELD(clrelu_elementwise, reserved_32, 12),
    FIELD(clrelu_elementwise, scalar, 16),
    FIELD(clrelu_elementwise, n, 24),
    FIELD(clrelu_elementwise, x, 32),
    FIELD(clrelu_elementwise, y, 64),
    FIELD(clrelu_elementwise, dy, 96),
    FIELD(clrelu_elementwise, dx, 128),
    FIELD(clrelu_elementwise, mask, 160),
    FIELD(clrelu_elementwise, strides, 192),
    FIELD(clrelu_elementwise, reserved, 200),
    SIZE(clrelu_shape, 88),
    FIELD(clrelu_shape, rank, 0),
    FIELD(clrelu_shape, dims, 8),
    FIELD(clrelu_shape, shared_count, 16),
    FIELD(clrelu_shape, shared_axes, 24),
    FIELD(clrelu_shape, alpha_rank, 32),
    FIELD(clrelu_shape, alpha_dims, 40),
    FIELD(clrelu_shape, alpha_layout, 48),
    FIELD(clrelu_shape, reserved_32, 52),
    FIELD(clrelu_shape, reserved, 56),
    SIZE(clrelu_prelu, 312),
    FIELD(clrelu_prelu, dtype, 0),
    FIELD(clrelu_prelu, alpha_dtype, 4),
    FIELD(clrelu_prelu, flags, 8),
    FIELD(clrelu_prelu, reserved_32, 12),
    FIELD(clrelu_prelu, shape, 16),
    FIELD(clrelu_prelu, x, 24),
    FIELD(clrelu_prelu, alpha, 56),
    FIELD(clrelu_prelu, y, 88),
    FIELD(clrelu_prelu, dy, 120),
    FIELD(clrelu_prelu, dx, 152),
    FIELD(clrelu_prelu, dalpha, 184),
    FIELD(clrelu_prelu, workspace, 216),
    FIELD(clrelu_prelu, mask, 248),
    FIELD(clrelu_prelu, strides, 280),
    FIELD(clrelu_prelu, reserved, 288),
    SIZE(clrelu_chain, 560),
    FIELD(clrelu_chain, op, 0),
    FIELD(clrelu_chain, dtype, 4),
    FIELD(clrelu_chain, alpha_dtype, 8),
    FIELD(clrelu_chain, flags, 12),
    FIELD(clrelu_chain, scalar, 16),
    FIELD(clrelu_chain, gain, 24),
    FIELD(clrelu_chain, alpha_count, 32),
    FIELD(clrelu_chain, shape, 40),
    FIELD(clrelu_chain, x, 48),
    FIELD(clrelu_chain, scale, 80),
    FIELD(clrelu_chain, bias, 112),
    FIELD(clrelu_chain, alpha, 144),
    FIELD(clrelu_chain, residual, 176),
    FIELD(clrelu_chain, z, 208),
    FIELD(clrelu_chain, y, 240),
    FIELD(clrelu_chain, dy, 272),
    FIELD(clrelu_chain, dx, 304),
    FIELD(clrelu_chain, dscale, 336),
    FIELD(clrelu_chain, dbias, 368),
    FIELD(clrelu_chain, dalpha, 400),
    FIELD(clrelu_chain, dresidual, 432),
    FIELD(clrelu_chain, workspace, 464),
    FIELD(clrelu_chain, strides, 496),
    FIELD(clrelu_chain, reserved, 504),
    SIZE(clrelu_second, 192),
    FIELD(clrelu_second, ddx, 0),
    FIELD(clrelu_second, ddscale, 32),
    FIELD(clrelu_second, ddbias, 64),
    FIELD(clrelu_second, ddalpha, 96),
    FIELD(clrelu_second, ddy, 128),
    FIELD(clrelu_second, reserved, 160),
    SIZE(clrelu_dense, 496),
    FIELD(clrelu_dense, op, 0),
    FIELD(clrelu_dense, flags, 4),
    FIELD(clrelu_dense, scalar, 8),
    FIELD(clrelu_dense, rows, 16),
    FIELD(clrelu_dense, inputs, 24),
    FIELD(clrelu_dense, outputs, 32),
    FIELD(clrelu_dense, alpha_count, 40),
    FIELD(clrelu_dense, x, 48),
    FIELD(clrelu_dense, w, 80),
    FIELD(clrelu_dense, b, 112),
    FIELD(clrelu_dense, alpha, 144),
    FIELD(clrelu_dense, z, 176),
    FIELD(clrelu_dense, y, 208),
    FIELD(clrelu_dense, dy, 240),
    FIELD(clrelu_dense, dz, 272),
    FIELD(clrelu_dense, dx, 304),
    FIELD(clrelu_dense, dw, 336),
    FIELD(clrelu_dense, db, 368),
    FIELD(clrelu_dense, dalpha, 400),
    FIELD(clrelu_dense, reserved, 432),
    SIZE(clrelu_parameter, 144),
    FIELD(clrelu_parameter, rank, 0),
    FIELD(clrelu_parameter, dims, 8),
    FIELD(clrelu_parameter, values, 16),
    FIELD(clrelu_parameter, gradient, 48),
    FIELD(clrelu_parameter, velocity, 80),
    FIELD(clrelu_parameter, reserved, 112),
    SIZE(clrelu_prelu_layer_params, 96),
    FIELD(clrelu_prelu_layer_params, rank, 0),
    FIELD(clrelu_prelu_layer_params, dims, 8),
    FIELD(clrelu_prelu_layer_params, shared_count, 16),
    FIELD(clrelu_prelu_layer_params, shared_axes, 24),
    FIELD(clrelu_prelu_layer_params, initializer, 32),
    FIELD(clrelu_prelu_layer_params, regularizer, 40),
    FIELD(clrelu_prelu_layer_params, constraint, 48),
    FIELD(clrelu_prelu_layer_params, seed, 56),
    FIELD(clrelu_prelu_layer_params, reserved, 64),
    SIZE(clrelu_tuned, 104),
    FIELD(clrelu_tuned, knob, 0),
    FIELD(clrelu_tuned, value, 8),
    FIELD(clrelu_tuned, is_default, 16),
    FIELD(clrelu_tuned, is_repeat, 20),
    FIELD(clrelu_tuned, is_chosen, 24),
    FIELD(clrelu_tuned, reserved_32, 28),
    FIELD(clrelu_tuned, margin, 32),
    FIELD(clrelu_tuned, mean, 40),
    FIELD(clrelu_tuned, workloads, 48),
    FIELD(clrelu_tuned, names, 56),
    FIELD(clrelu_tuned, seconds, 64),
    FIELD(clrelu_tuned, reserved, 72),
    SIZE(clrelu_explanation, 976),
    FIELD(clrelu_explanation, shape, 0),
    FIELD(clrelu_explanation, kernel, 256),
    FIELD(clrelu_explanation, options, 320),
    FIELD(clrelu_explanation, stores, 576),
    FIELD(clrelu_explanation, values, 608),
    FIELD(clrelu_explanation, groups, 864),
    FIELD(clrelu_explanation, local_size, 872),
    FIELD(clrelu_explanation, launches, 880),
    FIELD(clrelu_explanation, bytes_read, 888),
    FIELD(clrelu_explanation, bytes_written, 896),
    FIELD(clrelu_explanation, workspace_bytes, 904),
    FIELD(clrelu_explanation, reserved, 912),
};

static const struct row statuses[] = {
    VALUE(CLRELU_OK, 0),
    VALUE(CLRELU_INVALID_NULL, 100),
    VALUE(CLRELU_INVALID_CONTEXT, 101),
    VALUE(CLRELU_INVALID_QUEUE, 102),
    VALUE(CLRELU_INVALID_EVENTS, 103),
    VALUE(CLRELU_INVALID_OP, 104),
    VALUE(CLRELU_INVALID_DTYPE, 105),
    VALUE(CLRELU_INVALID_SCALAR, 106),
    VALUE(CLRELU_INVALID_SIZE, 107),
    VALUE(CLRELU_INVALID_RANK, 108),
    VALUE(CLRELU_INVALID_AXIS, 109),
    VALUE(CLRELU_INVALID_ALPHA_SHAPE, 110),
    VALUE(CLRELU_INVALID_FLAGS, 111),
    VALUE(CLRELU_INVALID_ENUM, 112),
    VALUE(CLRELU_INVALID_RESERVED, 113),
    VALUE(CLRELU_INVALID_SPEC, 114),
    VALUE(CLRELU_UNKNOWN_NAME, 115),
    VALUE(CLRELU_INVALID_STRIDES, 116),
    VALUE(CLRELU_INVALID_BUFFER, 200),
    VALUE(CLRELU_BUFFER_TOO_SMALL, 201),
    VALUE(CLRELU_BUFFER_READ_ONLY, 202),
    VALUE(CLRELU_BUFFER_WRITE_ONLY, 203),
    VALUE(CLRELU_BUFFER_OVERLAP, 204),
    VALUE(CLRELU_INVALID_DEVICE, 300),
    VALUE(CLRELU_NO_DEVICE, 301),
    VALUE(CLRELU_UNSUPPORTED, 302),
    VALUE(CLRELU_DEVICE_LOST, 303),
    VALUE(CLRELU_FORKED, 304),
    VALUE(CLRELU_BUILD_FAILED, 400),
    VALUE(CLRELU_INVALID_PROGRAM, 401),
    VALUE(CLRELU_FILE_ERROR, 402),
    VALUE(CLRELU_OUT_OF_MEMORY, 500),
    VALUE(CLRELU_OPENCL_ERROR, 501),
    VALUE(CLRELU_CLBLAST_ERROR, 502),
};

static const struct row enumerators[] = {
    VALUE(CLRELU_LOG_WARNING, 1),
    VALUE(CLRELU_LOG_INFO, 2),
    VALUE(CLRELU_FLOAT32, 1),
    VALUE(CLRELU_FLOAT16, 2),
    VALUE(CLRELU_BFLOAT16, 3),
    VALUE(CLRELU_FLOAT64, 4),
    VALUE(CLRELU_ACCUMULATE_DX, 1),
    VALUE(CLRELU_ACCUMULATE_DALPHA, 2),
    VALUE(CLRELU_ACCUMULATE_DW, 4),
    VALUE(CLRELU_ACCUMULATE_DBIAS, 8),
    VALUE(CLRELU_ACCUMULATE_DSCALE, 16),
    VALUE(CLRELU_ACCUMULATE_DRESIDUAL, 32),
    VALUE(CLRELU_FROM_OUTPUT, 64),
    VALUE(CLRELU_FORWARD, 1),
    VALUE(CLRELU_BACKWARD, 2),
    VALUE(CLRELU_LEAKY_RELU, 1),
    VALUE(CLRELU_PRELU, 2),
    VALUE(CLRELU_ELU, 3),
    VALUE(CLRELU_THRESHOLDED_RELU, 4),
    VALUE(CLRELU_ALPHA_KERAS, 0),
    VALUE(CLRELU_ALPHA_NUMPY, 1),
    VALUE(CLRELU_ALPHA_TORCH, 2),
};

/* Enumerations are passed as int. */
static const struct row enums[] = {
    SIZE(clrelu_status, 4),       SIZE(clrelu_log_level, 4),
    SIZE(clrelu_dtype, 4),        SIZE(clrelu_flag, 4),
    SIZE(clrelu_direction, 4),    SIZE(clrelu_op, 4),
    SIZE(clrelu_alpha_layout, 4),
};

static void test_rows(const struct row *rows, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        ok(rows[i].got == rows[i].want, "%s of %s is %zu, must be %zu", what,
           rows[i].name, rows[i].got, rows[i].want);
}

static void test_status_names(void)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        ok(strcmp(clrelu_status_name((clrelu_status)statuses[i].want),
                  statuses[i].name) == 0,
           "status %zu is %s", statuses[i].want, statuses[i].name);
    ok(strcmp(clrelu_status_name((clrelu_status)1000), "unknown status") == 0,
       "a status unknown to the library has a name too");
}

int main(void)
{
    test_rows(statuses, COUNT_OF(statuses), "value");
    test_status_names();
    test_rows(enumerators, COUNT_OF(enumerators), "value");
    test_rows(enums, COUNT_OF(enums), "size");
    ok(CLRELU_MAX_RANK == 64, "ranks up to 64");
    if (sizeof(void *) == 8)
        test_rows(structs, COUNT_OF(structs), "size or offset");
    else
        skip("not 64 bits", "sizes and offsets of structs");
    return done_testing();
}
