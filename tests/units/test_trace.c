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

#include "device.h"
#include "folder.h"
#include "process.h"
#include "tap.h"

enum { ROWS = 4, COLUMNS = 6, N = ROWS * COLUMNS, TEXT = 1 << 20 };

static struct device device;
static clrelu_exec exec;
static struct array arrays[6];
static clrelu_prelu_layer *layer;
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

static clrelu_buffer at(size_t i)
{
    return array_buffer(&arrays[i]);
}

static const size_t dims[] = {ROWS, COLUMNS};
static const clrelu_shape shape = {.rank = 2, .dims = dims};
static const size_t alpha_dims[] = {COLUMNS};

static clrelu_elementwise elementwise(void)
{
    return (clrelu_elementwise){.op = CLRELU_ELU,
                                .dtype = CLRELU_FLOAT32,
                                .scalar = 1.0,
                                .n = N,
                                .x = at(0),
                                .y = at(2),
                                .dy = at(1),
                                .dx = at(2)};
}

static clrelu_prelu prelu(void)
{
    return (clrelu_prelu){.dtype = CLRELU_FLOAT32,
                          .shape = &shape,
                          .x = at(0),
                          .alpha = at(3),
                          .y = at(2),
                          .dy = at(1),
                          .dx = at(2),
                          .dalpha = at(4)};
}

static clrelu_parameter parameter(void)
{
    return (clrelu_parameter){.rank = 1,
                              .dims = alpha_dims,
                              .values = at(3),
                              .gradient = at(4),
                              .velocity = at(5)};
}

static clrelu_status forward(clrelu_context *c)
{
    const clrelu_elementwise e = elementwise();

    return clrelu_forward(c, &exec, &e);
}

static clrelu_status backward(clrelu_context *c)
{
    clrelu_elementwise e = elementwise();

    e.flags = CLRELU_ACCUMULATE_DX;
    return clrelu_backward(c, &exec, &e);
}

static clrelu_status prelu_forward(clrelu_context *c)
{
    const clrelu_prelu p = prelu();

    return clrelu_prelu_forward(c, &exec, &p);
}

static clrelu_status prelu_backward(clrelu_context *c)
{
    const clrelu_prelu p = prelu();

    return clrelu_prelu_backward(c, &exec, &p);
}

static clrelu_status prelu_partial(clrelu_context *c)
{
    clrelu_prelu p = prelu();

    p.dalpha = at(1);
    p.dy = at(0);
    return clrelu_prelu_backward_partial(c, &exec, &p);
}

static clrelu_chain chain(void)
{
    return (clrelu_chain){.op = CLRELU_ELU,
                          .dtype = CLRELU_FLOAT32,
                          .scalar = 1.0,
                          .shape = &shape,
                          .x = at(0),
                          .bias = at(3),
                          .y = at(2),
                          .dy = at(1),
                          .dx = at(2),
                          .dbias = at(4)};
}

static clrelu_status chain_forward(clrelu_context *c)
{
    const clrelu_chain call = chain();

    return clrelu_chain_forward(c, &exec, &call);
}

static clrelu_status chain_backward(clrelu_context *c)
{
    const clrelu_chain call = chain();

    return clrelu_chain_backward(c, &exec, &call);
}

static clrelu_status sum_partials(clrelu_context *c)
{
    return clrelu_sum_partials(c, &exec, CLRELU_FLOAT32, ROWS, COLUMNS, at(0),
                               at(2));
}

static clrelu_dense dense(void)
{
    return (clrelu_dense){.op = CLRELU_ELU,
                          .scalar = 1.0,
                          .rows = 2,
                          .inputs = 2,
                          .outputs = 2,
                          .x = at(0),
                          .w = at(1),
                          .b = at(3),
                          .y = at(2)};
}

static clrelu_status dense_forward(clrelu_context *c)
{
    const clrelu_dense d = dense();

    return clrelu_dense_forward(c, &exec, &d);
}

static clrelu_status dense_backward(clrelu_context *c)
{
    clrelu_dense d = dense();

    d.z = at(3);
    d.b = d.y = (clrelu_buffer){0};
    d.dy = d.dz = at(2);
    d.dw = at(4);
    d.db = at(5);
    return clrelu_dense_backward(c, &exec, &d);
}

static clrelu_status initialize(clrelu_context *c)
{
    const clrelu_parameter p = parameter();

    return clrelu_initialize(c, &exec, "random_normal(0, 1)", 1, &p);
}

static clrelu_status initialize_on_host(clrelu_context *c)
{
    clrelu_parameter p = parameter();

    p.rank = 2;
    p.dims = dims;
    p.values = at(2);
    return clrelu_initialize(c, &exec, "orthogonal", 1, &p);
}

static clrelu_status penalty(clrelu_context *c)
{
    const clrelu_parameter p = parameter();

    return clrelu_penalty(c, &exec, "l1(0.5)", &p, at(2));
}

static clrelu_status constrain(clrelu_context *c)
{
    const clrelu_parameter p = parameter();

    return clrelu_constrain(c, &exec, "non_neg", &p);
}

static clrelu_status sgd_step(clrelu_context *c)
{
    const clrelu_parameter p = parameter();

    return clrelu_sgd_step(c, &exec, 0.5, 0.5, &p);
}

static clrelu_status layer_create(clrelu_context *c)
{
    const clrelu_prelu_layer_params p = {
        .rank = 2, .dims = dims, .regularizer = "l2(0.5)"};

    clrelu_prelu_layer_destroy(&layer);
    return clrelu_prelu_layer_create(c, &exec, &p, &layer);
}

static clrelu_status layer_from_config(clrelu_context *c)
{
    clrelu_prelu_layer_destroy(&layer);
    return clrelu_prelu_layer_create_from_config(
        c, &exec, "PReLU(input_shape=[0,6])", &layer);
}

static clrelu_prelu layer_call(void)
{
    clrelu_prelu p = prelu();

    p.alpha = p.dalpha = (clrelu_buffer){0};
    return p;
}

static clrelu_status layer_forward(clrelu_context *c)
{
    const clrelu_prelu p = layer_call();

    (void)c;
    return clrelu_prelu_layer_forward(layer, &exec, &p);
}

static clrelu_status layer_backward(clrelu_context *c)
{
    const clrelu_prelu p = layer_call();

    (void)c;
    return clrelu_prelu_layer_backward(layer, &exec, &p);
}

static clrelu_status layer_penalty(clrelu_context *c)
{
    (void)c;
    return clrelu_prelu_layer_penalty(layer, &exec, at(2));
}

static clrelu_status layer_update(clrelu_context *c)
{
    (void)c;
    return clrelu_prelu_layer_update(layer, &exec, 0.5, 0.5);
}

static clrelu_status layer_write(clrelu_context *c)
{
    const float values[COLUMNS] = {0};

    (void)c;
    return clrelu_prelu_layer_write_alpha(layer, &exec, COLUMNS, values);
}

static clrelu_status layer_read(clrelu_context *c)
{
    float values[COLUMNS];

    (void)c;
    return clrelu_prelu_layer_read_alpha(layer, &exec, COLUMNS, values);
}

static clrelu_status layer_save(clrelu_context *c)
{
    (void)c;
    return clrelu_prelu_layer_save(layer, &exec, "alpha.npy");
}

static clrelu_status layer_load(clrelu_context *c)
{
    (void)c;
    return clrelu_prelu_layer_load(layer, &exec, "alpha.npy");
}

static clrelu_status float_check(clrelu_context *c)
{
    clrelu_float_check check;

    return clrelu_context_float_check(c, &check);
}

/* The kernel is the first of the call's; layers' calls are in this order. */
static const struct function {
    const char *name;
    clrelu_status (*call)(clrelu_context *context);
    const char *op, *dtype, *shape, *flags, *kernel, *bytes;
} functions[] = {
    {"forward", forward, "elu", "float32", "24", "0", "forward", "192"},
    {"backward", backward, "elu", "float32", "24", "1", "backward", "384"},
    {"prelu_forward", prelu_forward, "prelu", "float32", "4x6", "0",
     "prelu_forward", "216"},
    {"prelu_backward", prelu_backward, "prelu", "float32", "4x6", "0",
     "prelu_backward", "336"},
    {"prelu_backward_partial", prelu_partial, "prelu", "float32", "4x6", "0",
     "prelu_backward", "336"},
    {"chain_forward", chain_forward, "elu", "float32", "4x6", "0",
     "chain_forward", "216"},
    {"chain_backward", chain_backward, "elu", "float32", "4x6", "0",
     "chain_backward", "336"},
    {"sum_partials", sum_partials, "-", "float32", "4x6", "0", "sum_partials",
     "120"},
    {"dense_forward", dense_forward, "elu", "float32", "2x2x2", "0",
     "CLBlastSgemm", "40"},
    {"dense_backward", dense_backward, "elu", "float32", "2x2x2", "0",
     "chain_backward", "56"},
    {"initialize", initialize, "random_normal(0,1)", "float32", "6", "0",
     "initialize", "24"},
    {"initialize", initialize_on_host, "orthogonal", "float32", "4x6", "0",
     "clEnqueueCopyBuffer", "96"},
    {"penalty", penalty, "l1(0.5)", "float32", "6", "0", "sum_terms", "72"},
    {"constrain", constrain, "non_neg", "float32", "6", "0", "non_neg", "48"},
    {"sgd_step", sgd_step, "-", "float32", "6", "0", "sgd_step", "144"},
    {"prelu_layer_create_from_config", layer_from_config, "-", "float32", "6",
     "0", "initialize", "24"},
    {"prelu_layer_create", layer_create, "-", "float32", "6", "0", "initialize",
     "24"},
    {"prelu_layer_forward", layer_forward, "prelu", "float32", "4x6", "0",
     "prelu_forward", "216"},
    {"prelu_layer_backward", layer_backward, "prelu", "float32", "4x6", "0",
     "prelu_backward", "336"},
    {"prelu_layer_penalty", layer_penalty, "-", "float32", "6", "0",
     "sum_terms", "24"},
    {"prelu_layer_update", layer_update, "-", "float32", "6", "0",
     "add_penalty_gradient", "216"},
    {"prelu_layer_write_alpha", layer_write, "-", "float32", "6", "0",
     "clEnqueueCopyBuffer", "24"},
    {"prelu_layer_read_alpha", layer_read, "-", "float32", "6", "0",
     "clEnqueueReadBuffer", "24"},
    {"prelu_layer_save", layer_save, "-", "float32", "6", "0",
     "clEnqueueReadBuffer", "24"},
    {"prelu_layer_load", layer_load, "-", "float32", "6", "0",
     "clEnqueueCopyBuffer", "24"},
    {"context_float_check", float_check, "-", "-", "-", "0", "arithmetic", "0"},
};

static bool runs(const struct function *f, const char **line)
{
    clear();
    const clrelu_status status = f->call(device.context);
    clFinish(exec.queue);
    *line = only_line();
    return is(*line, " status=", clrelu_status_name(status)) && !status;
}

static void test_function(const struct function *f)
{
    char name[128], first[128];
    const char *line;

    if (!runs(f, &line)) {
        if (is(line, " status=", "CLRELU_UNSUPPORTED"))
            skip("built without CLBlast", "clrelu_%s", f->name);
        else
            ok(false, "clrelu_%s: %s", f->name, clrelu_error());
        return;
    }
    snprintf(name, sizeof(name), "clrelu_%s", f->name);
    snprintf(first, sizeof(first), "%s", value(line, " kernel="));
    first[strcspn(first, "+")] = '\0';
    if (strcmp(first, f->kernel) != 0)
        diag("kernel is %s, must be %s", first, f->kernel);
    ok(is(line, "function=", name) && is(line, " op=", f->op) &&
           is(line, " dtype=", f->dtype) && is(line, " shape=", f->shape) &&
           is(line, " flags=", f->flags) && is(line, " bytes=", f->bytes) &&
           is(line, " device_us=", "-") && strcmp(first, f->kernel) == 0 &&
           atof(value(line, " host_us=")) > 0,
       "%s: one line with all fields", name);
}

/* Their lists have a value for each kernel. */
static void test_kernels(void)
{
    layer_create(device.context);
    clear();
    ok(!layer_update(device.context) &&
           is(only_line(), " kernel=", "add_penalty_gradient+sgd_step") &&
           strchr(value(text, " local_size="), '+') &&
           strchr(value(text, " groups="), '+'),
       "a call of two kernels");
    clear();
    const clrelu_elementwise none = {
        .op = CLRELU_ELU, .dtype = CLRELU_FLOAT32, .scalar = 1.0};
    ok(!clrelu_forward(device.context, &exec, &none) &&
           is(only_line(), " kernel=", "-") && is(text, " shape=", "0") &&
           is(text, " program=", "-"),
       "a call without work");
}

static void test_origins(void)
{
    const clrelu_context_params params = {.queue = device.queue,
                                          .program = "programs"};
    clrelu_context *context;

    clear();
    forward(device.context);
    ok(is(only_line(), " program=", "pool"), "a program that was there");
    if (clrelu_save_programs(device.context, "programs")) {
        skip("the driver gives no binaries", "a program file");
    } else {
        device_must((cl_int)clrelu_context_create(&params, &context),
                    "a context");
        clear();
        forward(context);
        ok(is(only_line(), " program=", "file"), "a program from a file");
        clrelu_context_destroy(&context);
    }
    for (int i = 0; i < 2; i++) {
        const char *const expected = i == 0 ? "compiled" : "cache";
        const clrelu_context_params none = {.queue = device.queue,
                                            .program = ""};
        device_must((cl_int)clrelu_context_create(&none, &context),
                    "a context");
        clear();
        forward(context);
        if (i == 1 && strcmp(value(only_line(), " program="), "compiled") == 0)
            skip("the driver gives no binaries", "a program of the cache");
        else
            ok(is(only_line(), " program=", expected), "%s", expected);
        clrelu_context_destroy(&context);
    }
}

/* ---------------------------------------------------------------- errors -- */

static void test_errors(void)
{
    clrelu_elementwise e = elementwise();

    e.op = (clrelu_op)77;
    clear();
    ok(clrelu_forward(device.context, &exec, &e) == CLRELU_INVALID_OP &&
           is(only_line(), " status=", "CLRELU_INVALID_OP") &&
           strstr(text, "error=\"op is 77, must be an enumerator") &&
           is(text, " op=", "-") && is(text, " shape=", "24"),
       "an op that is none");
    e = elementwise();
    e.y.mem = NULL;
    clear();
    ok(clrelu_forward(device.context, &exec, &e) == CLRELU_INVALID_NULL &&
           is(only_line(), " kernel=", "-") && strstr(text, "error=\"y: no "),
       "a missing buffer");
    clear();
    ok(clrelu_forward(NULL, NULL, NULL) == CLRELU_INVALID_NULL &&
           is(only_line(), " op=", "-") && is(text, " shape=", "-"),
       "nothing but NULL");
    clear();
    ok(clrelu_prelu_layer_update(NULL, &exec, 1, 0) == CLRELU_INVALID_NULL &&
           is(only_line(), "function=", "clrelu_prelu_layer_update"),
       "no layer");
    const clrelu_parameter p = parameter();
    clear();
    ok(clrelu_constrain(device.context, &exec, "no \"such\"\nname", &p) &&
           is(only_line(), " op=", "no'such'name"),
       "a spec with blanks, quotes and a newline stays on the line");
}

/* --------------------------------------------------------------- profile -- */

static void test_profile(cl_command_queue_properties more, const char *what)
{
    cl_command_queue queue =
        device_queue(&device, CL_QUEUE_PROFILING_ENABLE | more);
    const clrelu_exec old = exec;
    cl_event event = NULL;
    const char *line;
    bool good;

    exec = (clrelu_exec){.queue = queue, .event = &event};
    clear();
    good = !prelu_backward(device.context) && !clFinish(queue);
    line = only_line();
    ok(good && atof(value(line, " device_us=")) > 0,
       "%s: the device's time, and the caller's event", what);
    device_must(clReleaseEvent(event), "the caller's event");
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        const struct function *f = &functions[i];
        exec.event = NULL;
        if (f->call == float_check)
            continue;
        if (!runs(f, &line)) {
            good = is(line, " status=", "CLRELU_UNSUPPORTED") && good;
            continue;
        }
        if (atof(value(line, " device_us=")) <= 0)
            diag("%s", line);
        good = atof(value(line, " device_us=")) > 0 && good;
    }
    ok(good, "... of each function");
    clear();
    clrelu_elementwise e = elementwise();
    e.y.mem = NULL;
    good = clrelu_forward(device.context, &exec, &e) != CLRELU_OK;
    ok(good && is(only_line(), " device_us=", "-"), "... but no error's");
    exec = old;
    device_must(clReleaseCommandQueue(queue), "clReleaseCommandQueue");
}

/* --------------------------------------------------------------- threads -- */

enum { THREADS = 4, CALLS = 200 };

static void *call_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < CALLS; i++) {
        clrelu_elementwise e = elementwise();
        if (i % 2)
            e.x.mem = NULL;
        (void)clrelu_forward(device.context, &exec, &e);
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
    clFinish(exec.queue);
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

static void open_arrays(void)
{
    for (size_t i = 0; i < COUNT_OF(arrays); i++) {
        const float values[N] = {1.0f, -1.0f, 2.0f};
        arrays[i] = array_make(&device, 0, N, values);
    }
    exec = (clrelu_exec){.queue = device.queue};
}

static int work(bool waits)
{
    cl_event event;
    cl_int error;
    clrelu_context *context;

    device_open(&device);
    const clrelu_context_params params = {
        .queue = device.queue, .program = "", .log = print};
    device_must((cl_int)clrelu_context_create(&params, &context), "a context");
    open_arrays();
    if (waits) {
        event = clCreateUserEvent(device.cl, &error);
        device_must(error, "clCreateUserEvent");
        exec = (clrelu_exec){
            .queue = device_queue(&device, CL_QUEUE_PROFILING_ENABLE),
            .wait_count = 1,
            .wait_list = &event};
    }
    if (forward(context))
        return 1;
    return 0;
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
    char self[4096], here[2048] = "";

    if (strcmp(mode, "--set-id") == 0 && setegid(1))
        return 1;
    device_need();
    if (*mode)
        return work(strcmp(mode, "--waiting") == 0);
    if (*argv[0] != '/' && !getcwd(here, sizeof(here)))
        bail("no path to this program");
    snprintf(self, sizeof(self), "%s%s%.1024s", here, *here ? "/" : "",
             argv[0]);
    const char *folder = folder_enter();
    snprintf(here, sizeof(here), "%s/cache", folder);
    setenv("CLRELU_CACHE_DIR", here, 1);
    setenv("CLRELU_CACHE", "1", 1);
    setenv("CLRELU_TRACE", "trace", 1);
    unsetenv("CLRELU_PROGRAM");
    device_open(&device);
    open_arrays();
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        test_function(&functions[i]);
    test_kernels();
    test_origins();
    test_errors();
    test_profile(0, "in order");
    if (device_out_of_order(&device))
        test_profile(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, "out of order");
    test_threads();
    clrelu_prelu_layer_destroy(&layer);
    for (size_t i = 0; i < COUNT_OF(arrays); i++)
        array_free(&arrays[i]);
    test_processes(self);
    device_close(&device);
    folder_leave();
    return done_testing();
}
