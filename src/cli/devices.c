/* devices.c - clrelu devices
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

enum { COLUMNS = 11, CELL = 132 };

typedef struct row {
    char cells[COLUMNS][CELL];
    char differs[256]; /* what makes its bits others, "" if nothing does */
} row;

static const char *type_name(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return "gpu";
    if (type & CL_DEVICE_TYPE_ACCELERATOR)
        return "accelerator";
    return type & CL_DEVICE_TYPE_CPU ? "cpu" : "other";
}

/* Three digits at most: 512 KiB, 15.6 GiB. */
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

/* A device that cannot be asked keeps a question mark. */
static void fill_bits(row *r, const clrelu_device *d)
{
    const clrelu_context_params params = {.device = d->device};
    clrelu_context *context = NULL;
    clrelu_arithmetic a;

    snprintf(r->cells[10], CELL, "?");
    if (!clrelu_context_create(&params, &context) &&
        !clrelu_context_arithmetic(context, &a)) {
        snprintf(r->cells[10], CELL, "%s", a.same_bits ? "yes" : "no");
        snprintf(r->differs, sizeof(r->differs), "%s", a.differs);
    }
    clrelu_context_destroy(&context);
}

static void fill(row *r, const clrelu_device *d, bool picked, size_t index)
{
    const char *type = type_name(d->type);

    /* What --device takes for this very device. */
    snprintf(r->cells[0], CELL, "%c %s:%zu", picked ? '*' : ' ',
             strcmp(type, "other") == 0 ? "any" : type, index);
    snprintf(r->cells[1], CELL, "%s", type);
    snprintf(r->cells[2], CELL, "%s", d->name);
    snprintf(r->cells[3], CELL, "%s", d->platform_name);
    print_version(r->cells[4], d->version);
    snprintf(r->cells[5], CELL, "%s", d->driver);
    snprintf(r->cells[6], CELL, "%" PRIu32, d->compute_units);
    print_bytes(r->cells[7], d->memory_bytes);
    print_bytes(r->cells[8], d->cache_bytes);
    snprintf(r->cells[9], CELL, "%s", d->compiler ? "yes" : "no");
    fill_bits(r, d);
}

static void print_table(row *rows, size_t count)
{
    int widths[COLUMNS] = {0};

    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < COLUMNS; c++) {
            const int width = (int)strlen(rows[i].cells[c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < COLUMNS; c++)
            printf("%-*s%s", c + 1 < COLUMNS ? widths[c] : 0, rows[i].cells[c],
                   c + 1 < COLUMNS ? "  " : "\n");
    for (size_t i = 0; i < count; i++)
        if (rows[i].differs[0])
            printf("\n%s: not IEEE 754: %s\n", rows[i].cells[0] + 2,
                   rows[i].differs);
}

/* What a context would take: the first that fits. */
static bool pick(const char *spec, clrelu_device *picked, failure *f)
{
    size_t count;

    if (!spec)
        spec = getenv("CLRELU_DEVICE");
    if (clrelu_device_list(spec, 1, picked, &count))
        return fail_library(f);
    return count > 0 || fail(f, "no device fits \"%s\"", spec);
}

/* Devices of one type stand together, so that the index starts anew. */
static void fill_rows(row *rows, const clrelu_device *list, size_t count,
                      cl_device_id picked)
{
    static const char *const heads[COLUMNS] = {
        "  device", "type",   "name",  "platform", "OpenCL",   "driver",
        "units",    "memory", "cache", "compiler", "same bits"};
    size_t index = 0;

    for (size_t c = 0; c < COLUMNS; c++)
        snprintf(rows[0].cells[c], CELL, "%s", heads[c]);
    for (size_t i = 0; i < count; i++, index++) {
        const char *type = type_name(list[i].type);
        if (i > 0 && strcmp(type, type_name(list[i - 1].type)) != 0)
            index = 0;
        fill(&rows[i + 1], &list[i], list[i].device == picked,
             strcmp(type, "other") == 0 ? i : index);
    }
}

bool devices(const options *o, failure *f)
{
    clrelu_device *list = NULL, picked = {0};
    row *rows = NULL;
    size_t count;
    bool good = !clrelu_device_list(NULL, 0, NULL, &count) || fail_library(f);

    if (!good)
        goto done;
    if (count == 0) {
        good = fail(f, "no OpenCL device: install a driver, or for the CPU "
                       "pocl-opencl-icd (Debian, Ubuntu) or pocl (Fedora, "
                       "Arch)");
        goto done;
    }
    list = calloc(count, sizeof(*list));
    rows = calloc(count + 1, sizeof(*rows));
    if (!list || !rows) {
        good = fail(f, "no memory for %zu devices", count);
        goto done;
    }
    good = !clrelu_device_list(NULL, count, list, &count) || fail_library(f);
    if (!good)
        goto done;
    good = pick(o->device, &picked, f);
    fill_rows(rows, list, count, picked.device);
    print_table(rows, count + 1);
done:
    free(list);
    free(rows);
    return good;
}
