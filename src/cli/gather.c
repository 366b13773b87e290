/* gather.c - slabs in C order from a file in Fortran order
 * SPDX-License-Identifier: MIT */
#include "gather.h"

#include <string.h>

enum {
    BLOCK = 256, /* elements converted at once */
    NEAR = 4096  /* bytes of axis 0 below which a whole buffer is read */
};

/* A run: the slab's elements along axis 0, contiguous in the file. */
typedef struct cursor {
    size_t file[NPY_MAX_RANK], c[NPY_MAX_RANK]; /* strides in elements */
    size_t index[NPY_MAX_RANK];
    size_t from, to;         /* the run's first element: in the file, in out */
    size_t held, held_count; /* elements of the file in in->chunk */
    bool near;               /* runs are close to each other */
} cursor;

static void cursor_start(const input *in, const slab *s, cursor *c)
{
    const npy_header *h = &in->header;
    size_t stride = 1;

    *c = (cursor){.near = h->dims[0] * h->item_size <= NEAR};
    for (size_t i = 0; i < h->rank; i++) {
        c->file[i] = stride;
        c->from += s->start[i] * stride;
        stride *= h->dims[i];
    }
    stride = 1;
    for (size_t i = h->rank; i-- > 0;) {
        c->c[i] = stride;
        stride *= s->dims[i];
    }
}

/* Odometer step over axes 1 and up; false after the last run. */
static bool cursor_advance(const input *in, const slab *s, cursor *c)
{
    for (size_t i = 1; i < in->header.rank; i++) {
        c->from += c->file[i];
        c->to += c->c[i];
        if (++c->index[i] < s->dims[i])
            return true;
        c->from -= c->file[i] * s->dims[i];
        c->to -= c->c[i] * s->dims[i];
        c->index[i] = 0;
    }
    return false;
}

/* Reads the element at, with the rest of its run or, if runs are near, as many
 * elements as fit. */
static bool hold(input *in, cursor *c, size_t at, size_t run, failure *f)
{
    const npy_header *h = &in->header;
    const size_t room = INPUT_CHUNK / h->item_size, rest = h->count - at;
    size_t n = c->near || run > room ? room : run;

    if (at >= c->held && at < c->held + c->held_count)
        return true;
    n = n < rest ? n : rest;
    c->held = at;
    c->held_count = n;
    return input_read_at(in, at, n, in->chunk, f);
}

static void scatter(const input *in, const unsigned char *bytes, size_t n,
                    size_t stride, unsigned char *out)
{
    const size_t size = clrelu_dtype_size(in->dtype);
    uint64_t values[BLOCK];

    for (size_t done = 0, m; done < n; done += m) {
        m = n - done < BLOCK ? n - done : BLOCK;
        clrelu_npy_convert(&in->header, bytes + done * in->header.item_size, m,
                           in->dtype, values);
        for (size_t i = 0; i < m; i++)
            memcpy(out + (done + i) * stride * size,
                   (const char *)values + i * size, size);
    }
}

bool gather(input *in, const slab *s, void *out, failure *f)
{
    const size_t size = clrelu_dtype_size(in->dtype), run = s->dims[0];
    cursor c;

    cursor_start(in, s, &c);
    do {
        for (size_t done = 0, n; done < run; done += n) {
            const size_t at = c.from + done;
            if (!hold(in, &c, at, run - done, f))
                return false;
            n = c.held + c.held_count - at;
            n = n < run - done ? n : run - done;
            scatter(in, in->chunk + (at - c.held) * in->header.item_size, n,
                    c.c[0],
                    (unsigned char *)out + (c.to + done * c.c[0]) * size);
        }
    } while (cursor_advance(in, s, &c));
    return true;
}
