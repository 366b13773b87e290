/* plot.c - a picture of the four activations as a device computes them
 * SPDX-License-Identifier: MIT */
#include "plot.h"

#include <math.h>

#include "gnuplot.h"
#include "must.h"

enum {
    POINTS = 641, /* -5 to 5 in steps of 1/64, so that every kink is on it    */
    LEVELS = 3    /* curves of the panel that has most                        */
};

typedef struct panel {
    const char *name, *formula;
    clrelu_op op;
    double scalar;
    float kink;    /* where the formula branches                     */
    size_t curves; /* several for PReLU, which has several alphas    */
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
    const clrelu_buffer none = {NULL, 0};
    cl_context cl = clrelu_context_cl(context);
    clrelu_buffer x, ones, alpha, out;

    for (size_t i = 0; i < n; i++)
        values[i] = grid(i / p->curves);
    x = (clrelu_buffer){must_make(cl, n, values), 0};
    for (size_t i = 0; i < n; i++)
        values[i] = 1.0f;
    ones = (clrelu_buffer){must_make(cl, n, values), 0};
    alpha = (clrelu_buffer){must_make(cl, LEVELS, p->alpha), 0};
    out = (clrelu_buffer){must_make(cl, n, NULL), 0};

    if (p->op == CLRELU_PRELU && derivative)
        must(clrelu_prelu_backward(context, queue, CLRELU_FLOAT32, &shape, 0, x,
                                   alpha, ones, out, none, none, 0, NULL,
                                   NULL));
    else if (p->op == CLRELU_PRELU)
        must(clrelu_prelu_forward(context, queue, CLRELU_FLOAT32, &shape, x,
                                  alpha, out, 0, NULL, NULL));
    else if (derivative)
        must(clrelu_backward(context, queue, p->op, CLRELU_FLOAT32, p->scalar,
                             0, n, x, ones, out, 0, NULL, NULL));
    else
        must(clrelu_forward(context, queue, p->op, CLRELU_FLOAT32, p->scalar, n,
                            x, out, 0, NULL, NULL));
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

static bool jumps(float a, float b)
{
    return fabsf(a - b) > 0.05f;
}

/* Where the formula branches a curve may jump: there the line has a gap, a disc
 * at the value the device gives and a ring at the one it does not. */
static void write_curve(FILE *gnuplot, const panel *p, char name, size_t which,
                        const float *values)
{
    const size_t k = (size_t)(p->kink * 64.0f) + (POINTS - 1) / 2;
    const float *at = values + k * p->curves + which;
    const float before = at[-(ptrdiff_t)p->curves], after = at[p->curves];
    const double kink = (double)p->kink;

    fprintf(gnuplot, "$%c%zu << EOD\n", name, which);
    for (size_t i = 0; i < POINTS; i++) {
        if (i == k && jumps(before, *at))
            fprintf(gnuplot, "%g %.9g\n\n", kink, (double)before);
        if (i == k + 1 && jumps(after, *at))
            fprintf(gnuplot, "\n%g %.9g\n", kink, (double)after);
        fprintf(gnuplot, "%g %.9g\n", (double)grid(i),
                (double)values[i * p->curves + which]);
    }
    fprintf(gnuplot, "EOD\n$%c%zu_ends << EOD\n", name, which);
    if (jumps(before, *at) || jumps(after, *at))
        fprintf(gnuplot, "%g %.9g\n%g %.9g\n", kink, (double)*at, kink,
                (double)(jumps(before, *at) ? before : after));
    else
        fputs("NaN NaN\nNaN NaN\n", gnuplot);
    fputs("EOD\n", gnuplot);
}

/* Darker with alpha; a lone curve is the darkest. */
static void plot_curve(FILE *gnuplot, const panel *p, char name, size_t which)
{
    static const char *const blue[] = {"#9cc3e8", "#4f93cf", "#1b5a9e"};
    static const char *const orange[] = {"#f7c896", "#ee9a4c", "#d4611a"};
    const size_t shade = which + LEVELS - p->curves;
    const bool is_y = name == 'y';
    const char *colour = is_y ? blue[shade] : orange[shade];

    fprintf(gnuplot,
            "$%c%zu w l lw %s dt %s lc '%s' t \"%s%s\", "
            "$%c%zu_ends every ::1 w p pt 7 ps 0.95 lc '#ffffff' notitle, "
            "'' every ::1 w p pt 6 ps 0.95 lw 1.6 lc '%s' notitle, "
            "'' every ::0::0 w p pt 7 ps 1 lc '%s' notitle",
            name, which, is_y ? "2.8" : "2.2", is_y ? "solid" : "(7,6)", colour,
            is_y ? "y" : "dy/dx", p->label[which], name, which, colour, colour);
}

static void write_panel(FILE *gnuplot, const panel *p, const float *y,
                        const float *dx)
{
    for (size_t c = 0; c < p->curves; c++) {
        write_curve(gnuplot, p, 'y', c, y);
        write_curve(gnuplot, p, 'd', c, dx);
    }
    fprintf(gnuplot,
            "set title \"{/:Bold=14 %s}    {/=12 y = %s}\" tc '#222222' "
            "offset 0,-0.3\nplot ",
            p->name, p->formula);
    for (size_t c = 0; c < p->curves; c++) {
        plot_curve(gnuplot, p, 'y', c);
        fputs(", ", gnuplot);
    }
    for (size_t c = 0; c < p->curves; c++) {
        plot_curve(gnuplot, p, 'd', c);
        fputs(c + 1 < p->curves ? ", " : "\n", gnuplot);
    }
}

bool plot_activations(clrelu_context *context, cl_command_queue queue,
                      const char *path)
{
    static float y[POINTS * LEVELS], dx[POINTS * LEVELS];
    FILE *gnuplot = gnuplot_open(path, 1280, 960);

    if (!gnuplot)
        return true;
    write_head(gnuplot);
    for (size_t i = 0; i < sizeof(panels) / sizeof(panels[0]); i++) {
        sample(context, queue, &panels[i], false, y);
        sample(context, queue, &panels[i], true, dx);
        write_panel(gnuplot, &panels[i], y, dx);
    }
    if (!gnuplot_close(gnuplot, path))
        return false;
    printf("The curves, as this device computes them: %s\n", path);
    return true;
}
