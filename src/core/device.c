/* device.c - the list of devices, and the selection by a spec
 * SPDX-License-Identifier: MIT */
#include "core/device.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "core/enumerate.h"

enum { INDEX_DIGITS = 6 };

typedef struct spec {
    char name[128];      /* part of a platform's or device's name; "": any */
    cl_device_type type; /* CL_DEVICE_TYPE_ALL: any */
    size_t index;
    bool has_index;
} spec;

static bool same_word(const char *a, const char *b)
{
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b))
        a++, b++;
    return *a == *b;
}

static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);

    for (; *text; text++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)text[i]) ==
                                 tolower((unsigned char)part[i]))
            i++;
        if (i == length)
            return true;
    }
    return length == 0;
}

static bool parse_type(const char *word, cl_device_type *type)
{
    static const struct {
        const char *word;
        cl_device_type type;
    } types[] = {{"gpu", CL_DEVICE_TYPE_GPU},
                 {"cpu", CL_DEVICE_TYPE_CPU},
                 {"accelerator", CL_DEVICE_TYPE_ACCELERATOR},
                 {"any", CL_DEVICE_TYPE_ALL}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (same_word(word, types[i].word)) {
            *type = types[i].type;
            return true;
        }
    return false;
}

static bool parse_index(const char *word, size_t *index)
{
    *index = 0;
    if (!*word || strlen(word) > INDEX_DIGITS)
        return false;
    for (; *word; word++) {
        if (!isdigit((unsigned char)*word))
            return false;
        *index = *index * 10 + (size_t)(*word - '0');
    }
    return true;
}

static clrelu_status bad_word(const char *text, const char *word)
{
    const size_t length = strlen(word);

    if (length > INDEX_DIGITS && strspn(word, "0123456789") == length)
        return clrelu_fail(CLRELU_INVALID_DEVICE,
                           "device spec \"%s\": index %s is not in 0..999999",
                           text, word);
    return clrelu_fail(CLRELU_INVALID_DEVICE,
                       "device spec \"%s\": \"%s\" does not fit, must "
                       "be [PLATFORM:][gpu|cpu|accelerator|any][:INDEX]"
                       ", such as \"gpu\", \"pocl:cpu:0\" or \"nvidia\"",
                       text, word);
}

/* In the order name, type, index; each is optional. */
static clrelu_status parse_spec(const char *text, spec *s)
{
    enum { NAME, TYPE, INDEX, END } next = NAME;
    char copy[256];
    char *word = copy;

    memset(s, 0, sizeof(*s));
    s->type = CL_DEVICE_TYPE_ALL;
    if (!text || !*text)
        return CLRELU_OK;
    if (strlen(text) >= sizeof(copy))
        return clrelu_fail(CLRELU_INVALID_DEVICE,
                           "device spec has %zu characters, must have at most "
                           "%zu",
                           strlen(text), sizeof(copy) - 1);
    strcpy(copy, text);
    while (word) {
        char *colon = strchr(word, ':');
        if (colon)
            *colon = '\0';
        if (next <= TYPE && parse_type(word, &s->type)) {
            next = INDEX;
        } else if (next > NAME && next <= INDEX &&
                   parse_index(word, &s->index)) {
            s->has_index = true;
            next = END;
        } else if (next == NAME && strlen(word) < sizeof(s->name)) {
            strcpy(s->name, word);
            next = TYPE;
        } else {
            return bad_word(text, word);
        }
        word = colon ? colon + 1 : NULL;
    }
    return CLRELU_OK;
}

static int type_rank(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return 0;
    if (type & CL_DEVICE_TYPE_ACCELERATOR)
        return 1;
    return type & CL_DEVICE_TYPE_CPU ? 2 : 3;
}

/* PoCL and CUDA have their short names only in the version. */
static bool fits(const spec *s, const clrelu_device *d)
{
    return (s->type == CL_DEVICE_TYPE_ALL || (d->type & s->type)) &&
           (contains(d->platform_name, s->name) || contains(d->name, s->name) ||
            contains(d->vendor, s->name) || contains(d->version, s->name));
}

/* The devices that fit, best first: a stable sort by type, then the index. */
static void select_devices(const spec *s, clrelu_devices *l,
                           clrelu_device *chosen, size_t *count)
{
    *count = 0;
    for (int rank = 0; rank < 4; rank++)
        for (size_t i = 0; i < l->count; i++)
            if (type_rank(l->devices[i].type) == rank &&
                fits(s, &l->devices[i]))
                chosen[(*count)++] = l->devices[i];
    if (!s->has_index)
        return;
    if (s->index < *count) {
        chosen[0] = chosen[s->index];
        *count = 1;
    } else {
        *count = 0;
    }
}

/* All devices in l, those that fit in *chosen; the caller frees both. */
static clrelu_status find(const char *text, clrelu_devices *l,
                          clrelu_device **chosen, size_t *count)
{
    spec s;
    clrelu_status status = parse_spec(text, &s);

    memset(l, 0, sizeof(*l));
    *chosen = NULL;
    *count = 0;
    if (!status)
        status = clrelu_enumerate(l);
    if (status || l->count == 0)
        return status;
    *chosen = calloc(l->count, sizeof(**chosen));
    if (!*chosen)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                           "no memory for a list of %zu devices", l->count);
    select_devices(&s, l, *chosen, count);
    return CLRELU_OK;
}

clrelu_status clrelu_device_list(const char *text, size_t capacity,
                                 clrelu_device *devices, size_t *count)
{
    clrelu_device *chosen;
    clrelu_devices l;
    clrelu_status status;

    if (!count)
        return clrelu_fail(CLRELU_INVALID_NULL, "count is NULL");
    *count = 0;
    if (capacity && !devices)
        return clrelu_fail(CLRELU_INVALID_NULL,
                           "devices is NULL, capacity is %zu", capacity);
    status = find(text, &l, &chosen, count);
    for (size_t i = 0; !status && i < *count && i < capacity; i++)
        devices[i] = chosen[i];
    free(chosen);
    free(l.devices);
    return status;
}

static clrelu_status no_device(const char *text, const clrelu_devices *l)
{
    char known[2048] = "";
    size_t used = 0;

    if (l->platforms == 0)
        return clrelu_fail(CLRELU_NO_DEVICE,
                           "no OpenCL device: no OpenCL platform is installed");
    if (l->count == 0)
        return clrelu_fail(CLRELU_NO_DEVICE, "no OpenCL device: %s",
                           l->without);
    for (size_t i = 0; i < l->count && used < sizeof(known); i++)
        used += (size_t)snprintf(
            known + used, sizeof(known) - used, "%s\"%s\" (platform \"%s\")",
            i ? ", " : "", l->devices[i].name, l->devices[i].platform_name);
    return clrelu_fail(CLRELU_NO_DEVICE,
                       "no OpenCL device fits \"%s\"; there is: %s%s%s", text,
                       known, l->without[0] ? "; " : "", l->without);
}

clrelu_status clrelu_device_pick(const char *text, cl_device_id *device)
{
    clrelu_device *chosen;
    clrelu_devices l;
    size_t count;
    clrelu_status status = find(text, &l, &chosen, &count);

    if (!status && count > 0)
        *device = chosen[0].device;
    else if (!status)
        status = no_device(text ? text : "", &l);
    free(chosen);
    free(l.devices);
    return status;
}
