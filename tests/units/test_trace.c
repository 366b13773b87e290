/* test_trace.c - the lines of CLRELU_TRACE
 * SPDX-License-Identifier: MIT
 *
 *   test_trace
 *   test_trace --call      a process that makes a call, and prints the log
 *   test_trace --waiting   ... that ends before its commands have run
 *   test_trace --set-id    ... with another user's rights */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"
#include "functions.h"
#include "process.h"
#include "tap.h"

enum { TEXT = 1 << 20 };

static struct device device;
static struct arguments given;
static char text[TEXT];

/* ----------------------------------------------------------------- lines -- */

static const char *const fields[] = {
    "function=", " op=",         " dtype=",    " shape=", " flags=",
    " kernel=",  " local_size=", " groups=",   " bytes=", " program=",
    " status=",  " host_us=",    " device_us="};

/* The value of a field, in a buffer that the next calls use again. */
static const char *value(const char *line, const char *field)
{
    static char values[4][512];
    static unsigned next;
    char *out = values[next++ % 4];
    const char *at = strstr(line, field);

    if (!at)
        return "";
    at += strlen(field);
    snprintf(out, sizeof(values[0]), "%.*s", (int)strcspn(at, " \n"), at);
    return out;
}

/* All fields in their order, and an error if there is one. */
static bool is_whole(const char *line)
{
    const size_t length = strcspn(line, "\n");
    const char *at = line;

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        at = i == 0 ? line : strstr(at, fields[i]);
        if (!at || at >= line + length ||
            strncmp(at, fields[i], strlen(fields[i])) != 0)
            return false;
        at += strlen(fields[i]);
    }
    at += strcspn(at, " \n");
    if (strcmp(value(line, " status="), "CLRELU_OK") == 0)
        return at == line + length && *at == '\n';
    return strncmp(at, " error=\"", 8) == 0 && line[length - 1] == '"';
}

static size_t count_lines(void)
{
    size_t count = 0;

    process_text("trace", text, sizeof(text));
    for (const char *c = text; *c; c++)
        count += *c == '\n';
    return count;
}

/* Empties the trace, to which the library appends. */
static void clear(void)
{
    if (truncate("trace", 0))
        bail("no trace");
}

/* The only line since clear(), or "".  A callback may still have to write. */
static const char *only_line(void)
{
    const struct timespec pause = {0, 1000000};

    for (int i = 0; i < 60000 && count_lines() == 0; i++)
        nanosleep(&pause, NULL);
    if (count_lines() == 1 && is_whole(text))
        return text;
    diag("%s", text);
    return "";
}

static bool is(const char *line, const char *field, const char *expected)
{
    const bool same = strcmp(value(line, field), expected) == 0;

    if (!same)
        diag("no %s%s: %s", field, expected, line);
    return same;
}

/* ----------------------------------------------------------------- calls -- */

static clrelu_status forward(clrelu_context *c)
{
    return clrelu_forward(c, &given.exec, &given.elementwise);
}

/* A flag, and what the host computes. */
static clrelu_status accumulate(const struct arguments *a)
{
    clrelu_elementwise call = a->elementwise;

    call.flags = CLRELU_ACCUMULATE_DX;
    return clrelu_backward(a->context, &a->exec, &call);
}

static clrelu_status initialize_on_host(const struct arguments *a)
{
    return clrelu_initialize(a->context, &a->exec, "orthogonal", 1,
                             &a->parameter);
}

/* The kernel is the first of the call's. */
static const struct line {
    const char *name, *op, *shape, *flags, *kernel, *bytes;
    run_function *run; /* or that of the name                                 */
} lines[] = {
    {"forward", "elu", "8", "0", "forward", "64", NULL},
    {"backward", "elu", "8", "0", "backward", "96", NULL},
    {"backward", "elu", "8", "1", "backward", "128", accumulate},
    {"prelu_forward", "prelu", "2x4", "0", "prelu_forward", "80", NULL},
    {"prelu_backward", "prelu", "2x4", "0", "prelu_backward", "128", NULL},
    {"prelu_backward_partial", "prelu", "2x4", "0", "prelu_backward", "128",
     NULL},
    {"chain_forward", "prelu", "2x4", "0", "chain_forward", "176", NULL},
    {"chain_backward", "prelu", "2x4", "0", "chain_backward", "224", NULL},
    {"chain_double_backward", "prelu", "2x4", "0", "chain_backward", "304",
     NULL},
    {"chain_double_backward_partial", "prelu", "2x4", "0", "chain_backward",
     "304", NULL},
    {"sum_partials", "-", "2x4", "0", "sum_partials", "48", NULL},
    {"dense_forward", "prelu", "2x2x4", "0", "CLBlastSgemm", "128", NULL},
    {"dense_backward", "prelu", "2x2x4", "0", "chain_backward", "144", NULL},
    {"initialize", "random_normal(0,1)", "2x4", "0", "initialize", "32", NULL},
    {"initialize", "orthogonal", "2x4", "0", "clEnqueueCopyBuffer", "32",
     initialize_on_host},
    {"penalty", "l1(0.5)", "2x4", "0", "sum_terms", "96", NULL},
    {"constrain", "non_neg", "2x4", "0", "non_neg", "64", NULL},
    {"sgd_step", "-", "2x4", "0", "sgd_step", "192", NULL},
    {"prelu_layer_create_from_config", "-", "4", "0", "initialize", "16", NULL},
    {"prelu_layer_create", "-", "4", "0", "initialize", "16", NULL},
    {"prelu_layer_forward", "prelu", "2x4", "0", "prelu_forward", "80", NULL},
    {"prelu_layer_backward", "prelu", "2x4", "0", "prelu_backward", "128",
     NULL},
    {"prelu_layer_penalty", "-", "4", "0", "sum_terms", "16", NULL},
    {"prelu_layer_update", "-", "4", "0", "sgd_step", "96", NULL},
    {"prelu_layer_write_alpha", "-", "4", "0", "clEnqueueCopyBuffer", "16",
     NULL},
    {"prelu_layer_read_alpha", "-", "4", "0", "clEnqueueReadBuffer", "16",
     NULL},
    {"prelu_layer_save", "-", "4", "0", "clEnqueueReadBuffer", "16", NULL},
    {"prelu_layer_load", "-", "4", "0", "clEnqueueCopyBuffer", "16", NULL},
    {"context_float_check", "-", "-", "0", "arithmetic", "0", NULL},
};

static bool runs(const struct line *l, const char **line)
{
    char name[128];

    snprintf(name, sizeof(name), "clrelu_%s", l->name);
    run_function *run = l->run ? l->run : function_call(name)->run;
    clear();
    const clrelu_status status = run(&given);
    clFinish(given.exec.queue);
    *line = only_line();
    return is(*line, " status=", clrelu_status_name(status)) && !status;
}

static void test_function(const struct line *l)
{
    const char *const dtype = l->shape[0] == '-' ? "-" : "float32";
    char name[128], first[128];
    const char *line;

    snprintf(name, sizeof(name), "clrelu_%s", l->name);
    if (!runs(l, &line)) {
        if (is(line, " status=", "CLRELU_UNSUPPORTED"))
            skip("built without CLBlast", "%s", name);
        else
            ok(false, "%s: %s", name, clrelu_error());
        return;
    }
    snprintf(first, sizeof(first), "%s", value(line, " kernel="));
    first[strcspn(first, "+")] = '\0';
    if (strcmp(first, l->kernel) != 0)
        diag("kernel is %s, must be %s", first, l->kernel);
    ok(is(line, "function=", name) && is(line, " op=", l->op) &&
           is(line, " dtype=", dtype) && is(line, " shape=", l->shape) &&
           is(line, " flags=", l->flags) && is(line, " bytes=", l->bytes) &&
           is(line, " device_us=", "-") && strcmp(first, l->kernel) == 0 &&
           atof(value(line, " host_us=")) > 0,
       "%s: one line with all fields", name);
}

/* Their lists have a value for each kernel. */
static void test_kernels(void)
{
    clear();
    ok(!function_call("clrelu_penalty")->run(&given) &&
           is(only_line(),
              " kernel=", "sum_terms+sum_rows+add_penalty_gradient") &&
           strchr(value(text, " local_size="), '+') &&
           strchr(value(text, " groups="), '+'),
       "a call of three kernels");
    clear();
    const clrelu_elementwise none = {
        .op = CLRELU_ELU, .dtype = CLRELU_FLOAT32, .scalar = 1.0};
    ok(!clrelu_forward(device.context, &given.exec, &none) &&
           is(only_line(), " kernel=", "-") && is(text, " shape=", "0") &&
           is(text, " program=", "-"),
       "a call without work");
}

/* An update makes as few passes as its constraint allows: one, and one more
 * where a norm or a diagonal must be known first. */
static void test_passes(void)
{
    static const struct {
        const char *specs, *kernels, *bytes;
    } updates[] = {
        {"None,None", "sgd_step", "192"},
        {"l1_l2(1,1),None", "sgd_step", "192"},
        {"l1_l2(1,1),non_neg", "sgd_step", "192"},
        {"l2(1),max_norm(1)", "step_terms+sum_rows+rescale", "256"},
        {"l2(1),min_max_norm(0,1,axis=2)", "step_terms+sum_rows+rescale",
         "256"},
        {"l1(1),radial_constraint", "sgd_step+take_diagonal+fill_rings", "256"},
    };

    for (size_t i = 0; i < COUNT_OF(updates); i++) {
        char config[128];
        clrelu_prelu_layer *l;
        snprintf(config, sizeof(config), "PReLU([0,2,2,1,2],[],ones,%s)",
                 updates[i].specs);
        must_succeed(clrelu_prelu_layer_create_from_config(
            device.context, &given.exec, config, &l));
        clear();
        ok(!clrelu_prelu_layer_update(l, &given.exec, 0.5, 0.5) &&
               is(only_line(), " kernel=", updates[i].kernels) &&
               is(text, " bytes=", updates[i].bytes),
           "an update with %s: %s", updates[i].specs, updates[i].kernels);
        clrelu_prelu_layer_destroy(&l);
    }
}

/* Where a new context has a program from. */
static const char *origin_of(const char *program)
{
    clrelu_context *context = device_context(&device, program);

    clear();
    forward(context);
    clrelu_context_destroy(&context);
    return value(only_line(), " program=");
}

static void test_origins(const char *folder)
{
    process_cache(folder);
    clear();
    forward(device.context);
    ok(is(only_line(), " program=", "pool"), "a program that was there");
    /* One program, as a driver may compile each once more. */
    clrelu_context *one = device_context(&device, NULL);
    forward(one);
    if (clrelu_save_programs(one, "programs"))
        skip("the driver gives no binaries", "a program file");
    else
        ok(strcmp(origin_of("programs"), "file") == 0, "a program from a file");
    clrelu_context_destroy(&one);
    /* Not every driver leaves a binary to the end of its context. */
    const char *origin = origin_of("");
    ok(strcmp(origin, "compiled") == 0 || strcmp(origin, "cache") == 0,
       "compiled, or by the first context: %s", origin);
    const char *again = origin_of("");
    if (strcmp(again, "compiled") == 0)
        skip("the driver gives no binaries", "a program of the cache");
    else
        ok(strcmp(again, "cache") == 0, "cache: %s", again);
}

/* ---------------------------------------------------------------- errors -- */

static void test_errors(void)
{
    clrelu_elementwise e = given.elementwise;

    e.op = (clrelu_op)77;
    clear();
    ok(clrelu_forward(device.context, &given.exec, &e) == CLRELU_INVALID_OP &&
           is(only_line(), " status=", "CLRELU_INVALID_OP") &&
           strstr(text, "error=\"op is 77, must be an enumerator") &&
           is(text, " op=", "-") && is(text, " shape=", "8"),
       "an op that is none");
    e = given.elementwise;
    e.y.mem = NULL;
    clear();
    ok(clrelu_forward(device.context, &given.exec, &e) == CLRELU_INVALID_NULL &&
           is(only_line(), " kernel=", "-") && strstr(text, "error=\"y: no "),
       "a missing buffer");
    clear();
    ok(clrelu_forward(NULL, NULL, NULL) == CLRELU_INVALID_NULL &&
           is(only_line(), " op=", "-") && is(text, " shape=", "-"),
       "nothing but NULL");
    clear();
    ok(clrelu_prelu_layer_update(NULL, &given.exec, 1, 0) ==
               CLRELU_INVALID_NULL &&
           is(only_line(), "function=", "clrelu_prelu_layer_update"),
       "no layer");
    clear();
    ok(clrelu_constrain(device.context, &given.exec, "no \"such\"\nname",
                        &given.parameter) &&
           is(only_line(), " op=", "no'such'name"),
       "a spec with blanks, quotes and a newline stays on the line");
}

/* --------------------------------------------------------------- profile -- */

static void test_profile(cl_command_queue_properties more, const char *what)
{
    cl_command_queue queue =
        device_queue(&device, CL_QUEUE_PROFILING_ENABLE | more);
    cl_event event = NULL;
    const char *line;
    bool good;

    given.exec = (clrelu_exec){.queue = queue, .event = &event};
    clear();
    good = !function_call("clrelu_prelu_backward")->run(&given) &&
           !clFinish(queue);
    line = only_line();
    ok(good && atof(value(line, " device_us=")) > 0,
       "%s: the device's time, and the caller's event", what);
    device_must(clReleaseEvent(event), "the caller's event");
    given.exec.event = NULL;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        if (lines[i].shape[0] == '-') /* on a queue of the context's own */
            continue;
        if (!runs(&lines[i], &line)) {
            good = is(line, " status=", "CLRELU_UNSUPPORTED") && good;
            continue;
        }
        if (atof(value(line, " device_us=")) <= 0)
            diag("%s", line);
        good = atof(value(line, " device_us=")) > 0 && good;
    }
    ok(good, "... of each function");
    clear();
    clrelu_elementwise e = given.elementwise;
    e.y.mem = NULL;
    good = clrelu_forward(device.context, &given.exec, &e) != CLRELU_OK;
    ok(good && is(only_line(), " device_us=", "-"), "... but no error's");
    given.exec = (clrelu_exec){.queue = device.queue};
    device_must(clReleaseCommandQueue(queue), "clReleaseCommandQueue");
}

/* --------------------------------------------------------------- threads -- */

enum { THREADS = 4, CALLS = 200 };

static void *call_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < CALLS; i++) {
        clrelu_elementwise e = given.elementwise;
        if (i % 2)
            e.x.mem = NULL;
        (void)clrelu_forward(device.context, &given.exec, &e);
    }
    return NULL;
}

static void test_threads(void)
{
    pthread_t threads[THREADS];
    size_t whole = 0, count;

    clear();
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, call_often, NULL))
            bail("no thread");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    clFinish(device.queue);
    count = count_lines();
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        char *end = strchr(line, '\n');
        char one[4096];
        if (!end)
            break;
        snprintf(one, sizeof(one), "%.*s", (int)(end - line + 1), line);
        whole += is_whole(one);
    }
    ok(count == THREADS * CALLS && whole == count,
       "%d calls of %d threads: %zu lines, %zu are whole", THREADS * CALLS,
       THREADS, count, whole);
}

/* -------------------------------------------------------------- processes --
 */

static void print(void *data, clrelu_log_level level, const char *message)
{
    (void)data, (void)level;
    printf("%s\n", message);
}

static int work(bool waits)
{
    cl_event event;
    clrelu_context *context;

    device_open(&device);
    const clrelu_context_params params = {
        .queue = device.queue, .program = "", .log = print};
    must_succeed(clrelu_context_create(&params, &context));
    arguments_open(&given, &device);
    if (waits) {
        event = device_user_event(&device);
        given.exec = (clrelu_exec){
            .queue = device_queue(&device, CL_QUEUE_PROFILING_ENABLE),
            .wait_count = 1,
            .wait_list = &event};
    }
    return forward(context) != CLRELU_OK;
}

static bool was_printed(const char *part)
{
    process_text("out", text, sizeof(text));
    return strstr(text, part) != NULL;
}

static void test_processes(const char *self)
{
    const char *const call[] = {self, "--call", NULL};
    const char *const set_id[] = {self, "--set-id", NULL};
    const char *const waiting[] = {self, "--waiting", NULL};

    /* What leaks in them is the driver's compiler. */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    setenv("CLRELU_TRACE", "-", 1);
    ok(process_run(call) == 0 && process_says("function=clrelu_forward op=elu"),
       "-: the standard error");
    setenv("CLRELU_TRACE", "/proc/none/trace", 1);
    ok(process_run(call) == 0 &&
           process_says("no trace: CLRELU_TRACE is /proc/none/trace: ") &&
           !was_printed("function="),
       "a file that cannot be opened");
    setenv("CLRELU_TRACE", "trace", 1);
    clear();
    if (device_user_events(&device, "a process that ends first"))
        ok(process_run(waiting) == 0 && is(only_line(), " device_us=", "-") &&
               is(text, " status=", "CLRELU_OK"),
           "a process that ends first");
    clear();
    if (geteuid() != 0)
        skip("needs root", "another user's rights");
    else
        ok(process_run(set_id) == 0 && count_lines() == 0,
           "another user's rights: no trace");
    unsetenv("CLRELU_TRACE");
    ok(process_run(call) == 0 && !was_printed("function=") &&
           count_lines() == 0,
       "no variable: no trace");
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";

    if (strcmp(mode, "--set-id") == 0 && setegid(1))
        return 1;
    device_need();
    if (*mode)
        return work(strcmp(mode, "--waiting") == 0);
    const char *self = process_self(argv);
    const char *folder = folder_enter();
    setenv("CLRELU_TRACE", "trace", 1);
    setenv("CLRELU_CACHE", "0", 1);
    unsetenv("CLRELU_PROGRAM");
    device_open(&device);
    arguments_open(&given, &device);
    arguments_open_layer(&given);
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        test_function(&lines[i]);
    test_kernels();
    test_passes();
    test_origins(folder);
    test_errors();
    test_profile(0, "in order");
    if (device_out_of_order(&device))
        test_profile(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, "out of order");
    test_threads();
    arguments_close(&given);
    test_processes(self);
    device_close(&device);
    folder_leave();
    return done_testing();
}
