/* sweep.c - every call of a scenario fails once, and what remains is looked at
 * SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <CL/cl.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

enum { MAX_CALLS = 100000, MAX_COMPLAINTS = 5 };

/* Of one kind of failure. */
struct tally {
    const struct scenario *scenario;
    enum fault_kind kind;
    uint64_t want;
    long injected, absorbed;
    int complaints;
};

uint64_t sweep_hash(uint64_t state, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        state = (state ^ at[i]) * 0x100000001b3u;
    return state;
}

static uint64_t hash_file(uint64_t state, const char *path)
{
    FILE *file = fopen(path, "rb");
    char bytes[4096];

    if (!file)
        return state;
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), file)) > 0;)
        state = sweep_hash(state, bytes, n);
    fclose(file);
    return state;
}

uint64_t sweep_hash_folder(uint64_t state, const char *folder)
{
    DIR *list = opendir(folder);
    char path[4096];
    uint64_t sum = 0;

    if (!list)
        bail("%s cannot be read", folder);
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        sum += hash_file(
            sweep_hash(state, entry->d_name, strlen(entry->d_name)), path);
    }
    closedir(list);
    return sweep_hash(state, &sum, sizeof(sum));
}

void sweep_empty(const char *folder)
{
    char name[512];
    DIR *list = opendir(folder);

    for (struct dirent *entry; list && (entry = readdir(list)) != NULL;) {
        snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
        unlink(name);
    }
    if (list)
        closedir(list);
}

static bool listed(const char *list, const char *name)
{
    char word[80];

    snprintf(word, sizeof(word), " %s ", name);
    return list && strstr(list, word);
}

/* Does the text have the name, or one that stands for it? */
static bool tells(const struct scenario *s, const char *text, const char *name)
{
    char words[256];

    if (strstr(text, name))
        return true;
    snprintf(words, sizeof(words), "%s", s->tells ? s->tells : "");
    for (char *at = words, *end; *at; at = end + 1) {
        end = at + strcspn(at, " ");
        const bool last = *end == '\0';
        *end = '\0';
        if (*at && strstr(text, at))
            return true;
        if (last)
            break;
    }
    return false;
}

/* Other codes may mean that an argument is wrong. */
static bool of_want(int code)
{
    return code == CL_OUT_OF_HOST_MEMORY || code == CL_OUT_OF_RESOURCES ||
           code == CL_DEVICE_NOT_AVAILABLE ||
           code == CL_MEM_OBJECT_ALLOCATION_FAILURE;
}

/* What a retry, or a short one, makes good, or what CLBlast ignores. */
static bool may_absorb(const struct tally *t, const char *failed, int code)
{
    if (t->kind == FAULT_FILE && (code == EINTR || code == FAULT_SHORT) &&
        (strcmp(failed, "read") == 0 || strcmp(failed, "write") == 0 ||
         strcmp(failed, "pread") == 0))
        return true;
    if (strncmp(failed, "clRelease", 9) == 0 || fault_hidden())
        return true;
    return listed(t->scenario->absorbs, failed);
}

static void complain(struct tally *t, const char *failed, long at, int code,
                     const char *what, const struct outcome *o)
{
    if (t->complaints++ < MAX_COMPLAINTS)
        diag("call %ld, %s with %d: %s; %s, \"%s\"", at, failed ? failed : "-",
             code, what, o->good ? "good" : "failed", o->text);
}

static struct outcome run(struct tally *t, long at, int code, bool more,
                          const char **failed, bool *changed, bool *right)
{
    const struct scenario *s = t->scenario;
    struct outcome o;

    if (s->before)
        s->before(s);
    const uint64_t before = s->state ? s->state(s) : 0;
    fault_start(t->kind, at, code, more);
    o = s->run(s, t->kind, code);
    *failed = fault_stop();
    const uint64_t now = s->state ? s->state(s) : 0;
    /* What OpenCL refuses after it took a command is the contract's one
     * exception. */
    const bool command = *failed && strncmp(*failed, "clEnqueue", 9) == 0;
    const bool begun =
        fault_commands() > command && (command || s->tears || more);
    /* A file may be whole before the last of its calls fails. */
    const bool whole = t->kind == FAULT_FILE && now == t->want;
    *changed = now != before && !begun && !whole;
    *right = now == t->want;
    if (s->after)
        s->after(s);
    return o;
}

/* One failure and what it leaves; false if there was none left to inject. */
static bool inject(struct tally *t, long at, int code, bool more)
{
    const struct fault_alive alive = fault_alive();
    const char *failed, *none;
    bool changed, right;
    struct outcome o = run(t, at, code, more, &failed, &changed, &right);

    if (!fault_same(&alive))
        complain(t, failed, at, code, "leaks", &o);
    if (!failed) {
        if (!o.good || !right)
            complain(t, failed, at, code, "not right without a failure", &o);
        return false;
    }
    t->injected++;
    t->absorbed += o.good;
    if (o.good && !may_absorb(t, failed, code))
        complain(t, failed, at, code, "ignored", &o);
    if (o.good && !right)
        complain(t, failed, at, code, "absorbed, but not right", &o);
    if (!o.good && !o.fits)
        complain(t, failed, at, code, "another status should be there", &o);
    if (!o.good && t->kind == FAULT_OPENCL && !more && of_want(code) &&
        !tells(t->scenario, o.text, failed))
        complain(t, failed, at, code, "the text does not name it", &o);
    if (!o.good && changed)
        complain(t, failed, at, code, "outputs are changed", &o);
    o = run(t, 0, 0, false, &none, &changed, &right);
    if (!o.good || !right)
        complain(t, failed, at, code, "not right afterwards", &o);
    return t->complaints < MAX_COMPLAINTS;
}

static const int *codes_of(enum fault_kind kind, bool all, int *count)
{
    static const int opencl[] = {
        CL_OUT_OF_HOST_MEMORY, CL_DEVICE_NOT_AVAILABLE,
        CL_OUT_OF_RESOURCES,   CL_MEM_OBJECT_ALLOCATION_FAILURE,
        CL_INVALID_OPERATION,  -9999};
    static const int memory[] = {ENOMEM};
    static const int file[] = {ENOSPC, FAULT_SHORT, EINTR, EIO, EACCES};

    switch (kind) {
    case FAULT_OPENCL:
        *count = all ? 6 : 1;
        return opencl;
    case FAULT_MEMORY:
        *count = 1;
        return memory;
    default:
        *count = all ? 5 : 3;
        return file;
    }
}

static void sweep_kind(struct tally *t, struct sweep_how how)
{
    int count;
    const bool all = how.all && !t->scenario->slow;
    const int *codes = codes_of(t->kind, all, &count);

    for (int i = 0; i < count; i++)
        /* What is interrupted for ever is tried for ever. */
        for (int more = 0; more <= (all && codes[i] != EINTR); more++)
            for (long at = 1; at < MAX_CALLS;
                 at += t->scenario->slow ? 1 + at / 8 : how.step)
                if (!inject(t, at, codes[i], more))
                    break;
}

long sweep(const struct scenario *s, struct sweep_how how)
{
    static const char *const names[FAULT_KINDS] = {"OpenCL", "memory", "files"};
    long injected = 0;

    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        struct tally t = {.scenario = s, .kind = (enum fault_kind)kind};
        const char *none;
        bool changed, right;
        /* Twice: what the first keeps is no leak. */
        for (int i = 0; i < 2; i++) {
            if (s->before)
                s->before(s);
            const struct outcome o = s->run(s, t.kind, 0);
            if (!o.good)
                bail("%s: %s", s->name, o.text);
            t.want = s->state ? s->state(s) : 0;
            if (s->after)
                s->after(s);
        }
        run(&t, 0, 0, false, &none, &changed, &right);
        if (!right)
            complain(&t, "-", 0, 0, "not the same twice",
                     &(struct outcome){true, true, ""});
        sweep_kind(&t, how);
        ok(t.complaints == 0, "%s: %ld failures of %s, %ld absorbed", s->name,
           t.injected, names[kind], t.absorbed);
        injected += t.injected;
    }
    return injected;
}
