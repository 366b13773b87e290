/* plot.c - a picture of the four activations as a device computes them
 * SPDX-License-Identifier: MIT */
#include "plot.h"

#include "../src/cli/curve.h"
#include "../src/cli/gnuplot.h"
#include "must.h"

enum {
    POINTS = 641, /* -5 to 5 in steps of 1/64: every kink is a point */
    LEVELS = 3,   /* max curves of a panel */
    NAME = 24     /* max characters of a data block's name */
};

typedef struct panel {
    const char *name, *formula;
    clrelu_op op;
    double scalar;
    float kink;    /* where the formula branches */
    size_t curves; /* several alphas for PReLU */
    float alpha[LEVELS];
    const char *label[LEVELS];
} panel;

static const panel panels[] = {
    {"LeakyReLU",
     "x < 0 ?  αx : x,   α = 0.3",
     CLRELU_LEAKY_RELU,
     0.3,
     0.0f,
     1,
     {0.0f},
     {""}},
    {"PReLU",
     "x < 0 ?  α_jx : x,   α_j learned",
     CLRELU_PRELU,
     0.0,
     0.0f,
     3,
     {0.1f, 0.25f, 0.5f},
     {",  α = 0.1", ",  α = 0.25", ",  α = 0.5"}},
    {"ELU",
     "x < 0 ?  α(e^x − 1) : x,   α = 1",
     CLRELU_ELU,
     1.0,
     0.0f,
     1,
     {0.0f},
     {""}},
    {"ThresholdedReLU",
     "x > θ ?  x : 0,   θ = 1",
     CLRELU_THRESHOLDED_RELU,
     1.0,
     1.0f,
     1,
     {0.0f},
     {""}},
};

static float grid(size_t i)
{
    return ((float)i - (POINTS - 1) / 2) / 64.0f;
}

/* values[POINTS][curves]: each point of the grid once per curve. */
static void sample(clrelu_context *context, cl_command_queue queue,
                   const panel *p, bool derivative, float *values)
{
    const size_t n = POINTS * p->curves;
    const size_t dims[] = {POINTS, p->curves};
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    const clrelu_exec exec = {.queue = queue};
    clrelu_prelu prelu = {.dtype = CLRELU_FLOAT32, .shape = &shape};
    clrelu_elementwise other = {
        .op = p->op, .dtype = CLRELU_FLOAT32, .scalar = p->scalar, .n = n};
    cl_context cl = clrelu_context_cl_context(context);

    for (size_t i = 0; i < n; i++)
        values[i] = grid(i / p->curves);
    const clrelu_buffer x = clrelu_at(must_make(cl, n, values), 0);
    for (size_t i = 0; i < n; i++)
        values[i] = 1.0f;
    const clrelu_buffer ones = clrelu_at(must_make(cl, n, values), 0),
                        alpha = clrelu_at(must_make(cl, LEVELS, p->alpha), 0),
                        out = clrelu_at(must_make(cl, n, NULL), 0);

    prelu.x = other.x = x;
    prelu.dy = other.dy = ones;
    prelu.y = prelu.dx = other.y = other.dx = out;
    prelu.alpha = alpha;
    if (p->op == CLRELU_PRELU)
        must(derivative ? clrelu_prelu_backward(context, &exec, &prelu)
                        : clrelu_prelu_forward(context, &exec, &prelu));
    else
        must(derivative ? clrelu_backward(context, &exec, &other)
                        : clrelu_forward(context, &exec, &other));
    must_cl(clEnqueueReadBuffer(queue, out.mem, CL_TRUE, 0, n * sizeof(float),
                                values, 0, NULL, NULL),
            "clEnqueueReadBuffer");
    clReleaseMemObject(x.mem);
    clReleaseMemObject(ones.mem);
    clReleaseMemObject(alpha.mem);
    clReleaseMemObject(out.mem);
}

static void write_head(FILE *gnuplot)
{
    fputs("set multiplot layout 2,2 margins 0.045,0.978,0.065,0.955 "
          "spacing 0.065,0.115\n"
          "set zeroaxis lc '#9aa0a6' lt 1 lw 1.2\n"
          "set xtics -5,1\n"
          "set ytics -2,1\n"
          "set xrange [-5:5]\n"
          "set yrange [-2.6:5.2]\n"
          "set key top left Left reverse samplen 2.6 spacing 1.25 "
          "tc '#333333'\n"
          "set xlabel 'x' offset 0,0.4 tc '#444444'\n",
          gnuplot);
}

/* y, or the derivative d, of a curve. */
static curve curve_of(const panel *p, char name, size_t which, char text[NAME],
                      const float *x, const float *values)
{
    snprintf(text, NAME, "%c%zu", name, which);
    return (curve){.name = text,
                   .x = x,
                   .y = values + which,
                   .n = POINTS,
                   .stride = p->curves,
                   .kink = (size_t)(p->kink * 64.0f) + (POINTS - 1) / 2,
                   .jump = 0.05f};
}

/* Darker for larger alpha; a single curve is the darkest. */
static void plot_curve(FILE *gnuplot, const panel *p, const curve *c,
                       size_t which)
{
    static const char *const blue[] = {"#9cc3e8", "#4f93cf", "#1b5a9e"};
    static const char *const orange[] = {"#f7c896", "#ee9a4c", "#d4611a"};
    const size_t shade = which + LEVELS - p->curves;
    const bool is_y = c->name[0] == 'y';
    char title[64];
    const curve_look look = {title, is_y ? blue[shade] : orange[shade],
                             is_y ? 2.8 : 2.2, is_y ? "solid" : "(7,6)"};

    snprintf(title, sizeof(title), "%s%s", is_y ? "y" : "dy/dx",
             p->label[which]);
    curve_plot(gnuplot, c, &look);
}

static void write_panel(FILE *gnuplot, const panel *p, const float *y,
                        const float *dx)
{
    curve all[2 * LEVELS];
    char names[2 * LEVELS][NAME];
    float x[POINTS];
    const size_t n = p->curves;

    for (size_t i = 0; i < POINTS; i++)
        x[i] = grid(i);
    for (size_t c = 0; c < n; c++) {
        all[c] = curve_of(p, 'y', c, names[c], x, y);
        all[n + c] = curve_of(p, 'd', c, names[n + c], x, dx);
    }
    for (size_t c = 0; c < 2 * n; c++)
        curve_write(gnuplot, &all[c]);
    fprintf(gnuplot,
            "set title \"{/:Bold=14 %s}    {/=12 y = %s}\" tc '#222222' "
            "offset 0,-0.3\nplot ",
            p->name, p->formula);
    for (size_t c = 0; c < 2 * n; c++) {
        plot_curve(gnuplot, p, &all[c], c % n);
        fputs(c + 1 < 2 * n ? ", " : "\n", gnuplot);
    }
}

bool plot_activations(clrelu_context *context, cl_command_queue queue,
                      const char *path)
{
    static float y[POINTS * LEVELS], dx[POINTS * LEVELS];
    const char *why;
    FILE *gnuplot = gnuplot_open(path, false, 1280, 960, &why);

    if (!gnuplot) {
        fprintf(stderr, "no picture: %s\n", why);
        return true;
    }
    write_head(gnuplot);
    for (size_t i = 0; i < sizeof(panels) / sizeof(panels[0]); i++) {
        sample(context, queue, &panels[i], false, y);
        sample(context, queue, &panels[i], true, dx);
        write_panel(gnuplot, &panels[i], y, dx);
    }
    if (!gnuplot_close(gnuplot)) {
        fprintf(stderr, "no picture: gnuplot could not draw %s\n", path);
        return false;
    }
    printf("The curves, as this device computes them: %s\n", path);
    return true;
}
