/* input.c - .npy files and pipes as arrays in C order
 * SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "spool.h"
#include "store/atomic_file.h"

/* Reads size bytes; fewer are a failure. */
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

/* A header may claim more than the file has: checked before any allocation. */
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
    in->seeks = true;
    in->data = (uint64_t)at;
    const off_t held = status.st_size > at ? status.st_size - at : 0;
    if ((uintmax_t)held < need)
        return fail(
            f,
            "%s: is truncated: shape %.80s needs %zu bytes of data, "
            "there are %jd",
            in->name,
            clrelu_npy_shape_format(in->header.rank, in->header.dims, shape),
            need, (intmax_t)held);
    /* Another input may follow on the same descriptor. */
    return lseek(in->fd, (off_t)need, SEEK_CUR) >= 0 || fail_errno(f, in->name);
}

static bool open_file(input *in, const char *path, failure *f)
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

/* The input continues in a temporary copy of its elements. */
static bool spool(input *in, failure *f)
{
    const size_t size = in->header.count * in->header.item_size;
    bool good = true;
    int fd;

    if (!spool_open(&fd, f))
        return false;
    for (size_t done = 0, n; good && done < size; done += n) {
        n = size - done < INPUT_CHUNK ? size - done : INPUT_CHUNK;
        good = read_bytes(in, in->chunk, n, f) &&
               (clrelu_write_all(fd, in->chunk, n) ||
                fail_errno(f, "the temporary file for a pipe"));
    }
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    in->fd = fd;
    in->seeks = true;
    return good;
}

bool input_open(input *in, const char *path, input_type type, bool spools,
                failure *f)
{
    npy_header *h = &in->header;

    if (!open_file(in, path, f))
        return false;
    if (type.bfloat16_bits && h->kind == 'u' && h->item_size == 2)
        h->kind = 'V';
    in->dtype = clrelu_npy_dtype(h);
    if (type.to && in->dtype != type.keep)
        in->dtype = type.to;
    in->chunk = malloc(INPUT_CHUNK);
    if (!in->chunk)
        return fail(f, "no memory for %d bytes", INPUT_CHUNK);
    return in->seeks || !(h->fortran || spools) || spool(in, f);
}

void input_close(input *in)
{
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    free(in->chunk);
    memset(in, 0, sizeof(*in));
}

void input_shape(const input *in, array *a)
{
    a->rank = in->header.rank;
    a->count = in->header.count;
    a->dtype = in->dtype;
    memcpy(a->dims, in->header.dims, sizeof(a->dims));
}

bool input_read_at(input *in, size_t first, size_t n, void *bytes, failure *f)
{
    const size_t size = in->header.item_size;
    const off_t at = (off_t)(in->data + first * size);

    /* Two inputs may share the file offset of standard input. */
    if (in->seeks && lseek(in->fd, at, SEEK_SET) < 0)
        return fail_errno(f, in->name);
    return read_bytes(in, bytes, n * size, f);
}

bool input_allocate(array *a, failure *f)
{
    a->data =
        malloc((a->count > 0 ? a->count : 1) * clrelu_dtype_size(a->dtype));
    return a->data || fail(f, "no memory for %zu elements", a->count);
}

bool input_read_shape(const char *path, array *a, failure *f)
{
    input in;
    const bool good = open_file(&in, path, f);

    in.dtype = clrelu_npy_dtype(&in.header);
    input_shape(&in, a);
    input_close(&in);
    return good;
}
