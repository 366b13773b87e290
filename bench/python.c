/* python.c - frameworks of Python, each in a process of its own
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "impl.h"
#include "peers_py.h"

typedef struct python {
    const problem *p;
    pid_t child;
    FILE *to, *from;
    char folder[64], reply[256];
} python;

static void path_of(const python *s, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", s->folder, name);
}

/* One line there, one line back; false if the child is gone or says no. */
static bool ask(python *s, const char *request)
{
    fprintf(s->to, "%s\n", request);
    if (fflush(s->to) || !fgets(s->reply, sizeof(s->reply), s->from))
        return false;
    return strncmp(s->reply, "no", 2) != 0;
}

static FILE *open_file(const python *s, const char *name, const char *mode)
{
    char path[128];

    path_of(s, name, path, sizeof(path));
    return fopen(path, mode);
}

static bool write_floats(const python *s, const char *name, const float *values,
                         size_t n)
{
    FILE *file = open_file(s, name, "wb");
    const bool ok = file && fwrite(values, sizeof(float), n, file) == n;

    return file && fclose(file) == 0 && ok;
}

static bool read_floats(const python *s, const char *name, float *values,
                        size_t n)
{
    FILE *file = open_file(s, name, "rb");
    const bool ok = file && fread(values, sizeof(float), n, file) == n;

    return file && fclose(file) == 0 && ok;
}

static void remove_files(const python *s)
{
    static const char *const names[] = {"x", "dy", "alpha", "out", "dalpha"};
    char path[128];

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        path_of(s, names[i], path, sizeof(path));
        unlink(path);
    }
}

static void write_request(const problem *p, char *text, size_t size)
{
    const bench_case *c = &p->c;
    size_t at = (size_t)snprintf(
        text, size, "prepare %s %s %d %.9g ", clrelu_op_name(c->op),
        c->backward ? "backward" : "forward", c->in_place, p->scalar);

    for (size_t i = 0; i < c->shape.rank; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%zu", i ? "," : "",
                               c->shape.dims[i]);
    at += (size_t)snprintf(text + at, size - at,
                           c->shape.shared_count ? " " : " -");
    for (size_t i = 0; i < c->shape.shared_count; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%d", i ? "," : "",
                               c->shape.shared_axes[i]);
}

static bool prepare(void *self, const problem *p)
{
    python *s = self;
    char request[512];
    bool ok;

    s->p = p;
    write_request(p, request, sizeof(request));
    ok = write_floats(s, "x", p->x, p->n) &&
         (!p->dy || write_floats(s, "dy", p->dy, p->n)) &&
         (!p->alpha || write_floats(s, "alpha", p->alpha, p->alphas)) &&
         ask(s, request);
    remove_files(s);
    return ok;
}

static double run(void *self, unsigned calls)
{
    python *s = self;
    char request[32];

    snprintf(request, sizeof(request), "run %u", calls);
    return ask(s, request) ? atof(s->reply) : -1.0;
}

static bool fetch(void *self, float *out, float *dalpha)
{
    python *s = self;
    const bool ok = ask(s, "fetch") && read_floats(s, "out", out, s->p->n) &&
                    (!dalpha || read_floats(s, "dalpha", dalpha, s->p->alphas));

    remove_files(s);
    return ok;
}

static void clear(void *self)
{
    ask(self, "clear");
}

static void close_python(void *self)
{
    python *s = self;

    if (s->to)
        fclose(s->to);
    if (s->from)
        fclose(s->from);
    if (s->child > 0)
        waitpid(s->child, NULL, 0);
    if (s->folder[0])
        rmdir(s->folder);
    free(s);
}

/* In memory if the system has such a place: the inputs pass through here. */
static bool make_folder(python *s)
{
    const char *bases[] = {"/dev/shm", getenv("TMPDIR"), "/tmp"};

    for (size_t i = 0; i < COUNT_OF(bases); i++) {
        if (!bases[i] || strlen(bases[i]) > 40)
            continue;
        snprintf(s->folder, sizeof(s->folder), "%s/clrelu-bench-XXXXXX",
                 bases[i]);
        if (mkdtemp(s->folder))
            return true;
    }
    s->folder[0] = '\0';
    return false;
}

static const struct framework {
    const char *name, *text;
} frameworks[] = {
    {"torch", peer_torch_py},
    {"torch.compile", peer_torch_py},
    {"keras", peer_keras_py},
    {"jax", peer_jax_py},
    {"onnxruntime", peer_onnxruntime_py},
};

/* The framework's own text, then what they share. */
static char *program_of(const char *framework)
{
    const struct framework *f = frameworks;
    char *text;
    size_t size;

    while (strcmp(f->name, framework))
        f++;
    size = strlen(f->text) + sizeof(peers_py);
    text = must_have(malloc(size));
    snprintf(text, size, "%s%s", f->text, peers_py);
    return text;
}

/* Never returns. */
static void become_python(const python *s, const char *interpreter,
                          const char *framework, const harness *h)
{
    char cores[16];
    const int null = open("/dev/null", O_WRONLY);

    snprintf(cores, sizeof(cores), "%u", h->cores);
    if (null >= 0)
        dup2(null, 2);
    /* What a call frees, the next one gets, without page faults between. */
    setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 0);
    setenv("MALLOC_MMAP_MAX_", "0", 0);
    setenv("MALLOC_TRIM_THRESHOLD_", "17179869184", 0);
    setenv("MALLOC_TOP_PAD_", "67108864", 0);
    execlp(interpreter, interpreter, "-c", program_of(framework), framework,
           h->is_cpu ? "cpu" : "gpu", cores, s->folder, (char *)NULL);
    _exit(1);
}

static bool start(python *s, const char *interpreter, const char *framework,
                  const harness *h)
{
    int to[2], from[2];

    if (pipe(to))
        return false;
    if (pipe(from)) {
        close(to[0]);
        close(to[1]);
        return false;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(to[i], F_SETFD, FD_CLOEXEC);
        fcntl(from[i], F_SETFD, FD_CLOEXEC);
    }
    fflush(NULL);
    s->child = fork();
    if (s->child == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        become_python(s, interpreter, framework, h);
    }
    close(to[0]);
    close(from[1]);
    s->to = fdopen(to[1], "w");
    s->from = fdopen(from[0], "r");
    return s->child > 0 && s->to && s->from &&
           fgets(s->reply, sizeof(s->reply), s->from);
}

static bool try_python(const harness *h, const char *interpreter,
                       const char *framework, impl *i)
{
    python *s = must_have(calloc(1, sizeof(*s)));

    signal(SIGPIPE, SIG_IGN);
    *i = (impl){framework, KIND_PEER,    s, prepare, run, fetch,
                clear,     close_python, ""};
    snprintf(i->version, sizeof(i->version), "%s does not run", interpreter);
    if (make_folder(s) && start(s, interpreter, framework, h)) {
        if (sscanf(s->reply, "ready %95[^\n]", i->version) == 1)
            return true;
        sscanf(s->reply, "no %95[^\n]", i->version);
    }
    close_python(s);
    return false;
}

bool python_open(const harness *h, const char *program, const char *framework,
                 impl *i)
{
    const char *const programs[] = {program, "/usr/bin/python3", "python3"};
    char why[sizeof(i->version)] = "";

    for (size_t k = 0; k < COUNT_OF(programs); k++) {
        if (programs[k] && try_python(h, programs[k], framework, i))
            return true;
        if (programs[k] && !why[0])
            memcpy(why, i->version, sizeof(why));
    }
    memcpy(i->version, why, sizeof(why));
    return false;
}
