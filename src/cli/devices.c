/* devices.c - clrelu devices
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "colour.h"
#include "commands.h"
#include "device.h"
#include "json.h"

enum { COLUMNS = 11, CELL = 132 };

typedef struct entry {
    clrelu_device device;
    char spec[32]; /* selects this device with --device */
    bool picked, checked;
    clrelu_float_check check; /* if checked */
} entry;

typedef char row[COLUMNS][CELL];

static const char *type_name(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return "gpu";
    if (type & CL_DEVICE_TYPE_ACCELERATOR)
        return "accelerator";
    return type & CL_DEVICE_TYPE_CPU ? "cpu" : "other";
}

/* Three digits: 512 KiB, 15.6 GiB. */
static void print_bytes(char cell[CELL], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;

    for (; value >= 1000 && unit < 4; unit++)
        value /= 1024;
    snprintf(cell, CELL, "%.*f %s", value < 99.95 && unit > 2 ? 1 : 0, value,
             units[unit]);
}

/* "3.0" of "OpenCL 3.0 PoCL HSTR: ...". */
static void print_version(char cell[CELL], const char *version)
{
    const char *number = strchr(version, ' ');

    number = number ? number + 1 : version;
    snprintf(cell, CELL, "%.*s", (int)strcspn(number, " "), number);
}

static void check(entry *e)
{
    const clrelu_context_params params = {.device = e->device.device};
    clrelu_context *context = NULL;

    e->checked = !clrelu_context_create(&params, &context) &&
                 !clrelu_context_float_check(context, &e->check);
    clrelu_context_destroy(&context);
}

/* The list is sorted by type: the index starts anew with each type. */
static void fill_entries(entry *entries, const clrelu_device *list,
                         size_t count, cl_device_id picked)
{
    size_t index = 0;

    for (size_t i = 0; i < count; i++, index++) {
        entry *e = &entries[i];
        const char *type = type_name(list[i].type);
        const bool other = strcmp(type, "other") == 0;
        if (i > 0 && strcmp(type, type_name(list[i - 1].type)) != 0)
            index = 0;
        e->device = list[i];
        e->picked = list[i].device == picked;
        snprintf(e->spec, sizeof(e->spec), "%s:%zu", other ? "any" : type,
                 other ? i : index);
        check(e);
    }
}

static void fill_row(row r, const entry *e)
{
    const clrelu_device *d = &e->device;

    snprintf(r[0], CELL, "%c %s", e->picked ? '*' : ' ', e->spec);
    snprintf(r[1], CELL, "%s", type_name(d->type));
    snprintf(r[2], CELL, "%s", d->name);
    snprintf(r[3], CELL, "%s", d->platform_name);
    print_version(r[4], d->version);
    snprintf(r[5], CELL, "%s", d->driver);
    snprintf(r[6], CELL, "%" PRIu32, d->compute_units);
    print_bytes(r[7], d->memory_bytes);
    print_bytes(r[8], d->cache_bytes);
    snprintf(r[9], CELL, "%s", d->compiler ? "yes" : "no");
    snprintf(r[10], CELL, "%s",
             !e->checked        ? "?"
             : e->check.is_ieee ? "yes"
                                : "no");
}

static void print_row(row r, const int *widths, bool picked)
{
    fputs(picked ? colour_code(stdout, COLOUR_PICKED) : "", stdout);
    for (size_t c = 0; c < COLUMNS; c++)
        printf("%-*s%s", c + 1 < COLUMNS ? widths[c] : 0, r[c],
               c + 1 < COLUMNS ? "  " : "");
    printf("%s\n", picked ? colour_code(stdout, COLOUR_NONE) : "");
}

/* rows has an additional row for the heads. */
static void print_table(const entry *entries, size_t count, row *rows)
{
    static const char *const heads[COLUMNS] = {
        "  device", "type",   "name",  "platform", "OpenCL",   "driver",
        "units",    "memory", "cache", "compiler", "same bits"};
    int widths[COLUMNS] = {0};

    for (size_t c = 0; c < COLUMNS; c++)
        snprintf(rows[0][c], CELL, "%s", heads[c]);
    for (size_t i = 0; i < count; i++)
        fill_row(rows[i + 1], &entries[i]);
    for (size_t i = 0; i <= count; i++)
        for (size_t c = 0; c < COLUMNS; c++) {
            const int width = (int)strlen(rows[i][c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    for (size_t i = 0; i <= count; i++)
        print_row(rows[i], widths, i > 0 && entries[i - 1].picked);
    for (size_t i = 0; i < count; i++)
        if (entries[i].checked && entries[i].check.differs[0])
            printf("\n%s: not IEEE 754: %s\n", entries[i].spec,
                   entries[i].check.differs);
}

static void print_json_entry(json *j, const entry *e)
{
    const clrelu_device *d = &e->device;

    json_open(j, NULL, '{');
    json_text(j, "spec", e->spec);
    json_bool(j, "picked", e->picked);
    json_text(j, "type", type_name(d->type));
    json_text(j, "name", d->name);
    json_text(j, "platform", d->platform_name);
    json_text(j, "vendor", d->vendor);
    json_text(j, "opencl", d->version);
    json_text(j, "driver", d->driver);
    json_integer(j, "compute_units", d->compute_units);
    json_integer(j, "memory_bytes", d->memory_bytes);
    json_integer(j, "max_alloc_bytes", d->max_alloc_bytes);
    json_integer(j, "cache_bytes", d->cache_bytes);
    json_bool(j, "compiler", d->compiler);
    json_bool(j, "svm", d->svm);
    if (e->checked)
        json_bool(j, "same_bits", e->check.is_ieee);
    else
        json_null(j, "same_bits");
    json_text(j, "differs", e->checked ? e->check.differs : "");
    json_close(j, '}');
}

static void print_json(const entry *entries, size_t count)
{
    json j = {.file = stdout};

    json_open(&j, NULL, '{');
    json_text(&j, "version", clrelu_version());
    json_open(&j, "devices", '[');
    for (size_t i = 0; i < count; i++)
        print_json_entry(&j, &entries[i]);
    json_close(&j, ']');
    json_close(&j, '}');
}

/* The first device that fits, as for a context. */
static bool pick(const char *spec, clrelu_device *picked, failure *f)
{
    size_t count;

    if (!spec)
        spec = getenv("CLRELU_DEVICE");
    if (clrelu_device_list(spec, 1, picked, &count))
        return fail_library(f);
    return count > 0 || fail(f, "no device fits \"%s\"", spec);
}

/* The error of a context explains why there is none. */
static bool fail_none(failure *f)
{
    device none = {0};
    const bool good = device_open(&none, "any", f);

    device_close(&none);
    return good;
}

bool devices(const options *o, failure *f)
{
    clrelu_device *list = NULL, picked = {0};
    entry *entries = NULL;
    row *rows = NULL;
    size_t count;
    bool good = !clrelu_device_list(NULL, 0, NULL, &count) || fail_library(f);

    if (!good || count == 0)
        return good && fail_none(f);
    list = calloc(count, sizeof(*list));
    entries = calloc(count, sizeof(*entries));
    rows = calloc(count + 1, sizeof(*rows));
    if (!list || !entries || !rows) {
        good = fail(f, "no memory for %zu devices", count);
        goto done;
    }
    good = !clrelu_device_list(NULL, count, list, &count) || fail_library(f);
    if (!good)
        goto done;
    good = pick(o->device, &picked, f);
    fill_entries(entries, list, count, picked.device);
    if (o->json)
        print_json(entries, count);
    else
        print_table(entries, count, rows);
done:
    free(list);
    free(entries);
    free(rows);
    return good;
}
