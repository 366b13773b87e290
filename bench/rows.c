/* rows.c - the figures as CSV and as JSON, for programs
 * SPDX-License-Identifier: MIT */
#include "rows.h"

#include <errno.h>
#include <string.h>

#include "selection.h"

static FILE *open_file(const char *path)
{
    FILE *file = path ? fopen(path, "w") : NULL;

    if (path && !file)
        die("%s: %s", path, strerror(errno));
    return file;
}

static void close_file(FILE *file, const char *path)
{
    if (file && (ferror(file) | fclose(file)))
        die("%s: cannot write all of it", path);
}

static void json_head(json *j, const harness *h)
{
    json_open(j, NULL, '{');
    json_text(j, "version", clrelu_version());
    json_text(j, "device", h->name);
    json_text(j, "platform", h->platform);
    json_text(j, "driver", h->driver);
    json_integer(j, "compute_units", h->cores);
    json_open(j, "rows", '[');
}

void rows_open(rows *out, const char *csv_path, const char *json_path,
               const harness *h)
{
    *out = (rows){.csv = open_file(csv_path),
                  .json.file = open_file(json_path),
                  .csv_path = csv_path,
                  .json_path = json_path};
    if (out->csv)
        fputs("case,op,direction,dtype,shape,shared_axes,n,impl,median_s,"
              "best_s,bytes,gb_per_s,impl_version\n",
              out->csv);
    if (out->json.file)
        json_head(&out->json, h);
}

void rows_close(rows *out)
{
    if (out->json.file) {
        json_close(&out->json, ']');
        json_close(&out->json, '}');
    }
    close_file(out->json.file, out->json_path);
    close_file(out->csv, out->csv_path);
}

static void csv_row(FILE *csv, const record *r, const impl *from,
                    const timing *t)
{
    const bench_case *c = &r->c;

    fprintf(csv, "%s,%s,%s,float32,", case_name(c), clrelu_op_name(c->op),
            c->backward ? "backward" : "forward");
    for (size_t i = 0; i < c->shape.rank; i++)
        fprintf(csv, "%s%zu", i ? "x" : "", c->shape.dims[i]);
    fputc(',', csv);
    for (size_t i = 0; i < c->shape.shared_count; i++)
        fprintf(csv, "%s%d", i ? " " : "", c->shape.shared_axes[i]);
    fprintf(csv, ",%zu,%s,%.9g,%.9g,%.0f,%.4g,%s\n", case_count(c), from->name,
            t->median, t->best, case_bytes(c), record_speed(r, t),
            from->version);
    fflush(csv);
}

static void json_row(json *j, const record *r, const impl *from,
                     const timing *t)
{
    const bench_case *c = &r->c;

    json_open(j, NULL, '{');
    json_text(j, "case", case_name(c));
    json_text(j, "op", clrelu_op_name(c->op));
    json_text(j, "direction", c->backward ? "backward" : "forward");
    json_text(j, "dtype", "float32");
    json_open(j, "shape", '[');
    for (size_t i = 0; i < c->shape.rank; i++)
        json_integer(j, NULL, c->shape.dims[i]);
    json_close(j, ']');
    json_open(j, "shared_axes", '[');
    for (size_t i = 0; i < c->shape.shared_count; i++)
        json_integer(j, NULL, (uint64_t)c->shape.shared_axes[i]);
    json_close(j, ']');
    json_integer(j, "n", case_count(c));
    json_text(j, "impl", from->name);
    json_number(j, "median_s", t->median);
    json_number(j, "best_s", t->best);
    json_integer(j, "bytes", (uint64_t)case_bytes(c));
    json_number(j, "gb_per_s", record_speed(r, t));
    json_text(j, "impl_version", from->version);
    json_close(j, '}');
}

static void write_row(rows *out, const record *r, const impl *from,
                      const timing *t)
{
    if (!t || t->outcome != OUTCOME_TIMED)
        return;
    if (out->csv)
        csv_row(out->csv, r, from, t);
    if (out->json.file)
        json_row(&out->json, r, from, t);
}

void rows_write(rows *out, const records *all, const record *r)
{
    const impl ceiling = {.name = "ceiling"};

    for (size_t i = 0; i < all->impl_count; i++)
        if (all->impls[i].kind != KIND_CEILING)
            write_row(out, r, &all->impls[i], &r->timings[i]);
    write_row(out, r, &ceiling, record_best(all, r, KIND_CEILING));
}
