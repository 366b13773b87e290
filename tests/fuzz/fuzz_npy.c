/* fuzz_npy.c - bytes as an .npy file
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "npy/npy.h"

enum { MAX_ELEMENTS = 4096 };

/* A shape that was read can be written and read again. */
static void check_format(const npy_header *h)
{
    char out[NPY_MAX_HEADER], error[NPY_ERROR];
    const size_t size =
        clrelu_npy_header_format(h->rank, h->dims, clrelu_npy_dtype(h), out);
    size_t prefix, text;
    npy_header again;

    FUZZ_MUST(size <= sizeof(out) && size % 64 == 0);
    FUZZ_MUST(
        clrelu_npy_prefix_parse((unsigned char *)out, &prefix, &text, error));
    FUZZ_MUST(prefix + text == size);
    FUZZ_MUST(clrelu_npy_text_parse(out + prefix, text, &again, error));
    FUZZ_MUST(again.rank == h->rank && again.count == h->count &&
              !again.fortran);
    FUZZ_MUST(memcmp(again.dims, h->dims, h->rank * sizeof(h->dims[0])) == 0);
}

static void check_elements(const npy_header *h, const uint8_t *bytes,
                           size_t size)
{
    if (h->count > MAX_ELEMENTS || h->count > size / h->item_size)
        return;
    for (int type = CLRELU_FLOAT32; type <= CLRELU_FLOAT64; type++) {
        const clrelu_dtype dtype = (clrelu_dtype)type;
        const size_t each = clrelu_dtype_size(dtype);
        void *values = malloc((h->count + 1) * each);
        void *ordered = malloc((h->count + 1) * each);
        FUZZ_MUST(values && ordered);
        clrelu_npy_convert(h, bytes, h->count, dtype, values);
        if (h->fortran)
            clrelu_npy_reorder(h, each, values, ordered);
        free(values);
        free(ordered);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned char prefix[NPY_MAX_PREFIX] = {0};
    char error[NPY_ERROR] = "";
    size_t prefix_size, text_size;
    npy_header h;
    char *text;

    if (size < NPY_PREFIX)
        return 0;
    memcpy(prefix, bytes, size < sizeof(prefix) ? size : sizeof(prefix));
    if (!clrelu_npy_prefix_parse(prefix, &prefix_size, &text_size, error)) {
        FUZZ_MUST(error[0]);
        return 0;
    }
    FUZZ_MUST(prefix_size <= NPY_MAX_PREFIX && text_size <= NPY_MAX_TEXT);
    /* A cut file stands for one that ends there. */
    if (prefix_size > size)
        return 0;
    if (text_size > size - prefix_size)
        text_size = size - prefix_size;
    text = malloc(text_size + 1);
    FUZZ_MUST(text);
    memcpy(text, bytes + prefix_size, text_size);
    text[text_size] = 'x';
    if (clrelu_npy_text_parse(text, text_size, &h, error)) {
        FUZZ_MUST(h.rank <= NPY_MAX_RANK && h.item_size >= 1 &&
                  h.item_size <= 8 && h.count <= SIZE_MAX / 16);
        check_format(&h);
        check_elements(&h, bytes + prefix_size + text_size,
                       size - prefix_size - text_size);
    } else {
        FUZZ_MUST(error[0]);
    }
    free(text);
    return 0;
}
