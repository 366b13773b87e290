/* test_arguments_prelu.c - shapes, outputs and workspaces that prelu refuses
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "call.h"
#include "reference.h"
#include "shape_text.h"
#include "tap.h"

/* A shape with one thing wrong, and the word that its text must have. */
static const struct bad_shape {
    const char *what, *shape;
    clrelu_status status;
    const char *word;
} bad_shapes[] = {
    {"axis 0", "4,5 shared 0", CLRELU_INVALID_AXIS, "axis"},
    {"axis -1", "4,5 shared -1", CLRELU_INVALID_AXIS, "axis"},
    {"axis = rank", "4,5 shared 2", CLRELU_INVALID_AXIS, "axis"},
    {"an axis of rank 1", "4 shared 1", CLRELU_INVALID_AXIS,
     "no axis to share"},
    {"an axis of rank 0", "- shared 1", CLRELU_INVALID_AXIS,
     "no axis to share"},
    {"the smallest int as an axis", "4,5 shared -2147483648",
     CLRELU_INVALID_AXIS, "axis"},
    {"a bad axis behind good ones", "4,5,6 shared 1,2,3", CLRELU_INVALID_AXIS,
     "axis"},
    {"a product that wraps to something small",
     "65536,65536,65536,65537 shared 1,2,3", CLRELU_INVALID_SIZE, "dims"},
    {"alpha of a smaller rank", "4,5,6 alpha 30", CLRELU_INVALID_ALPHA_SHAPE,
     "alpha has shape (30,), must have (5, 6): x's (4, 5, 6)"},
    {"alpha with the batch", "4,5,6 alpha 4,5,6", CLRELU_INVALID_ALPHA_SHAPE,
     "alpha"},
    {"alpha with its axes swapped", "4,5,6 alpha 6,5",
     CLRELU_INVALID_ALPHA_SHAPE, "alpha"},
    {"alpha kept where it is shared", "4,5,6 shared 1 alpha 5,6",
     CLRELU_INVALID_ALPHA_SHAPE, "alpha"},
    {"alpha shared where it is kept", "4,5,6 shared 1 alpha 1,1",
     CLRELU_INVALID_ALPHA_SHAPE, "alpha"},
    {"alpha of rank 1 for rank 0", "- alpha 1", CLRELU_INVALID_ALPHA_SHAPE,
     "must have ()"},
    {"alpha of rank 0 for rank 2", "4,5 shared 1 alpha -",
     CLRELU_INVALID_ALPHA_SHAPE, "alpha"},
};

/* ... and with one that no text has room for. */
static const struct {
    const char *what;
    size_t rank, dims[2], alpha_rank;
    clrelu_status status;
    const char *word;
} huge_shapes[] = {
    {"rank 65", 65, {4}, 0, CLRELU_INVALID_RANK, "rank"},
    {"rank -1", SIZE_MAX, {4}, 0, CLRELU_INVALID_RANK, "rank"},
    {"2^64", 2, {SIZE_MAX / 2 + 1, 2}, 0, CLRELU_INVALID_SIZE, "dims"},
    {"2^62", 2, {SIZE_MAX / 8 + 1, 2}, 0, CLRELU_INVALID_SIZE, "dims"},
    {"alpha of a rank beyond all",
     2,
     {4, 5},
     SIZE_MAX,
     CLRELU_INVALID_ALPHA_SHAPE,
     "alpha_rank"},
};

typedef void use_shape(struct fixture *f, const clrelu_shape *shape,
                       const struct bad_shape *bad);

static void each_bad_shape(struct fixture *f, use_shape *use)
{
    struct shape_text s;

    for (size_t i = 0; i < COUNT_OF(bad_shapes); i++) {
        const clrelu_shape shape = shape_text_read(bad_shapes[i].shape, &s);
        use(f, &shape, &bad_shapes[i]);
    }
    for (size_t i = 0; i < COUNT_OF(huge_shapes); i++) {
        clrelu_shape shape =
            reference_shape(huge_shapes[i].rank, huge_shapes[i].dims, 0, NULL);
        if (huge_shapes[i].alpha_rank) {
            shape.alpha_rank = huge_shapes[i].alpha_rank;
            shape.alpha_dims = huge_shapes[i].dims;
        }
        use(f, &shape,
            &(struct bad_shape){huge_shapes[i].what, NULL,
                                huge_shapes[i].status, huge_shapes[i].word});
    }
}

static void refuse_shape(struct fixture *f, const clrelu_shape *shape,
                         const struct bad_shape *bad)
{
    for (enum function i = PRELU_FORWARD; i < FUNCTIONS; i++) {
        struct call c = good_call(f, i);
        c.shape = shape;
        refuse(f, c, bad->status, bad->word, bad->what);
    }
}

/* A shape without its arrays. */
static void test_missing(struct fixture *f)
{
    static const struct bad_shape bad[] = {
        {"no shape", NULL, CLRELU_INVALID_NULL, "shape"},
        {"no dims", NULL, CLRELU_INVALID_NULL, "dims"},
        {"no shared_axes", NULL, CLRELU_INVALID_NULL, "shared_axes"}};
    clrelu_shape shape = f->shape;

    refuse_shape(f, NULL, &bad[0]);
    shape.dims = NULL;
    refuse_shape(f, &shape, &bad[1]);
    shape = f->shape;
    shape.shared_axes = NULL;
    refuse_shape(f, &shape, &bad[2]);
}

/* The same from the two functions that take nothing but a shape. */
static void refuse_shape_alone(struct fixture *f, const clrelu_shape *shape,
                               const struct bad_shape *bad)
{
    size_t dims[CLRELU_MAX_RANK] = {77, 77}, count = 77, rank = 77;
    clrelu_status got = clrelu_prelu_alpha_dims(shape, &rank, dims, &count);

    (void)f;
    ok(got == bad->status && has_word(clrelu_error(), bad->word) &&
           rank == 77 && count == 77 && dims[0] == 77,
       "clrelu_prelu_alpha_dims refuses %s: %s", bad->what, clrelu_error());
    got = clrelu_prelu_workspace(
        &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = shape}, &count);
    ok(got == bad->status && has_word(clrelu_error(), bad->word) && count == 77,
       "clrelu_prelu_workspace refuses %s", bad->what);
}

static void test_workspace_arguments(const struct fixture *f)
{
    size_t count = 77;

    ok(clrelu_prelu_workspace(
           &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &f->shape},
           NULL) == CLRELU_INVALID_NULL &&
           has_word(clrelu_error(), "count"),
       "clrelu_prelu_workspace refuses no count");
    ok(clrelu_prelu_workspace(
           &(clrelu_prelu){.dtype = (clrelu_dtype)1000, .shape = &f->shape},
           &count) == CLRELU_INVALID_DTYPE &&
           has_word(clrelu_error(), "dtype") && count == 77,
       "clrelu_prelu_workspace refuses an unknown dtype");
}

static void test_alpha_dims(void)
{
    static const size_t dims[] = {4, 5, 6, 7}, want[] = {5, 1, 7};
    static const int axes[] = {2, 2};
    clrelu_shape shape = reference_shape(4, dims, 2, axes);
    size_t got[4] = {0, 0, 0, 77}, rank = 77, count = 0;
    const size_t huge[] = {SIZE_MAX / 16, 0, SIZE_MAX / 16};

    shape.alpha_rank = 3;
    shape.alpha_dims = want;
    ok(clrelu_prelu_alpha_dims(&shape, &rank, got, &count) == CLRELU_OK &&
           rank == 3 && memcmp(got, want, sizeof(want)) == 0 && got[3] == 77 &&
           count == 35,
       "alpha's shape for (4,5,6,7) shared 2 is (5,1,7)");
    shape.alpha_rank = SIZE_MAX;
    shape.alpha_dims = NULL;
    ok(clrelu_prelu_alpha_dims(&shape, NULL, got, NULL) == CLRELU_OK &&
           memcmp(got, want, sizeof(want)) == 0,
       "no alpha_dims: alpha_rank does not count");
    ok(clrelu_prelu_alpha_dims(&shape, NULL, NULL, NULL) == CLRELU_OK,
       "neither rank, dims nor count must be asked for");
    shape = reference_shape(1, dims, 0, NULL);
    shape.alpha_dims = want;
    ok(clrelu_prelu_alpha_dims(&shape, &rank, got, &count) == CLRELU_OK &&
           rank == 0 && count == 1,
       "alpha of a batch of scalars is one scalar");
    shape = reference_shape(0, NULL, 0, NULL);
    shape.alpha_dims = want;
    got[0] = rank = 77;
    ok(clrelu_prelu_alpha_dims(&shape, &rank, got, &count) == CLRELU_OK &&
           rank == 0 && count == 1 && got[0] == 77,
       "alpha of one element is one scalar, too");
    shape = reference_shape(2, huge, 0, NULL);
    ok(clrelu_prelu_alpha_dims(&shape, NULL, got, &count) == CLRELU_OK &&
           count == 0,
       "an extent of 0 leaves no alpha");
}

static void test_max_rank(void)
{
    size_t dims[CLRELU_MAX_RANK], got[CLRELU_MAX_RANK], count = 0;
    const clrelu_shape shape = reference_shape(CLRELU_MAX_RANK, dims, 0, NULL);

    for (size_t i = 0; i < CLRELU_MAX_RANK; i++)
        dims[i] = 1 + i % 2 * (i > 40);
    ok(clrelu_prelu_alpha_dims(&shape, NULL, got, &count) == CLRELU_OK &&
           count == (size_t)1 << 12 && got[CLRELU_MAX_RANK - 2] == 2,
       "rank %d is taken", CLRELU_MAX_RANK);
}

static void test_outputs(struct fixture *f)
{
    const clrelu_buffer none = {0};
    struct call c = good_call(f, PRELU_BACKWARD);

    c.flags = CLRELU_ACCUMULATE_DW;
    refuse(f, c, CLRELU_INVALID_FLAGS, "flags", "CLRELU_ACCUMULATE_DW");
    c.flags = 128;
    refuse(f, c, CLRELU_INVALID_FLAGS, "flags", "an unknown flag");
    c.flags = CLRELU_ACCUMULATE_DX;
    c.buffers[OUT] = none;
    refuse(f, c, CLRELU_INVALID_FLAGS, "dx", "to add to no dx");
    c.flags = 0;
    c.buffers[ALPHA] = none;
    accept(f, &c, "dalpha alone, without alpha");
    c.buffers[DALPHA] = none;
    refuse(f, c, CLRELU_INVALID_NULL, "dalpha", "no output at all");
    c = good_call(f, PRELU_BACKWARD);
    c.buffers[DALPHA] = none;
    c.flags = CLRELU_ACCUMULATE_DALPHA;
    refuse(f, c, CLRELU_INVALID_FLAGS, "dalpha", "to add to no dalpha");
    c.flags = 0;
    accept(f, &c, "dx alone");
    c.buffers[ALPHA] = none;
    refuse(f, c, CLRELU_INVALID_NULL, "alpha", "dx without alpha");
}

/* The outputs of a partial, and of a forward call. */
static void test_partial(struct fixture *f)
{
    const clrelu_buffer none = {0};
    struct call c = good_call(f, PRELU_PARTIAL);

    c.flags = CLRELU_ACCUMULATE_DX;
    accept(f, &c, "to add to dx");
    c.flags = CLRELU_ACCUMULATE_DALPHA;
    refuse(f, c, CLRELU_INVALID_FLAGS, "flags", "to add to a partial");
    c.flags = CLRELU_ACCUMULATE_DX;
    c.buffers[OUT] = none;
    refuse(f, c, CLRELU_INVALID_FLAGS, "dx", "to add to no dx");
    c.flags = 0;
    c.buffers[ALPHA] = none;
    accept(f, &c, "dalpha alone, without alpha");
    c = good_call(f, PRELU_PARTIAL);
    c.buffers[DALPHA] = none;
    refuse(f, c, CLRELU_INVALID_NULL, "dalpha", "dx alone");
    c = good_call(f, PRELU_FORWARD);
    c.flags = CLRELU_ACCUMULATE_DX;
    refuse(f, c, CLRELU_INVALID_FLAGS, "flags", "a flag");
}

static void test_workspace(struct fixture *f)
{
    const clrelu_buffer none = {0};
    struct call c = good_call(f, PRELU_BACKWARD);
    cl_mem exact =
        device_buffer(&f->device, f->workspace_count * sizeof(float), NULL);

    accept(f, &c, "a workspace");
    c.buffers[WORKSPACE].offset += 1;
    accept(f, &c, "a workspace at an odd element");
    c.buffers[WORKSPACE] = clrelu_at(exact, 0);
    accept(f, &c, "a workspace of exactly the elements it needs");
    c.buffers[WORKSPACE].offset = 1;
    refuse(f, c, CLRELU_BUFFER_TOO_SMALL, "workspace", "1 element too few");
    c.buffers[WORKSPACE] = none;
    accept(f, &c, "no workspace");
    clReleaseMemObject(exact);
}

/* Each output in the same buffer as each other argument, 2 elements apart. */
static void test_overlaps(struct fixture *f, enum function function)
{
    static const enum argument outputs[] = {OUT, DALPHA, WORKSPACE};
    cl_mem mem = device_buffer(
        &f->device, (f->n + 64 + f->workspace_count) * sizeof(float), NULL);

    for (size_t i = 0; i < COUNT_OF(outputs); i++)
        for (enum argument a = X; a < ARGUMENTS; a++) {
            const enum argument out = outputs[i];
            struct call c = good_call(f, function);
            char what[64];
            if (a == out || (is_output(a) && a < out))
                continue;
            c.buffers[out] = clrelu_at(mem, 0);
            c.buffers[a] = clrelu_at(mem, 2);
            snprintf(what, sizeof(what), "%s across %s",
                     argument_name(c.function, out),
                     argument_name(c.function, a));
            refuse(f, c, CLRELU_BUFFER_OVERLAP, argument_name(c.function, out),
                   what);
        }
    struct call c = good_call(f, PRELU_FORWARD);
    c.buffers[OUT] = clrelu_at(mem, 0);
    c.buffers[ALPHA] = clrelu_at(mem, 17);
    refuse(f, c, CLRELU_BUFFER_OVERLAP, "y", "y across alpha");
    clReleaseMemObject(mem);
}

/* alpha and dalpha are as large as they are; so is nothing else in place. */
static void test_in_place(struct fixture *f)
{
    struct call c = good_call(f, PRELU_BACKWARD);

    c.buffers[OUT] = c.buffers[DY];
    accept(f, &c, "dx on dy");
    c.buffers[OUT] = c.buffers[X];
    accept(f, &c, "dx on x");
    c = good_call(f, PRELU_BACKWARD);
    c.buffers[DY] = c.buffers[X];
    accept(f, &c, "inputs that are one buffer");
    c.buffers[DALPHA] = c.buffers[ALPHA];
    refuse(f, c, CLRELU_BUFFER_OVERLAP, "dalpha", "dalpha on alpha");
}

int main(void)
{
    struct fixture f;

    fixture_open(&f);
    test_missing(&f);
    each_bad_shape(&f, refuse_shape);
    each_bad_shape(&f, refuse_shape_alone);
    test_workspace_arguments(&f);
    test_alpha_dims();
    test_max_rank();
    test_outputs(&f);
    test_partial(&f);
    test_workspace(&f);
    test_overlaps(&f, PRELU_BACKWARD);
    test_overlaps(&f, PRELU_PARTIAL);
    test_in_place(&f);
    fixture_close(&f);
    return done_testing();
}
