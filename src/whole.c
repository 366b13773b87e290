/* whole.c - files that are there whole or not at all
 * SPDX-License-Identifier: MIT */
#include "whole.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "status.h"

static clrelu_status fail(const char *path)
{
    return clrelu_fail(errno == ENOMEM ? CLRELU_OUT_OF_MEMORY
                                       : CLRELU_FILE_ERROR,
                       "%s: %s", path, strerror(errno));
}

static void end(clrelu_whole *w, bool placed)
{
    if (!placed)
        unlink(w->temporary);
    free(w->temporary);
}

clrelu_status clrelu_whole_open(clrelu_whole *w, const char *path)
{
    const size_t size = strlen(path) + 16;
    clrelu_status status;
    int file;

    w->temporary = malloc(size);
    if (!w->temporary)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a name");
    snprintf(w->temporary, size, "%s.XXXXXX", path);
    file = mkstemp(w->temporary);
    w->file = file < 0 ? NULL : fdopen(file, "wb");
    if (w->file)
        return CLRELU_OK;
    status = fail(path);
    if (file >= 0)
        close(file);
    end(w, file < 0);
    return status;
}

void clrelu_whole_drop(clrelu_whole *w)
{
    fclose(w->file);
    end(w, false);
}

/* Down to the disk, so that the file's name never stands for half of it. */
clrelu_status clrelu_whole_close(clrelu_whole *w, const char *path, bool good)
{
    const int file = fileno(w->file);
    clrelu_status status;

    /* For everyone to read, as other files. */
    good = good && !ferror(w->file) && !fflush(w->file) &&
           !fchmod(file, 0644) && !fsync(file);
    good = !fclose(w->file) && good;
    good = good && !rename(w->temporary, path);
    status = good ? CLRELU_OK : fail(path);
    end(w, good);
    return status;
}
