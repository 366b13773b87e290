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
    device_open(&device);
    for (size_t i = 0; i < SIZE; i++)
        sent[i] = (float)(i % 7) - 3.0f;
    for (int i = 0; i < BUFFERS; i++)
        mems[i] = device_buffer(&device, sizeof(sent), sent);
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

    if (kind == 255)
        out.pointer = sent;
    else if (kind >= 250)
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
    size_t dims[ROOM], alpha_dims[ROOM];
    int axes[ROOM];
};

/* Mostly Keras's layout, which is 0. */
static clrelu_alpha_layout layout(struct fuzz_bytes *b)
{
    const unsigned kind = fuzz_byte(b);

    return kind < 128 ? CLRELU_ALPHA_KERAS : (clrelu_alpha_layout)(kind % 4);
}

static clrelu_shape shape(struct fuzz_bytes *b, struct shape_room *room)
{
    clrelu_shape s = {.dims = room->dims, .shared_axes = room->axes};

    s.rank = fuzz_byte(b) % 6;
    s.shared_count = fuzz_byte(b) % 3;
    for (size_t i = 0; i < s.rank; i++)
        room->dims[i] = fuzz_extent(b);
    for (size_t i = 0; i < s.shared_count; i++)
        room->axes[i] = (int)(fuzz_byte(b) % 6);
    s.alpha_layout = layout(b);
    if (s.alpha_layout == CLRELU_ALPHA_KERAS)
        return s;
    s.alpha_dims = room->alpha_dims;
    s.alpha_rank = fuzz_byte(b) % 6;
    for (size_t i = 0; i < s.alpha_rank; i++) {
        const size_t axis = s.rank + i - s.alpha_rank;
        room->alpha_dims[i] = fuzz_byte(b) % 2 || axis >= s.rank
                                  ? fuzz_extent(b)
                                  : room->dims[axis];
    }
    if (s.shared_count == 0)
        s.shared_axes = NULL;
    return s;
}

static clrelu_dtype dtype(struct fuzz_bytes *b)
{
    const unsigned kind = fuzz_byte(b);

    return kind < 200 ? CLRELU_FLOAT32 : (clrelu_dtype)(kind % 6);
}

/* What a call has, in whatever function it is. */
struct call {
    clrelu_op op;
    clrelu_dtype dtype, alpha_dtype;
    enum { FROM_X, FROM_OUTPUT, FROM_MASK, FROM_BOTH } from;
    uint32_t flags, reserved;
    double scalar;
    size_t n;
    clrelu_shape shape;
    clrelu_buffer buffers[BUFFERS];
    clrelu_exec exec;
};

static void read_call(struct fuzz_bytes *b, struct shape_room *room,
                      struct call *c)
{
    c->dtype = dtype(b);
    c->shape = shape(b, room);
    c->alpha_dtype = (clrelu_dtype)(fuzz_byte(b) % 8 == 7);
    c->op = (clrelu_op)(fuzz_byte(b) % 6);
    c->flags = fuzz_byte(b) % 8;
    c->scalar = scalar(b);
    c->n = small_or_any(b);
    for (int i = 0; i < BUFFERS; i++)
        c->buffers[i] = buffer(b, i);
    c->reserved = fuzz_byte(b) / 250;
}

/* x, left out where y or a mask takes its place. */
static clrelu_buffer x_of(const struct call *c, bool backward)
{
    const bool left_out =
        backward && (c->from == FROM_OUTPUT || c->from == FROM_MASK);

    return left_out ? (clrelu_buffer){0} : c->buffers[0];
}

static uint32_t flags_of(const struct call *c, bool backward)
{
    const uint32_t from = c->from == FROM_OUTPUT ? CLRELU_FROM_OUTPUT : 0;

    return backward ? c->flags | from : c->reserved;
}

/* The last buffer. */
static clrelu_buffer mask_of(const struct call *c)
{
    return c->from >= FROM_MASK ? c->buffers[BUFFERS - 1] : (clrelu_buffer){0};
}

static clrelu_status run_elementwise(const struct call *c, bool backward)
{
    const clrelu_buffer *b = c->buffers;
    const clrelu_elementwise call = {.op = c->op,
                                     .dtype = c->dtype,
                                     .flags = flags_of(c, backward),
                                     .reserved_32 = c->reserved,
                                     .scalar = c->scalar,
                                     .n = c->n,
                                     .x = x_of(c, backward),
                                     .y = b[1],
                                     .dy = b[1],
                                     .dx = b[2],
                                     .mask = mask_of(c)};

    return (backward ? clrelu_backward : clrelu_forward)(device.context,
                                                         &c->exec, &call);
}

static clrelu_status run_prelu(const struct call *c, unsigned which)
{
    static clrelu_status (*const functions[])(
        clrelu_context *, const clrelu_exec *,
        const clrelu_prelu *) = {clrelu_prelu_forward, clrelu_prelu_backward,
                                 clrelu_prelu_backward_partial};
    const clrelu_buffer *b = c->buffers, none = {0};
    const clrelu_prelu call = {.dtype = c->dtype,
                               .alpha_dtype = c->alpha_dtype,
                               .flags = flags_of(c, which),
                               .reserved_32 = c->reserved,
                               .shape = &c->shape,
                               .x = x_of(c, which),
                               .alpha = b[1],
                               .y = b[2],
                               .dy = b[2],
                               .dx = b[3],
                               .dalpha = c->from ? none : b[4],
                               .mask = mask_of(c)};

    return functions[which](device.context, &c->exec, &call);
}

static clrelu_status run_parameter(const struct call *c, unsigned which,
                                   const char *spec)
{
    const clrelu_buffer *b = c->buffers;
    const clrelu_parameter a = {.rank = c->shape.rank,
                                .dims = c->shape.dims,
                                .values = b[0],
                                .gradient = b[2],
                                .velocity = b[3],
                                .reserved = {c->reserved}};

    switch (which) {
    case 0:
        return clrelu_initialize(device.context, &c->exec, spec, 3, &a);
    case 1:
        return clrelu_penalty(device.context, &c->exec, spec, &a, b[1]);
    case 2:
        return clrelu_constrain(device.context, &c->exec, spec, &a);
    default:
        return clrelu_sgd_step(device.context, &c->exec, c->scalar,
                               c->scalar / 2, &a);
    }
}

/* Without its matrix products, which are CLBlast's. */
static clrelu_status run_dense(const struct call *c)
{
    const clrelu_buffer *b = c->buffers;
    const clrelu_dense call = {.op = c->op,
                               .flags = c->reserved,
                               .scalar = c->scalar,
                               .inputs = c->flags,
                               .outputs = c->shape.rank,
                               .alpha_count = c->shape.rank,
                               .x = b[0],
                               .w = b[1],
                               .b = b[2],
                               .alpha = b[3],
                               .y = b[4]};

    return clrelu_dense_forward(device.context, &c->exec, &call);
}

static clrelu_status run_explain(const struct call *c, unsigned which)
{
    const clrelu_direction direction = (clrelu_direction)(1 + c->n % 7 % 3);
    const uint32_t flags = flags_of(c, direction != CLRELU_FORWARD);
    const clrelu_elementwise elementwise = {.op = c->op,
                                            .dtype = c->dtype,
                                            .flags = flags,
                                            .scalar = c->scalar,
                                            .n = c->n,
                                            .mask = mask_of(c)};
    const clrelu_prelu prelu = {.dtype = c->dtype,
                                .alpha_dtype = c->alpha_dtype,
                                .flags = flags,
                                .shape = &c->shape,
                                .mask = mask_of(c)};
    const clrelu_dense dense = {.op = c->op,
                                .flags = flags,
                                .scalar = c->scalar,
                                .rows = c->n,
                                .inputs = 1 + c->n % 7,
                                .outputs = c->shape.rank,
                                .alpha_count = c->shape.rank};
    clrelu_explanation e;

    if (which == 0)
        return clrelu_explain_elementwise(device.context, direction,
                                          &elementwise, &e);
    if (which == 1)
        return clrelu_explain_prelu(device.context, direction, &prelu, &e);
    return clrelu_explain_dense(device.context, direction, &dense, &e);
}

static clrelu_status call(struct fuzz_bytes *b, cl_event *event)
{
    const unsigned which = fuzz_byte(b) % 13;
    struct shape_room room = {{0}, {0}, {0}};
    struct call c = {.exec = {.queue = device.queue, .event = event}};
    char words[64];

    read_call(b, &room, &c);
    if (which < 5 || which > 9)
        c.from = fuzz_byte(b) % 4;
    if (which < 2)
        return run_elementwise(&c, which);
    if (which < 5)
        return run_prelu(&c, which - 2);
    if (which < 9)
        return run_parameter(&c, which - 5, text(b, words));
    if (which < 10)
        return run_dense(&c);
    return run_explain(&c, which - 10);
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
        device_read(&device, mems[i], 0, sizeof(got), got);
        if (status)
            FUZZ_MUST(memcmp(got, sent, sizeof(got)) == 0);
        else if (memcmp(got, sent, sizeof(got)) != 0)
            device_write(&device, mems[i], 0, sizeof(sent), sent);
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
