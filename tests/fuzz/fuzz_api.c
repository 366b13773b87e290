/* fuzz_api.c - bytes as calls with handles that are valid
 * SPDX-License-Identifier: MIT
 *
 * Sizes, offsets, shapes, flags and specs are anything; buffers are of this
 * context.  A call returns a status of the enumeration, with a text if it is
 * not CLRELU_OK, and one that fails changes nothing. */
#include "device.h"
#include "fuzz.h"

/* Buffers of SIZE floats; outputs are somewhere in the middle. */
enum { SIZE = 4096, BUFFERS = 5, ROOM = CLRELU_MAX_RANK + 2 };

static struct device device;
static cl_mem mems[BUFFERS];
static float sent[SIZE], got[SIZE];

static void open_device(void)
{
    cl_int error;

    device_open(&device);
    for (size_t i = 0; i < SIZE; i++)
        sent[i] = (float)(i % 7) - 3.0f;
    for (int i = 0; i < BUFFERS; i++) {
        mems[i] =
            clCreateBuffer(device.cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                           sizeof(sent), sent, &error);
        device_must(error, "clCreateBuffer");
    }
}

static size_t small_or_any(struct fuzz_bytes *b)
{
    const unsigned kind = fuzz_byte(b);

    if (kind < 230)
        return fuzz_number(b, 2) % (SIZE / 2);
    return (size_t)fuzz_number(b, 8);
}

/* i is the buffer's own place, so that most arguments do not overlap. */
static clrelu_buffer buffer(struct fuzz_bytes *b, int i)
{
    const unsigned kind = fuzz_byte(b);
    clrelu_buffer out = clrelu_at(mems[i], kind % 8);

    if (kind >= 250)
        out.mem = NULL;
    else if (kind >= 220)
        out.mem = mems[fuzz_byte(b) % BUFFERS];
    if (kind >= 200)
        out.offset = small_or_any(b);
    return out;
}

static double scalar(struct fuzz_bytes *b)
{
    static const double usual[] = {0.3, 1.0, 0.0, 1e-40, -0.5, 1e300};
    const unsigned kind = fuzz_byte(b);
    const uint64_t bits = fuzz_number(b, 8);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return kind < 240 ? usual[kind % COUNT_OF(usual)] : value;
}

static const char *text(struct fuzz_bytes *b, char out[64])
{
    static const char *const usual[] = {"zeros",
                                        "he_normal",
                                        "orthogonal",
                                        "identity",
                                        "l1_l2(0.1, 0.2)",
                                        "l2",
                                        "orthogonal_regularizer",
                                        "radial_constraint",
                                        "None",
                                        "max_norm",
                                        "unit_norm",
                                        "non_neg",
                                        "max_norm(2, axis=[0, 1])"};
    const unsigned kind = fuzz_byte(b);

    if (kind < 200)
        return usual[kind % COUNT_OF(usual)];
    for (int i = 0; i < 63; i++)
        out[i] = (char)fuzz_byte(b);
    out[63] = '\0';
    return kind < 254 ? out : NULL;
}

struct shape_room {
    size_t dims[ROOM];
    int axes[ROOM];
};

static clrelu_shape shape(struct fuzz_bytes *b, struct shape_room *room)
{
    clrelu_shape s = {.dims = room->dims, .shared_axes = room->axes};

    s.rank = fuzz_byte(b) % 6;
    s.shared_count = fuzz_byte(b) % 3;
    for (size_t i = 0; i < s.rank; i++)
        room->dims[i] = fuzz_extent(b);
    for (size_t i = 0; i < s.shared_count; i++)
        room->axes[i] = (int)(fuzz_byte(b) % 6);
    s.alpha_dtype = (clrelu_dtype)(fuzz_byte(b) % 8 == 7);
    return s;
}

static clrelu_dtype dtype(struct fuzz_bytes *b)
{
    const unsigned kind = fuzz_byte(b);

    return kind < 200 ? CLRELU_FLOAT32 : (clrelu_dtype)(kind % 6);
}

static clrelu_status call(struct fuzz_bytes *b, cl_event *event)
{
    clrelu_context *c = device.context;
    const cl_command_queue q = device.queue;
    const unsigned which = fuzz_byte(b) % 9;
    const clrelu_dtype type = dtype(b);
    struct shape_room room = {{0}, {0}};
    char words[64];
    const clrelu_shape s = shape(b, &room);
    const clrelu_op op = (clrelu_op)(fuzz_byte(b) % 5);
    const unsigned flags = fuzz_byte(b) % 8;
    const double value = scalar(b);
    const size_t n = small_or_any(b);
    const clrelu_buffer x = buffer(b, 0), y = buffer(b, 1), z = buffer(b, 2),
                        u = buffer(b, 3), v = buffer(b, 4);
    const clrelu_dense dense = {n % 17, flags, s.rank, op, value, s.rank};
    clrelu_explanation explanation;

    switch (which) {
    case 0:
        return clrelu_forward(c, &(clrelu_exec){.queue = q, .event = event},
                              &(clrelu_elementwise){.op = op,
                                                    .dtype = type,
                                                    .scalar = value,
                                                    .n = n,
                                                    .x = x,
                                                    .y = y});
    case 1:
        return clrelu_backward(c, &(clrelu_exec){.queue = q, .event = event},
                               &(clrelu_elementwise){.op = op,
                                                     .dtype = type,
                                                     .flags = flags,
                                                     .scalar = value,
                                                     .n = n,
                                                     .x = x,
                                                     .dy = y,
                                                     .dx = z});
    case 2:
        return clrelu_prelu_forward(
            c, &(clrelu_exec){.queue = q, .event = event},
            &(clrelu_prelu){
                .dtype = type, .shape = &s, .x = x, .alpha = y, .y = z});
    case 3:
        return clrelu_prelu_backward(c,
                                     &(clrelu_exec){.queue = q, .event = event},
                                     &(clrelu_prelu){.dtype = type,
                                                     .flags = flags,
                                                     .shape = &s,
                                                     .x = x,
                                                     .alpha = y,
                                                     .dy = z,
                                                     .dx = u,
                                                     .dalpha = v});
    case 4:
        return clrelu_initialize(
            c, &(clrelu_exec){.queue = q, .event = event}, text(b, words), 3,
            &(clrelu_parameter){.rank = s.rank, .dims = s.dims, .values = x});
    case 5:
        return clrelu_penalty(
            c, &(clrelu_exec){.queue = q, .event = event}, text(b, words),
            &(clrelu_parameter){
                .rank = s.rank, .dims = s.dims, .values = x, .gradient = z},
            y);
    case 6:
        return clrelu_constrain(
            c, &(clrelu_exec){.queue = q, .event = event}, text(b, words),
            &(clrelu_parameter){.rank = s.rank, .dims = s.dims, .values = x});
    case 7:
        return clrelu_sgd_step(c, &(clrelu_exec){.queue = q, .event = event},
                               value, value / 2,
                               &(clrelu_parameter){.rank = 1,
                                                   .dims = &n,
                                                   .values = x,
                                                   .gradient = y,
                                                   .velocity = z});
    default:
        /* Without its matrix products, which are CLBlast's. */
        return dense.rows == 0
                   ? clrelu_dense_forward(
                         c, &(clrelu_exec){.queue = q, .event = event},
                         &(clrelu_dense){.FROM = &dense,
                                         .x = x,
                                         .w = y,
                                         .b = z,
                                         .alpha = u,
                                         .y = v})
                   : clrelu_explain(c, op, type, (int)flags, n, &s,
                                    &explanation);
    }
}

static void check_status(clrelu_status status, cl_event event)
{
    FUZZ_MUST(strcmp(clrelu_status_name(status), "unknown status") != 0);
    FUZZ_MUST(status == CLRELU_OK || (clrelu_error()[0] && !event));
    FUZZ_MUST(status != CLRELU_OPENCL_ERROR && status != CLRELU_BUILD_FAILED);
}

/* A call that fails has changed nothing. */
static void check_buffers(clrelu_status status)
{
    for (int i = 0; i < BUFFERS; i++) {
        device_must(clEnqueueReadBuffer(device.queue, mems[i], CL_TRUE, 0,
                                        sizeof(got), got, 0, NULL, NULL),
                    "clEnqueueReadBuffer");
        if (status)
            FUZZ_MUST(memcmp(got, sent, sizeof(got)) == 0);
        else if (memcmp(got, sent, sizeof(got)) != 0)
            device_must(clEnqueueWriteBuffer(device.queue, mems[i], CL_TRUE, 0,
                                             sizeof(sent), sent, 0, NULL, NULL),
                        "clEnqueueWriteBuffer");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fuzz_bytes b = {bytes, bytes + size};
    cl_event event = NULL;

    if (!device.context)
        open_device();
    const clrelu_status status = call(&b, &event);
    device_must(clFinish(device.queue), "clFinish");
    check_status(status, event);
    if (event)
        clReleaseEvent(event);
    check_buffers(status);
    return 0;
}
