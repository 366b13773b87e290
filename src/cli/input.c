/* input.c - .npy files and pipes as arrays in C order
 * SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 }; /* bytes read at once, a multiple of every item     */

typedef struct input {
    int fd;
    const char *name;
    npy_header header;
    bool sized; /* a regular file, found long enough                          */
} input;

/* Reads size bytes; fewer, at the end of the file, are a failure. */
static bool read_bytes(input *in, void *bytes, size_t size, failure *f)
{
    for (size_t got = 0; got < size;) {
        const ssize_t n = read(in->fd, (char *)bytes + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(f, in->name);
        if (n == 0)
            return fail(f, "%s: is truncated", in->name);
        got += (size_t)n;
    }
    return true;
}

static bool read_header(input *in, failure *f)
{
    unsigned char prefix[NPY_MAX_PREFIX] = {0};
    char error[NPY_ERROR], *text = NULL;
    size_t prefix_size, text_size;
    bool good = false;

    if (!read_bytes(in, prefix, NPY_PREFIX, f))
        return false;
    if (!clrelu_npy_prefix_parse(prefix, &prefix_size, &text_size, error))
        return fail(f, "%s: %s", in->name, error);
    if (prefix_size > NPY_PREFIX) {
        if (!read_bytes(in, prefix + NPY_PREFIX, prefix_size - NPY_PREFIX, f))
            return false;
        if (!clrelu_npy_prefix_parse(prefix, &prefix_size, &text_size, error))
            return fail(f, "%s: %s", in->name, error);
    }
    text = malloc(text_size + 1);
    if (!text)
        return fail(f, "%s: no memory for its header", in->name);
    if (!read_bytes(in, text, text_size, f))
        goto done;
    if (!clrelu_npy_text_parse(text, text_size, &in->header, error)) {
        fail(f, "%s: %s", in->name, error);
        goto done;
    }
    good = true;
done:
    free(text);
    return good;
}

/* Against headers that lie: nothing is allocated for what cannot be there. */
static bool check_size(input *in, failure *f)
{
    const size_t need = in->header.count * in->header.item_size;
    const off_t at = lseek(in->fd, 0, SEEK_CUR);
    char shape[NPY_SHAPE_TEXT];
    struct stat status;

    if (fstat(in->fd, &status))
        return fail_errno(f, in->name);
    if (!S_ISREG(status.st_mode) || at < 0)
        return true;
    in->sized = true;
    const off_t held = status.st_size > at ? status.st_size - at : 0;
    if ((uintmax_t)held < need)
        return fail(
            f,
            "%s: is truncated: shape %.80s needs %zu bytes of data, "
            "there are %jd",
            in->name,
            clrelu_npy_shape_format(in->header.rank, in->header.dims, shape),
            need, (intmax_t)held);
    return true;
}

static bool open_input(input *in, const char *path, failure *f)
{
    const bool standard = strcmp(path, "-") == 0;
    struct stat status;

    memset(in, 0, sizeof(*in));
    in->name = standard ? "standard input" : path;
    in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0)
        return fail_errno(f, in->name);
    if (fstat(in->fd, &status) == 0 && S_ISDIR(status.st_mode))
        return fail(f, "%s: is a directory", in->name);
    return read_header(in, f) && check_size(in, f);
}

static void close_input(input *in)
{
    if (in->fd > STDIN_FILENO)
        close(in->fd);
}

static bool no_memory(size_t count, failure *f)
{
    return fail(f, "no memory for %zu elements", count);
}

bool input_allocate(array *a, failure *f)
{
    a->data =
        malloc((a->count > 0 ? a->count : 1) * clrelu_dtype_size(a->dtype));
    return a->data || no_memory(a->count, f);
}

/* Room for more elements, as they arrive. */
static bool grow(array *a, size_t *capacity, failure *f)
{
    size_t wanted = *capacity > 0 ? 2 * *capacity : CHUNK;
    void *grown;

    if (wanted > a->count)
        wanted = a->count;
    grown = realloc(a->data, wanted * clrelu_dtype_size(a->dtype));
    if (!grown)
        return no_memory(wanted, f);
    a->data = grown;
    *capacity = wanted;
    return true;
}

static bool read_elements(input *in, array *a, progress *p, failure *f)
{
    const npy_header *h = &in->header;
    const bool at_once = in->sized || h->count == 0;
    const size_t size = clrelu_dtype_size(a->dtype);
    size_t capacity = at_once ? h->count : 0;
    unsigned char *chunk = malloc(CHUNK);
    bool good = chunk || fail(f, "no memory for %d bytes", CHUNK);

    if (!good || (at_once && !(good = input_allocate(a, f))))
        goto done;
    progress_phase(p, "read", h->count);
    for (size_t done = 0, n; good && done < h->count; done += n) {
        n = CHUNK / h->item_size;
        if (n > h->count - done)
            n = h->count - done;
        good = read_bytes(in, chunk, n * h->item_size, f);
        while (good && capacity < done + n)
            good = grow(a, &capacity, f);
        if (good)
            clrelu_npy_convert(h, chunk, n, a->dtype,
                               (char *)a->data + done * size);
        progress_add(p, n);
    }
done:
    free(chunk);
    return good;
}

static bool reorder(const npy_header *h, array *a, failure *f)
{
    array c = *a;

    if (!h->fortran)
        return true;
    if (!input_allocate(&c, f))
        return false;
    clrelu_npy_reorder(h, clrelu_dtype_size(a->dtype), a->data, c.data);
    free(a->data);
    a->data = c.data;
    return true;
}

static void copy_shape(const npy_header *h, array *a)
{
    a->rank = h->rank;
    a->count = h->count;
    a->dtype = clrelu_npy_dtype(h);
    memcpy(a->dims, h->dims, sizeof(a->dims));
}

bool input_read(const char *path, input_type type, array *a, progress *p,
                failure *f)
{
    input in;
    npy_header *h = &in.header;
    bool good = open_input(&in, path, f);

    if (type.bfloat16_bits && h->kind == 'u' && h->item_size == 2)
        h->kind = 'V';
    copy_shape(h, a);
    if (type.to && a->dtype != type.keep)
        a->dtype = type.to;
    good = good && read_elements(&in, a, p, f) && reorder(h, a, f);
    close_input(&in);
    return good;
}

bool input_read_shape(const char *path, array *a, failure *f)
{
    input in;
    const bool good = open_input(&in, path, f);

    copy_shape(&in.header, a);
    close_input(&in);
    return good;
}
