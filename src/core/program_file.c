/* program_file.c - opens the program file of a context
 * SPDX-License-Identifier: MIT */
#include "core/program_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "base/status.h"
#include "core/tune_store.h"

/* Far larger than a file of some dozen programs. */
#define MAX_FILE ((uint64_t)4 << 30)

/* The first line that differs between two texts; "" if a text has ended. */
static void first_difference(const char *a, const char *b, char line_a[128],
                             char line_b[128])
{
    size_t length_a = strcspn(a, "\n"), length_b = strcspn(b, "\n");

    while (*a && *b && length_a == length_b && !strncmp(a, b, length_a)) {
        a += length_a + (a[length_a] == '\n');
        b += length_b + (b[length_b] == '\n');
        length_a = strcspn(a, "\n");
        length_b = strcspn(b, "\n");
    }
    snprintf(line_a, 128, "%.*s", (int)length_a, a);
    snprintf(line_b, 128, "%.*s", (int)length_b, b);
}

static clrelu_status check_device(const clrelu_context *context,
                                  const clrelu_envelope *e, const char *path)
{
    char theirs[128], ours[128];

    if (strcmp(e->device, context->device_text) == 0)
        return CLRELU_OK;
    first_difference(e->device, context->device_text, theirs, ours);
    return clrelu_fail(CLRELU_INVALID_PROGRAM,
                       "%s was made for \"%s\", must be for \"%s\"", path,
                       theirs, ours);
}

clrelu_status clrelu_program_file_open(clrelu_context *context,
                                       const char *path)
{
    char error[ENVELOPE_ERROR];
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    clrelu_status status = CLRELU_OK;

    if (file < 0)
        return clrelu_fail(CLRELU_FILE_ERROR, "%s: %s", path, strerror(errno));
    if (!clrelu_envelope_read(file, MAX_FILE, &context->file, error))
        status = clrelu_fail(errno == ENOMEM ? CLRELU_OUT_OF_MEMORY
                             : errno         ? CLRELU_FILE_ERROR
                                             : CLRELU_INVALID_PROGRAM,
                             "%s %s", path, error);
    close(file);
    if (!status)
        status = check_device(context, &context->file, path);
    if (!status)
        clrelu_tuning_take(context, &context->file);
    else
        clrelu_envelope_free(&context->file);
    return status;
}
