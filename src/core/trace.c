/* trace.c - a line for each call, in the file of CLRELU_TRACE
 * SPDX-License-Identifier: MIT */
#include "core/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/os.h"
#include "base/status.h"
#include "base/types.h"
#include "core/log.h"
#include "core/trace_file.h"

atomic_bool clrelu_trace_on;

/* ------------------------------------------------------------------ file -- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int open_error;

static const char *find_path(void)
{
    const char *path = getenv("CLRELU_TRACE");

    return path && *path && !clrelu_os_is_setid() ? path : NULL;
}

static void open_file(void)
{
    const char *path = find_path();

    if (!path)
        return;
    if (clrelu_trace_file_open(path))
        atomic_store(&clrelu_trace_on, true);
    else
        open_error = errno;
}

void clrelu_trace_open(const clrelu_context *context)
{
    const char *path = find_path();

    pthread_once(&once, open_file);
    if (open_error)
        clrelu_log(context, CLRELU_LOG_WARNING,
                   "no trace: CLRELU_TRACE is %s: %s", path ? path : "",
                   strerror(open_error));
}

/* ---------------------------------------------------------------- record -- */

enum { MAX_DIMS = 8, WORD = 96, LIST = 320 };

/* Text "": not known. */
typedef struct record {
    unsigned depth; /* of calls within calls; 0: no call */
    const char *function;
    double start;
    char op[WORD], dtype[WORD], shape[2 * WORD];
    uint32_t flags;
    char kernels[LIST], local_sizes[WORD], groups[2 * WORD];
    uint64_t bytes;
    clrelu_origin origin;
    bool asked, profiles; /* the queue */
    cl_event first, last;
} record;

static _Thread_local record now;

void clrelu_trace_begin(const char *function)
{
    if (now.depth++ > 0)
        return;
    now = (record){.depth = 1, .function = function, .start = clock_now()};
}

/* Adds a word after a separator; the first that does not fit becomes "...". */
static void join(char *text, size_t size, char separator, const char *word)
{
    const size_t used = strlen(text);
    const bool is_full = used >= 3 && strcmp(text + used - 3, "...") == 0;
    const char between[] = {separator, '\0'};

    if (!is_full)
        snprintf(text + used, size - used, "%s%s", used > 0 ? between : "",
                 used + strlen(word) + 5 < size ? word : "...");
}

static void join_number(char *text, size_t size, char separator,
                        uint64_t number)
{
    char word[24];

    snprintf(word, sizeof(word), "%" PRIu64, number);
    join(text, size, separator, word);
}

/* ----------------------------------------------------------- description -- */

static bool is_open(void)
{
    return now.depth > 0 && !*now.op;
}

/* op without blanks, and no quote of a string. */
static void set_op(const char *op)
{
    size_t used = 0;

    for (const char *c = op; *c && used + 1 < sizeof(now.op); c++)
        if ((unsigned char)*c > ' ' && *c != 127)
            now.op[used++] = *c == '"' ? '\'' : *c;
    if (used == 0)
        now.op[used++] = '-';
    now.op[used] = '\0';
}

static void describe(const char *op, clrelu_dtype dtype, uint32_t flags,
                     size_t rank, const size_t *dims)
{
    const char *type = clrelu_dtype_name(dtype);

    set_op(op ? op : "-");
    snprintf(now.dtype, sizeof(now.dtype), "%s", type ? type : "-");
    now.flags = flags;
    if (rank == 0)
        join(now.shape, sizeof(now.shape), 'x', "scalar");
    for (size_t i = 0; dims && rank <= CLRELU_MAX_RANK && i < rank; i++)
        if (i < MAX_DIMS)
            join_number(now.shape, sizeof(now.shape), 'x', dims[i]);
        else
            join(now.shape, sizeof(now.shape), 'x', "...");
}

void clrelu_trace_elementwise(const clrelu_elementwise *e)
{
    if (e && is_open())
        describe(clrelu_op_name(e->op), e->dtype, e->flags, 1, &e->n);
}

static void describe_shaped(clrelu_op op, clrelu_dtype dtype, uint32_t flags,
                            const clrelu_shape *shape)
{
    const clrelu_shape none = {.rank = CLRELU_MAX_RANK + 1};

    if (!shape)
        shape = &none;
    describe(clrelu_op_name(op), dtype, flags, shape->rank, shape->dims);
}

void clrelu_trace_prelu(const clrelu_prelu *p)
{
    if (p && is_open())
        describe_shaped(CLRELU_PRELU, p->dtype, p->flags, p->shape);
}

void clrelu_trace_chain(const clrelu_chain *c)
{
    if (c && is_open())
        describe_shaped(c->op, c->dtype, c->flags, c->shape);
}

void clrelu_trace_dense(const clrelu_dense *d)
{
    if (!d || !is_open())
        return;
    const size_t dims[] = {d->rows, d->inputs, d->outputs};
    describe(clrelu_op_name(d->op), CLRELU_FLOAT32, d->flags, 3, dims);
}

void clrelu_trace_sums(clrelu_dtype dtype, size_t rows, size_t count)
{
    const size_t dims[] = {rows, count};

    if (is_open())
        describe(NULL, dtype, 0, 2, dims);
}

void clrelu_trace_parameter(const char *spec, const clrelu_parameter *p)
{
    if (p && is_open())
        describe(spec, CLRELU_FLOAT32, 0, p->rank, p->dims);
}

void clrelu_trace_bytes(uint64_t bytes)
{
    now.bytes += bytes;
}

/* -------------------------------------------------------------- commands -- */

void clrelu_trace_program(clrelu_origin origin)
{
    if (origin > now.origin)
        now.origin = origin;
}

void clrelu_trace_command(const char *kernel, unsigned local_size,
                          uint64_t groups)
{
    join(now.kernels, sizeof(now.kernels), '+', kernel);
    if (local_size > 0)
        join_number(now.local_sizes, sizeof(now.local_sizes), '+', local_size);
    else
        join(now.local_sizes, sizeof(now.local_sizes), '+', "-");
    if (groups > 0)
        join_number(now.groups, sizeof(now.groups), '+', groups);
    else
        join(now.groups, sizeof(now.groups), '+', "-");
}

void clrelu_trace_want(cl_command_queue queue, cl_event *own, cl_event **event)
{
    cl_command_queue_properties properties = 0;

    if (!now.asked && now.depth > 0 &&
        !clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof(properties),
                               &properties, NULL))
        now.profiles = properties & CL_QUEUE_PROFILING_ENABLE;
    now.asked = true;
    if (now.profiles && !*event)
        *event = own;
}

void clrelu_trace_keep(cl_event own, const cl_event *event)
{
    if (!now.profiles || !event || !*event || (!own && clRetainEvent(*event)))
        return;
    if (!now.first) {
        now.first = *event;
    } else {
        if (now.last)
            clReleaseEvent(now.last);
        now.last = *event;
    }
}

/* ------------------------------------------------------------------ line -- */

static const char *or_none(const char *text)
{
    return *text ? text : "-";
}

static void format(char line[TRACE_LINE], clrelu_status status, double host)
{
    static const char *const origins[] = {
        [CLRELU_FROM_NOWHERE] = "-",         [CLRELU_FROM_POOL] = "pool",
        [CLRELU_FROM_FILE] = "file",         [CLRELU_FROM_CACHE] = "cache",
        [CLRELU_FROM_COMPILER] = "compiled",
    };

    snprintf(line, TRACE_LINE,
             "function=%s op=%s dtype=%s shape=%s flags=%" PRIu32
             " kernel=%s local_size=%s groups=%s bytes=%" PRIu64
             " program=%s status=%s host_us=%.1f",
             now.function, or_none(now.op), or_none(now.dtype),
             or_none(now.shape), now.flags, or_none(now.kernels),
             or_none(now.local_sizes), or_none(now.groups), now.bytes,
             origins[now.origin], clrelu_status_name(status), 1e6 * host);
}

/* The text of an error as a string on one line. */
static void format_error(char text[LIST])
{
    snprintf(text, LIST - 1, " error=\"%s", clrelu_error());
    for (char *c = text + strlen(" error=\""); *c; c++)
        if (*c == '"')
            *c = '\'';
        else if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    strcat(text, "\"");
}

static void release_events(void)
{
    if (now.last)
        clReleaseEvent(now.last);
    if (now.first)
        clReleaseEvent(now.first);
}

void clrelu_trace_end(clrelu_status status)
{
    const double host = clock_now() - now.start;
    char line[TRACE_LINE], error[LIST] = "";

    /* 0: it began before the trace was on. */
    if (now.depth == 0 || --now.depth > 0)
        return;
    format(line, status, host);
    if (status) {
        format_error(error);
        release_events();
        clrelu_trace_file_write(line, -1, error);
    } else if (now.first) {
        clrelu_trace_file_write_later(line, now.first,
                                      now.last ? now.last : now.first);
    } else {
        clrelu_trace_file_write(line, -1, "");
    }
    now.profiles = false;
}
