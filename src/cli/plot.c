/* plot.c - clrelu plot
 * SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "compute.h"
#include "curve.h"
#include "device.h"
#include "gnuplot.h"
#include "output.h"

enum { GRID = 1001, POINTS = GRID + 3 };

typedef struct picture {
    const options *options;
    device device;
    output output;
    float from, to;
    size_t n, kink;
    float x[POINTS], y[POINTS], dx[POINTS];
} picture;

static double scalar(const options *o)
{
    return (double)(float)o->scalar;
}

/* A regular grid, and the kink with its neighbours on both sides. */
static void fill_x(picture *p)
{
    const bool threshold = p->options->op == CLRELU_THRESHOLDED_RELU;
    const float kink = threshold ? (float)p->options->scalar : 0.0f;
    const double step = ((double)p->to - (double)p->from) / (GRID - 1);
    const float little = (float)(1e-3 * step);
    const float around[] = {fminf(kink - little, nextafterf(kink, -FLT_MAX)),
                            kink,
                            fmaxf(kink + little, nextafterf(kink, FLT_MAX))};
    const bool inside = p->from < around[0] && around[2] < p->to;

    for (size_t i = 0; i < GRID; i++) {
        const float x =
            i + 1 < GRID ? (float)(p->from + step * (double)i) : p->to;
        if (inside && !p->kink && x > around[0]) {
            memcpy(p->x + p->n, around, sizeof(around));
            p->kink = p->n + 1;
            p->n += 3;
        }
        if (!inside || x < around[0] || x > around[2])
            p->x[p->n++] = x;
    }
}

typedef struct buffers {
    cl_mem x, ones, alpha, out;
} buffers;

static bool enqueue(const picture *p, const buffers *b, bool derivative,
                    failure *f)
{
    const options *o = p->options;
    clrelu_context *context = p->device.context;
    const clrelu_exec exec = {.queue = p->device.queue};
    const clrelu_shape shape = {.rank = 2, .dims = (size_t[]){p->n, 1}};
    const clrelu_buffer x = clrelu_at(b->x, 0), ones = clrelu_at(b->ones, 0),
                        out = clrelu_at(b->out, 0);
    const clrelu_prelu prelu = {.dtype = CLRELU_FLOAT32,
                                .shape = &shape,
                                .x = x,
                                .alpha = clrelu_at(b->alpha, 0),
                                .y = out,
                                .dy = ones,
                                .dx = out};
    const clrelu_elementwise other = {.op = o->op,
                                      .dtype = CLRELU_FLOAT32,
                                      .scalar = o->scalar,
                                      .n = p->n,
                                      .x = x,
                                      .y = out,
                                      .dy = ones,
                                      .dx = out};
    clrelu_status status;

    if (o->op == CLRELU_PRELU)
        status = derivative ? clrelu_prelu_backward(context, &exec, &prelu)
                            : clrelu_prelu_forward(context, &exec, &prelu);
    else
        status = derivative ? clrelu_backward(context, &exec, &other)
                            : clrelu_forward(context, &exec, &other);
    return !status || fail_library(f);
}

static bool upload(device *d, float *values, size_t n, cl_mem *mem, failure *f)
{
    const array a = {.count = n, .dtype = CLRELU_FLOAT32, .data = values};
    progress none = {.terminal = false};

    return device_create(d, CLRELU_FLOAT32, n, mem, f) &&
           device_upload(d, *mem, &a, 0, n, &none, f);
}

static bool compute(picture *p, buffers *b, bool derivative, float *values,
                    failure *f)
{
    array a = {.count = p->n, .dtype = CLRELU_FLOAT32, .data = values};
    progress none = {.terminal = false};

    return enqueue(p, b, derivative, f) &&
           device_download(&p->device, b->out, &a, 0, p->n, &none, f);
}

/* y, and the derivative as dx of a dy of ones. */
static bool sample(picture *p, failure *f)
{
    device *d = &p->device;
    float ones[POINTS], alpha = (float)p->options->scalar;
    buffers b = {NULL, NULL, NULL, NULL};
    bool good;

    for (size_t i = 0; i < POINTS; i++)
        ones[i] = 1.0f;
    good = upload(d, p->x, p->n, &b.x, f) &&
           upload(d, ones, p->n, &b.ones, f) &&
           upload(d, &alpha, 1, &b.alpha, f) &&
           device_create(d, CLRELU_FLOAT32, p->n, &b.out, f) &&
           compute(p, &b, false, p->y, f) && compute(p, &b, true, p->dx, f);
    device_release(b.x);
    device_release(b.ones);
    device_release(b.alpha);
    device_release(b.out);
    return good;
}

/* The range of both curves, with 0 and a margin. */
static void find_span(const picture *p, double *low, double *high)
{
    *low = 0;
    *high = 1;
    for (size_t i = 0; i < p->n; i++) {
        const double y = (double)p->y[i], dx = (double)p->dx[i];
        *low = isfinite(y) ? fmin(*low, y) : *low;
        *high = isfinite(y) ? fmax(*high, y) : *high;
        *low = isfinite(dx) ? fmin(*low, dx) : *low;
        *high = isfinite(dx) ? fmax(*high, dx) : *high;
    }
    const double room = 0.05 * (*high - *low);
    *low -= room;
    *high += room;
}

/* The compiler warns of a missing operation. */
static const char *title(clrelu_op op)
{
    switch (op) {
    case CLRELU_LEAKY_RELU:
        return "LeakyReLU}    {/=12 y = x < 0 ?  αx : x,   α";
    case CLRELU_PRELU:
        return "PReLU}    {/=12 y = x < 0 ?  αx : x,   α";
    case CLRELU_ELU:
        return "ELU}    {/=12 y = x < 0 ?  α(e^x − 1) : x,   α";
    case CLRELU_THRESHOLDED_RELU:
        return "ThresholdedReLU}    {/=12 y = x > θ ?  x : 0,   θ";
    }
    return "";
}

static void write_title(FILE *gnuplot, const options *o)
{
    fprintf(gnuplot,
            "set title \"{/:Bold=15 %s = \" . "
            "gprintf(\"%%g}\", %.9g) tc '#222222'\n",
            title(o->op), scalar(o));
}

static void draw(const picture *p, FILE *gnuplot)
{
    double low, high;

    find_span(p, &low, &high);
    const curve y = {
        "y", p->x, p->y, p->n, 1, p->kink, (float)(2e-3 * (high - low))};
    curve dx = y;
    const curve_look y_look = {"y", "#1b5a9e", 2.8, "solid"};
    const curve_look dx_look = {"dy/dx", "#d4611a", 2.2, "(7,6)"};

    dx.name = "d";
    dx.y = p->dx;
    write_title(gnuplot, p->options);
    fprintf(gnuplot,
            "set zeroaxis lc '#9aa0a6' lt 1 lw 1.2\n"
            "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n"
            "set xlabel 'x' offset 0,0.5 tc '#444444'\n"
            "set rmargin 3\nset bmargin 5.2\n"
            "set key bottom center outside horizontal Left reverse "
            "samplen 2.6 tc '#333333'\n",
            (double)p->from, (double)p->to, low, high);
    curve_write(gnuplot, &y);
    curve_write(gnuplot, &dx);
    fputs("plot ", gnuplot);
    curve_plot(gnuplot, &y, &y_look);
    fputs(", ", gnuplot);
    curve_plot(gnuplot, &dx, &dx_look);
    fputs("\n", gnuplot);
}

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), n = strlen(end);

    return length >= n && strcmp(text + length - n, end) == 0;
}

/* gnuplot does not report a full disk. */
static bool is_complete(const char *path, bool svg)
{
    const char *end = svg ? "</svg>" : "IEND";
    char last[16] = "";
    FILE *file = fopen(path, "rb");
    bool complete = false;

    if (!file)
        return false;
    if (fseek(file, -12, SEEK_END) == 0 && fread(last, 1, 12, file) == 12)
        for (size_t i = 0; i < 12; i++)
            complete = complete || strncmp(last + i, end, strlen(end)) == 0;
    fclose(file);
    return complete;
}

static bool draw_file(picture *p, failure *f)
{
    const char *const temporary = p->output.atomic.temporary;
    const bool svg = ends_in(p->options->output, ".svg");
    const char *why;
    FILE *gnuplot;

    if (!*temporary)
        return fail(f, "%s: is not a file, which a picture needs",
                    p->output.name);
    gnuplot = gnuplot_open(temporary, svg, 800, 560, &why);
    if (!gnuplot)
        return fail(f, "%s", why);
    draw(p, gnuplot);
    if (!gnuplot_close(gnuplot) || !is_complete(temporary, svg))
        return fail(f, "%s: gnuplot could not draw it", p->output.name);
    return true;
}

bool plot(const options *o, failure *f)
{
    picture *p = calloc(1, sizeof(*p));
    progress none = {.terminal = false};
    bool good;

    if (!p)
        return fail(f, "no memory for %d points", POINTS);
    p->options = o;
    p->from = o->range[1] > o->range[0] ? (float)o->range[0] : -5.0f;
    p->to = o->range[1] > o->range[0] ? (float)o->range[1] : 5.0f;
    output_clean_up_at_exit();
    fill_x(p);
    good = (o->op != CLRELU_PRELU ||
            compute_check_alpha(o->scalar, CLRELU_FLOAT32, f)) &&
           device_open(&p->device, o->device, f) && sample(p, f) &&
           output_open(&p->output, o->output, f) && draw_file(p, f) &&
           output_finish(&p->output, &none, f) &&
           output_commit(&p->output, 1, f);
    output_close(&p->output, 1);
    device_close(&p->device);
    free(p);
    return good;
}
