/* gather.c - pieces in C order out of a file in Fortran order
 * SPDX-License-Identifier: MIT */
#include "gather.h"

#include <string.h>

enum {
    BLOCK = 256, /* elements converted at once                                */
    NEAR = 4096  /* bytes from run to run that are cheaper to read than to
                  * pass over                                                 */
};

/* Strides in elements: of the file, and of the piece. */
typedef struct walk {
    size_t file[NPY_MAX_RANK], c[NPY_MAX_RANK];
    size_t index[NPY_MAX_RANK];
    size_t from, to;               /* where the run begins                    */
    size_t held, held_count, near; /* elements in the input's chunk           */
} walk;

static void walk_start(const input *in, const piece *p, walk *w)
{
    const npy_header *h = &in->header;
    size_t stride = 1;

    *w = (walk){.near = h->dims[0] * h->item_size <= NEAR};
    for (size_t i = 0; i < h->rank; i++) {
        w->file[i] = stride;
        w->from += p->start[i] * stride;
        stride *= h->dims[i];
    }
    stride = 1;
    for (size_t i = h->rank; i-- > 0;) {
        w->c[i] = stride;
        stride *= p->dims[i];
    }
}

/* To the next run along axis 0; false behind the last. */
static bool walk_next(const input *in, const piece *p, walk *w)
{
    for (size_t i = 1; i < in->header.rank; i++) {
        w->from += w->file[i];
        w->to += w->c[i];
        if (++w->index[i] < p->dims[i])
            return true;
        w->from -= w->file[i] * p->dims[i];
        w->to -= w->c[i] * p->dims[i];
        w->index[i] = 0;
    }
    return false;
}

/* Holds the element at, and as many behind it as the run has, or, where runs
 * are near, as there is room for. */
static bool hold(input *in, walk *w, size_t at, size_t run, failure *f)
{
    const npy_header *h = &in->header;
    const size_t room = INPUT_CHUNK / h->item_size, rest = h->count - at;
    size_t n = w->near || run > room ? room : run;

    if (at >= w->held && at < w->held + w->held_count)
        return true;
    n = n < rest ? n : rest;
    w->held = at;
    w->held_count = n;
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

bool gather(input *in, const piece *p, void *out, failure *f)
{
    const size_t size = clrelu_dtype_size(in->dtype), run = p->dims[0];
    walk w;

    walk_start(in, p, &w);
    do {
        for (size_t done = 0, n; done < run; done += n) {
            const size_t at = w.from + done;
            if (!hold(in, &w, at, run - done, f))
                return false;
            n = w.held + w.held_count - at;
            n = n < run - done ? n : run - done;
            scatter(in, in->chunk + (at - w.held) * in->header.item_size, n,
                    w.c[0],
                    (unsigned char *)out + (w.to + done * w.c[0]) * size);
        }
    } while (walk_next(in, p, &w));
    return true;
}
