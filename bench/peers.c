/* peers.c - the peers by name, those that are here
 * SPDX-License-Identifier: MIT */
#include "peers.h"

#include <stdio.h>
#include <string.h>

typedef bool native_open(const harness *h, impl *i);

/* open is NULL for those of Python. */
static const struct peer {
    const char *name;
    native_open *open;
} peers[] = {
    {"onednn", onednn_open}, {"xnnpack", xnnpack_open}, {"torch", NULL},
    {"torch.compile", NULL}, {"keras", NULL},           {"jax", NULL},
    {"onnxruntime", NULL},
};

#if !defined(CLRELU_BENCH_ONEDNN) || !defined(CLRELU_BENCH_XNNPACK)
static bool leave_out(impl *i)
{
    snprintf(i->version, sizeof(i->version), "not in this build");
    return false;
}
#endif

#ifndef CLRELU_BENCH_ONEDNN
bool onednn_open(const harness *h, impl *i)
{
    (void)h;
    return leave_out(i);
}
#endif

#ifndef CLRELU_BENCH_XNNPACK
bool xnnpack_open(const harness *h, impl *i)
{
    (void)h;
    return leave_out(i);
}
#endif

/* Is it one of the names up to end? */
static bool is_name(const char *names, size_t length, const char *name)
{
    return strlen(name) == length && strncmp(names, name, length) == 0;
}

static bool is_asked(const char *names, const char *name)
{
    for (const char *at = names; at && *at; at += *at == ',') {
        const size_t length = strcspn(at, ",");
        if (is_name(at, length, name))
            return true;
        at += length;
    }
    return !names;
}

static bool is_known(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(peers); i++)
        if (is_name(name, length, peers[i].name))
            return true;
    return false;
}

bool peers_are_known(const char *names)
{
    const char *at = names;

    for (;; at++) {
        const size_t length = strcspn(at, ",");
        if (!is_known(at, length))
            return false;
        at += length;
        if (!*at)
            return true;
    }
}

size_t peers_open(const harness *h, const char *names, const char *python,
                  impl *impls)
{
    size_t count = 0;

    for (size_t k = 0; k < COUNT_OF(peers); k++) {
        impl *i = &impls[count];
        if (!is_asked(names, peers[k].name))
            continue;
        if (peers[k].open ? peers[k].open(h, i)
                          : python_open(h, python, peers[k].name, i))
            count++;
        else
            fprintf(stderr, "without %s: %s\n", peers[k].name, i->version);
    }
    return count;
}
