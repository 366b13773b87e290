/* output.c - .npy files written atomically
 * SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "console.h"
#include "spool.h"

enum { COPY = 16 << 20 }; /* bytes */

/* For the signal handler to remove. */
static _Atomic(char *) temporaries[OUTPUT_MAX];

static void remember(char *old, char *new)
{
    for (size_t i = 0; i < OUTPUT_MAX; i++)
        if (atomic_load(&temporaries[i]) == old) {
            atomic_store(&temporaries[i], new);
            return;
        }
}

static void clean_up(void)
{
    for (size_t i = 0; i < OUTPUT_MAX; i++) {
        const char *temporary = atomic_load(&temporaries[i]);
        if (temporary)
            unlink(temporary);
    }
}

void output_clean_up_at_exit(void)
{
    console_at_end(clean_up);
}

static bool fail_atomic(const output *o, failure *f)
{
    return fail(f, "%s: %s", o->name, o->atomic.error);
}

static bool open_standard(output *o, failure *f)
{
    const int fd = dup(STDOUT_FILENO);

    o->name = "standard output";
    o->standard = true;
    o->atomic.file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (o->atomic.file)
        return true;
    fail_errno(f, o->name);
    if (fd >= 0)
        close(fd);
    return false;
}

bool output_open(output *o, const char *path, failure *f)
{
    memset(o, 0, sizeof(*o));
    o->name = path;
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
        return open_standard(o, f);
    if (!clrelu_atomic_file_name(&o->atomic, path))
        return fail_atomic(o, f);
    /* Before the file exists: a signal in between must not leave it. */
    remember(NULL, o->atomic.temporary);
    return clrelu_atomic_file_open(&o->atomic) || fail_atomic(o, f);
}

bool output_differ(const output *a, const output *b, failure *f)
{
    const char *const name = clrelu_os_base_name(b->atomic.path);
    char probe[2 * ATOMIC_FILE_PATH];

    if (!*a->atomic.temporary || !*b->atomic.temporary ||
        strcmp(clrelu_os_base_name(a->atomic.path), name) != 0)
        return true;
    /* If both paths name one folder, it has the temporary files of both. */
    snprintf(probe, sizeof(probe), "%.*s%s", (int)(name - b->atomic.path),
             b->atomic.path, clrelu_os_base_name(a->atomic.temporary));
    return access(probe, F_OK) != 0 ||
           fail(f, "%s and %s are the same file", a->name, b->name);
}

bool output_spares(const output *o, const char *path, failure *f)
{
    output file = {.name = path};
    const bool good = !clrelu_atomic_file_name(&file.atomic, path) ||
                      output_differ(o, &file, f);

    clrelu_atomic_file_discard(&file.atomic);
    return good;
}

bool output_append(output *o, const void *bytes, size_t size, failure *f)
{
    const int fd = o->spool ? o->spool : fileno(o->atomic.file);

    if (!clrelu_write_all(fd, bytes, size))
        return fail_errno(f,
                          o->spool ? "the temporary file for a pipe" : o->name);
    o->spooled += o->spool ? size : 0;
    return true;
}

/* Pipes do; devices such as /dev/null do not. */
static bool wants_spool(const output *o)
{
    struct stat status;

    return !*o->atomic.temporary &&
           (fstat(fileno(o->atomic.file), &status) || !S_ISCHR(status.st_mode));
}

bool output_begin(output *o, const array *a, bool in_parts, failure *f)
{
    char header[NPY_MAX_HEADER];
    const size_t size =
        clrelu_npy_header_format(a->rank, a->dims, a->dtype, header);

    if (in_parts && wants_spool(o) && !spool_open(&o->spool, f))
        return false;
    return output_append(o, header, size, f);
}

static bool unspool(output *o, progress *p, failure *f)
{
    const int from = o->spool;
    char *bytes = malloc(COPY);
    bool good = bytes || fail(f, "no memory for %d bytes", COPY);

    progress_phase(p, "write", o->spooled);
    o->spool = 0;
    for (uint64_t done = 0; good && done < o->spooled;) {
        const ssize_t n = pread(from, bytes, COPY, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        good = n > 0 ? output_append(o, bytes, (size_t)n, f)
                     : fail_errno(f, "the temporary file for a pipe");
        done += n > 0 ? (uint64_t)n : 0;
        progress_add(p, n > 0 ? (uint64_t)n : 0);
    }
    free(bytes);
    close(from);
    return good;
}

bool output_finish(output *o, progress *p, failure *f)
{
    if (o->spool && !unspool(o, p, f))
        return false;
    return clrelu_atomic_file_close(&o->atomic) || fail_atomic(o, f);
}

bool output_write(output *o, const array *a, progress *p, failure *f)
{
    const size_t size = a->count * clrelu_dtype_size(a->dtype);

    progress_phase(p, "write", size);
    if (!output_begin(o, a, false, f))
        return false;
    for (size_t done = 0, n; done < size; done += n) {
        n = size - done < COPY ? size - done : COPY;
        if (!output_append(o, (const char *)a->data + done, n, f))
            return false;
        progress_add(p, n);
    }
    return output_finish(o, p, f);
}

bool output_commit(output *outputs, size_t count, failure *f)
{
    for (size_t i = 0; i < count; i++) {
        if (clrelu_atomic_file_commit(&outputs[i].atomic))
            continue;
        fail_atomic(&outputs[i], f);
        while (i-- > 0)
            if (outputs[i].atomic.renamed)
                unlink(outputs[i].atomic.path);
        return false;
    }
    return true;
}

void output_close(output *outputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        output *o = &outputs[i];
        if (o->spool)
            close(o->spool);
        clrelu_atomic_file_discard(&o->atomic);
        remember(o->atomic.temporary, NULL);
        memset(o, 0, sizeof(*o));
    }
}
