/* input.c - .npy files and pipes as arrays of float32 in C order
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

float *input_allocate(size_t count, failure *f)
{
    float *data = malloc((count > 0 ? count : 1) * sizeof(*data));

    if (!data)
        fail(f, "no memory for %zu elements", count);
    return data;
}

/* Room for more elements, as they arrive. */
static bool grow(float **data, size_t *capacity, size_t count, failure *f)
{
    size_t wanted = *capacity > 0 ? 2 * *capacity : CHUNK;
    float *grown;

    if (wanted > count)
        wanted = count;
    grown = realloc(*data, wanted * sizeof(*grown));
    if (!grown)
        return fail(f, "no memory for %zu elements", wanted);
    *data = grown;
    *capacity = wanted;
    return true;
}

static bool read_elements(input *in, float **data, progress *p, failure *f)
{
    const npy_header *h = &in->header;
    size_t capacity = in->sized || h->count == 0 ? h->count : 0;
    unsigned char *chunk = malloc(CHUNK);
    bool good = false;

    if (!chunk) {
        fail(f, "no memory for %d bytes", CHUNK);
        goto done;
    }
    if (in->sized || h->count == 0) {
        *data = input_allocate(capacity, f);
        if (!*data)
            goto done;
    }
    progress_phase(p, "read", h->count);
    for (size_t done = 0, n; done < h->count; done += n) {
        n = CHUNK / h->item_size;
        if (n > h->count - done)
            n = h->count - done;
        if (!read_bytes(in, chunk, n * h->item_size, f))
            goto done;
        while (capacity < done + n)
            if (!grow(data, &capacity, h->count, f))
                goto done;
        clrelu_npy_convert(h, chunk, n, *data + done);
        progress_add(p, n);
    }
    good = true;
done:
    free(chunk);
    return good;
}

static bool reorder(const npy_header *h, float **data, failure *f)
{
    float *c;

    if (!h->fortran)
        return true;
    c = input_allocate(h->count, f);
    if (!c)
        return false;
    clrelu_npy_reorder(h, *data, c);
    free(*data);
    *data = c;
    return true;
}

static void copy_shape(const npy_header *h, array *a)
{
    a->rank = h->rank;
    a->count = h->count;
    memcpy(a->dims, h->dims, sizeof(a->dims));
}

bool input_read(const char *path, array *a, progress *p, failure *f)
{
    input in;
    const bool good = open_input(&in, path, f) &&
                      read_elements(&in, &a->data, p, f) &&
                      reorder(&in.header, &a->data, f);

    copy_shape(&in.header, a);
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
