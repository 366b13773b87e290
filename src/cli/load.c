/* load.c - slabs and whole arrays from .npy files
 * SPDX-License-Identifier: MIT */
#include "load.h"

#include "gather.h"

/* The file has the elements as they are wanted. */
static bool is_plain(const input *in)
{
    const npy_header *h = &in->header;

    return !h->swapped && (h->kind == 'f' || h->kind == 'V') &&
           in->dtype == clrelu_npy_dtype(h);
}

static bool load_in_order(input *in, const slab *s, void *out, progress *p,
                          failure *f)
{
    const size_t size = clrelu_dtype_size(in->dtype);
    const bool plain = is_plain(in);

    for (size_t done = 0, n; done < s->n; done += n) {
        char *to = (char *)out + done * size;
        n = INPUT_CHUNK / in->header.item_size;
        n = n < s->n - done ? n : s->n - done;
        if (!input_read_at(in, s->first + done, n,
                           plain ? to : (void *)in->chunk, f))
            return false;
        if (!plain)
            clrelu_npy_convert(&in->header, in->chunk, n, in->dtype, to);
        progress_add(p, n);
    }
    return true;
}

bool load_slab(input *in, const slab *s, void *out, progress *p, failure *f)
{
    if (!in->header.fortran)
        return load_in_order(in, s, out, p, f);
    progress_add(p, s->n);
    return s->n == 0 || gather(in, s, out, f);
}

bool load_array(const char *path, input_type type, array *a, progress *p,
                failure *f)
{
    input in;
    slabs whole;
    slab all;
    bool good = input_open(&in, path, type, false, f);

    input_shape(&in, a);
    progress_phase(p, "read", a->count);
    if (good && (good = input_allocate(a, f))) {
        slabs_make(a->rank, a->dims, SIZE_MAX, &whole);
        slabs_get(&whole, 0, &all);
        good = load_slab(&in, &all, a->data, p, f);
    }
    input_close(&in);
    return good;
}
