/* test_log.c - what the log callback is told, and that nothing is printed
 * SPDX-License-Identifier: MIT
 *
 *   test_log
 *   test_log --call        a process that must print nothing */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "core/context.h"
#include "core/tune_store.h"
#include "entry.h"
#include "folder.h"
#include "process.h"
#include "store/cache.h"
#include "tap.h"

static struct device device;
static const char *cache;

/* -------------------------------------------------------------- messages -- */

static struct {
    pthread_mutex_t lock;
    int count;
    clrelu_log_level levels[32];
    char texts[32][512];
} got = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_log(void *data, clrelu_log_level level, const char *text)
{
    pthread_mutex_lock(&got.lock);
    if (data == &got && got.count < (int)COUNT_OF(got.texts)) {
        got.levels[got.count] = level;
        snprintf(got.texts[got.count++], sizeof(got.texts[0]), "%s", text);
    }
    pthread_mutex_unlock(&got.lock);
}

static int count_of(clrelu_log_level level, const char *part)
{
    int count = 0;

    for (int i = 0; i < got.count; i++)
        count += got.levels[i] == level && strstr(got.texts[i], part);
    return count;
}

/* Is there exactly one such message?  If not, all are shown. */
static bool has(clrelu_log_level level, const char *part)
{
    const int count = count_of(level, part);

    for (int i = 0; i < got.count && count != 1; i++)
        diag("level %d: %s", (int)got.levels[i], got.texts[i]);
    return count == 1;
}

/* ------------------------------------------------------------------ calls --
 */

static clrelu_context *open_context(const char *program, bool is_heard)
{
    const clrelu_context_params params = {.queue = device.queue,
                                          .program = program,
                                          .log = is_heard ? on_log : NULL,
                                          .log_data = &got};
    clrelu_context *context;

    got.count = 0;
    must_succeed(clrelu_context_create(&params, &context));
    return context;
}

static bool call(clrelu_context *context, clrelu_op op)
{
    struct device d = device;

    d.context = context;
    return array_computes(&d, op);
}

/* A call with a context of its own, which ends up in the cache. */
static bool run(const char *program)
{
    clrelu_context *context = open_context(program, true);
    const bool good = call(context, CLRELU_LEAKY_RELU);

    clrelu_context_destroy(&context);
    return good;
}

/* ----------------------------------------------------------------- cache -- */

static void overwrite(const char *path, long at, const char *text)
{
    const int file = open(path, O_WRONLY | O_CREAT, 0600);

    if (file < 0 || pwrite(file, text, strlen(text), at) < 0)
        bail("cannot write %s", path);
    close(file);
}

static void test_entries(void)
{
    char name[256], path[1024];

    ok(run("") && has(CLRELU_LOG_INFO, "compiled leaky_relu-float32 in ") &&
           got.count == 1,
       "a compilation");
    folder_find(cache, ".program", name);
    if (!*name) {
        skip("the driver gives no binaries", "messages of the cache");
        return;
    }
    const int folder = clrelu_cache_open(false);
    snprintf(path, sizeof(path), "%s/%s", cache, name);
    ok(run("") && got.count == 1 &&
           has(CLRELU_LOG_INFO, "loaded leaky_relu-float32 from the cache in "),
       "a program from the cache");
    overwrite(path, 100, "\x01\x02\x03");
    ok(run("") &&
           has(CLRELU_LOG_WARNING, "is damaged: its checksum is wrong") &&
           has(CLRELU_LOG_WARNING, path) &&
           has(CLRELU_LOG_INFO, "compiled leaky_relu-float32 in ") &&
           got.count == 2,
       "a damaged entry, and its compilation");
    chmod(path, 0666);
    ok(run("") && has(CLRELU_LOG_WARNING, "nobody else may write") &&
           got.count == 2,
       "an entry that others may write");
    entry_replace(folder, name, "device: another\n");
    ok(run("") && has(CLRELU_LOG_WARNING, "is of another device or program"),
       "another device's entry");
    if (!device_named(&device, "Portable Computing", "")) {
        skip("drivers may not survive it", "a binary that is none");
    } else {
        entry_replace(folder, name, NULL);
        ok(run("") && has(CLRELU_LOG_WARNING, "was refused by the driver: ") &&
               has(CLRELU_LOG_INFO, "compiled leaky_relu-float32 in "),
           "a binary that is none");
    }
    ok(run("") && has(CLRELU_LOG_INFO, "from the cache") && got.count == 1,
       "the entry is good again, without a message");
    close(folder);
}

static void test_tuning(void)
{
    clrelu_context *context = open_context("", false);
    char path[1024], name[CACHE_NAME];

    clrelu_cache_name(context->device_text, TUNING_KEY, name);
    snprintf(path, sizeof(path), "%s/%s", cache, name);
    clrelu_context_destroy(&context);
    overwrite(path, 0, "nonsense");
    context = open_context("", true);
    ok(has(CLRELU_LOG_WARNING, path) && got.count == 1 &&
           has(CLRELU_LOG_WARNING, "is no program file: it is too short"),
       "a tuning that is none");
    clrelu_context_destroy(&context);
    unlink(path);
}

static void test_program_file(void)
{
    clrelu_context *context = open_context("", true);

    if (!call(context, CLRELU_LEAKY_RELU))
        bail("the library does not work");
    if (clrelu_save_programs(context, "programs"))
        skip("the driver gives no binaries", "a program file");
    else
        ok(run("programs") && got.count == 1 &&
               has(CLRELU_LOG_INFO,
                   "loaded leaky_relu-float32 from the program file in "),
           "a program from a file");
    clrelu_context_destroy(&context);
}

/* ---------------------------------------------------------------- folder -- */

static void test_folders(void)
{
    clrelu_context *context;

    folder_put("file", "text");
    setenv("CLRELU_CACHE_DIR", "file", 1);
    context = open_context("", true);
    ok(call(context, CLRELU_LEAKY_RELU) && call(context, CLRELU_ELU) &&
           has(CLRELU_LOG_WARNING, "no cache in file: ") &&
           count_of(CLRELU_LOG_INFO, "compiled ") == 2,
       "a file as the folder is told once");
    clrelu_context_destroy(&context);
    setenv("CLRELU_CACHE_DIR", "/proc/none/cache", 1);
    ok(run("") && has(CLRELU_LOG_WARNING, "it cannot be made"),
       "a folder that cannot be made");
    mkdir("open", 0777);
    chmod("open", 0777);
    setenv("CLRELU_CACHE_DIR", "open", 1);
    ok(run("") && has(CLRELU_LOG_WARNING, "nobody else may write"),
       "a folder that others may write");

    /* Where root may write anything, too. */
    mkdir("blocked", 0700);
    mkdir("blocked/lock", 0700);
    folder_put("blocked/lock/file", "text");
    setenv("CLRELU_CACHE_DIR", "blocked", 1);
    ok(run("") &&
           has(CLRELU_LOG_WARNING,
               "leaky_relu-float32 is not stored in the cache: ") &&
           has(CLRELU_LOG_INFO, "compiled "),
       "a folder that cannot be written");
}

static void test_setting(void)
{
    setenv("CLRELU_CACHE", "maybe", 1);
    clrelu_context *context = open_context("", true);
    ok(has(CLRELU_LOG_WARNING, "CLRELU_CACHE is 'maybe', must be "),
       "a value of CLRELU_CACHE that is none");
    clrelu_context_destroy(&context);
    setenv("CLRELU_CACHE", "0", 1);
    ok(run("") && got.count == 1 && has(CLRELU_LOG_INFO, "compiled "),
       "a cache that is off is no fault");
}

/* ----------------------------------------------------------------- locks -- */

/* A callback may wait for a thread that is in the library. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_first, done, in_time;
} other = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER,
           .is_first = true};

static void *call_other(void *context)
{
    const bool good = call(context, CLRELU_ELU);

    pthread_mutex_lock(&other.lock);
    other.done = good;
    pthread_cond_signal(&other.changed);
    pthread_mutex_unlock(&other.lock);
    return NULL;
}

static void wait_for_other(void *context, clrelu_log_level level,
                           const char *text)
{
    struct timespec end;
    pthread_t thread;

    (void)level, (void)text;
    pthread_mutex_lock(&other.lock);
    if (other.is_first) {
        other.is_first = false;
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec += 600;
        if (pthread_create(&thread, NULL, call_other, *(void **)context))
            bail("no thread");
        while (!other.done &&
               !pthread_cond_timedwait(&other.changed, &other.lock, &end))
            ;
        other.in_time = other.done;
        pthread_mutex_unlock(&other.lock);
        pthread_join(thread, NULL);
        return;
    }
    pthread_mutex_unlock(&other.lock);
}

static void test_locks(void)
{
    clrelu_context *context;
    const clrelu_context_params params = {.queue = device.queue,
                                          .program = "",
                                          .log = wait_for_other,
                                          .log_data = &context};

    must_succeed(clrelu_context_create(&params, &context));
    ok(call(context, CLRELU_LEAKY_RELU) && other.in_time,
       "a callback holds up no other thread");
    clrelu_context_destroy(&context);
}

/* ---------------------------------------------------------------- silent -- */

/* With a cache that cannot be used. */
static int work(void)
{
    bool good = true;

    device_open(&device);
    for (int is_heard = 0; is_heard < 2; is_heard++) {
        clrelu_context *context = open_context("", is_heard);
        good = call(context, CLRELU_LEAKY_RELU) && good;
        clrelu_context_destroy(&context);
    }
    device_close(&device);
    return !good || got.count == 0;
}

static void test_silence(const char *self)
{
    const char *const words[] = {self, "--call", NULL};
    char text[4096];

    /* What leaks in them is the driver's compiler. */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    setenv("CLRELU_CACHE", "maybe", 1);
    setenv("CLRELU_CACHE_DIR", "file", 1);
    ok(process_run(words) == 0 && process_text("out", text, sizeof(text)) == 0,
       "nothing is printed");
    if (*text)
        diag("%s", text);
}

int main(int argc, char **argv)
{
    device_need();
    if (argc > 1 && strcmp(argv[1], "--call") == 0)
        return work();
    const char *self = process_self(argv);
    cache = process_cache(folder_enter());
    unsetenv("CLRELU_PROGRAM");
    device_open(&device);
    test_entries();
    test_tuning();
    test_program_file();
    test_folders();
    test_setting();
    test_locks();
    device_close(&device);
    test_silence(self);
    folder_leave();
    return done_testing();
}
