/* trace_file.c - the lines of a trace, at once or once the commands have run
 * SPDX-License-Identifier: MIT */
#include "core/trace_file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/os.h"

static int file = -1;

/* A line whose commands have not run. */
typedef struct waiting {
    struct waiting *previous, *next;
    cl_event first, last;
    char line[TRACE_LINE];
} waiting;

/* Protects the list, whose head is no line, and ended. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static waiting list = {.previous = &list, .next = &list};
static bool ended;

/* A single write appends a whole line, also among processes. */
void clrelu_trace_file_write(const char *line, double device_us,
                             const char *tail)
{
    char text[TRACE_LINE + 64], us[32] = "-";
    int length;

    if (device_us >= 0)
        snprintf(us, sizeof(us), "%.3f", device_us);
    length =
        snprintf(text, sizeof(text), "%s device_us=%s%s\n", line, us, tail);
    if (length >= (int)sizeof(text)) {
        length = (int)sizeof(text) - 1;
        text[length - 1] = '\n';
    }
    const ssize_t written = write(file, text, (size_t)length);
    (void)written;
}

/* The process ends before its commands: their times are not known.  The lines
 * stay for drivers that still call end_command. */
static void end_process(void)
{
    if (clrelu_fork_is_child())
        return;
    pthread_mutex_lock(&lock);
    ended = true;
    for (const waiting *w = list.next; w != &list; w = w->next)
        clrelu_trace_file_write(w->line, -1, "");
    pthread_mutex_unlock(&lock);
}

bool clrelu_trace_file_open(const char *path)
{
    file = strcmp(path, "-") == 0
               ? STDERR_FILENO
               : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file >= 0)
        atexit(end_process);
    return file >= 0;
}

/* Microseconds; -1: not known. */
static double device_time(cl_event first, cl_event last)
{
    cl_ulong start, end;

    if (clGetEventProfilingInfo(first, CL_PROFILING_COMMAND_START,
                                sizeof(start), &start, NULL) ||
        clGetEventProfilingInfo(last, CL_PROFILING_COMMAND_END, sizeof(end),
                                &end, NULL) ||
        end < start)
        return -1;
    return 1e-3 * (double)(end - start);
}

static void release(cl_event first, cl_event last)
{
    if (last != first)
        clReleaseEvent(last);
    clReleaseEvent(first);
}

static void finish(waiting *w, double device_us)
{
    bool was_written;

    pthread_mutex_lock(&lock);
    was_written = ended;
    if (!was_written) {
        w->previous->next = w->next;
        w->next->previous = w->previous;
    }
    pthread_mutex_unlock(&lock);
    if (was_written)
        return;
    clrelu_trace_file_write(w->line, device_us, "");
    release(w->first, w->last);
    free(w);
}

static void CL_CALLBACK end_command(cl_event event, cl_int status, void *data)
{
    waiting *w = data;

    (void)event;
    finish(w, status == CL_COMPLETE ? device_time(w->first, w->last) : -1);
}

void clrelu_trace_file_write_later(const char *line, cl_event first,
                                   cl_event last)
{
    waiting *w = malloc(sizeof(*w));

    if (!w) {
        clrelu_trace_file_write(line, -1, "");
        release(first, last);
        return;
    }
    *w = (waiting){.previous = &list, .first = first, .last = last};
    snprintf(w->line, sizeof(w->line), "%s", line);
    pthread_mutex_lock(&lock);
    w->next = list.next;
    w->next->previous = w;
    list.next = w;
    pthread_mutex_unlock(&lock);
    if (clSetEventCallback(last, CL_COMPLETE, end_command, w))
        finish(w, -1);
}
