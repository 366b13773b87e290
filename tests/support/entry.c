/* entry.c - entries of a cache, good ones and others
 * SPDX-License-Identifier: MIT */
#include "entry.h"

#include "base/os.h"
#include "store/cache.h"
#include "tap.h"

bool entry_write(int folder, const char *name, const char *device,
                 const char *key, const void *bytes, size_t size)
{
    clrelu_binary program = {key, bytes, size};
    const clrelu_envelope e = {
        .device = device, .count = 1, .programs = &program};

    return clrelu_cache_write(folder, name, &e);
}

void entry_replace(int folder, const char *name, const char *device)
{
    static const char none[] = "no binary";
    char error[ENVELOPE_ERROR];
    clrelu_envelope e;

    if (!clrelu_cache_read(folder, name, false, &e, error))
        bail("a good entry %s", error);
    const clrelu_binary *program = e.programs;
    if (!entry_write(folder, name, device ? device : e.device, program->key,
                     device ? (const void *)program->bytes : none,
                     device ? program->size : sizeof(none) - 1))
        bail("cannot write %s", name);
    clrelu_envelope_free(&e);
}

void entry_put(int folder, const char *name, const void *bytes, size_t size)
{
    int file;

    unlinkat(folder, name, 0);
    unlinkat(folder, name, AT_REMOVEDIR);
    file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        bail("cannot write %s", name);
    close(file);
}
