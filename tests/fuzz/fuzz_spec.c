/* fuzz_spec.c - bytes as an initializer, regularizer, constraint or layer
 * SPDX-License-Identifier: MIT
 *
 * The first byte says which.  What is understood is written out again, and must
 * then be understood the same way. */
#include "fuzz.h"
#include "train/initializer.h"
#include "train/parameter.h"

/* The layer's table and lists are its own business. */
#include "train/layer_config.c"

typedef clrelu_status parse(const char *text, size_t length, clrelu_spec *spec);

static clrelu_status parse_layer(const char *text, size_t length,
                                 clrelu_spec *spec)
{
    size_t dims[CLRELU_MAX_RANK];
    int axes[CLRELU_MAX_RANK];
    clrelu_status status =
        clrelu_spec_parse("layer", table, text, length, spec);

    if (!status)
        status = take_lists(spec, dims, axes);
    return status;
}

static char *write_out(const clrelu_spec *spec)
{
    clrelu_text t = {NULL, 0, 0};

    clrelu_spec_format(spec, &t);
    t.size = t.used + 1;
    t.used = 0;
    t.text = malloc(t.size);
    FUZZ_MUST(t.text);
    clrelu_spec_format(spec, &t);
    FUZZ_MUST(t.used + 1 == t.size && strlen(t.text) == t.used);
    return t.text;
}

static void check_again(parse *read, const clrelu_spec *spec)
{
    char *once = write_out(spec), *twice;
    clrelu_spec again;

    if (read(once, strlen(once), &again)) {
        fprintf(stderr, "%s\n%s\n", once, clrelu_error());
        abort();
    }
    twice = write_out(&again);
    FUZZ_MUST(strcmp(once, twice) == 0);
    free(once);
    free(twice);
}

/* A layer's texts are specs themselves. */
static void check_inside(const clrelu_spec *spec)
{
    static parse *const reads[] = {clrelu_initializer_parse,
                                   clrelu_regularizer_parse,
                                   clrelu_constraint_parse};
    clrelu_spec inner;

    for (int i = 0; i < 3; i++) {
        const clrelu_value *v = &spec->values[INITIALIZER + i];
        if (v->text && !reads[i](v->text, v->length, &inner))
            check_again(reads[i], &inner);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static parse *const reads[] = {clrelu_initializer_parse,
                                   clrelu_regularizer_parse,
                                   clrelu_constraint_parse, parse_layer};
    clrelu_spec spec;

    if (size == 0)
        return 0;
    const unsigned which = bytes[0] % 4;
    /* Callers give texts that end with a 0. */
    const uint8_t *end = memchr(bytes + 1, 0, size - 1);
    const size_t length = end ? (size_t)(end - bytes) - 1 : size - 1;
    char *text = malloc(length > 0 ? length : 1);
    FUZZ_MUST(text);
    memcpy(text, bytes + 1, length);
    if (reads[which](text, length, &spec))
        FUZZ_MUST(clrelu_error()[0]);
    else if (which == 3)
        check_inside(&spec);
    else
        check_again(reads[which], &spec);
    free(text);
    return 0;
}
