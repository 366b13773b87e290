/* first_run.c - the four activations on real data, checked and timed
 * SPDX-License-Identifier: MIT
 *
 *     first_run [--device SPEC] [--data X.npy] [--output PICTURE.png]
 *
 * The data are scans of handwritten digits, 8 x 8 pixels each.  As they are
 * few, every operation also runs on a long batch: copies of the images, as many
 * as fit 64 MiB. */
#include <getopt.h>
#include <string.h>

#include "digits.h"
#include "must.h"
#include "plot.h"
#include "trial.h"

static const size_t LONG_BATCH_BYTES = (size_t)64 << 20;

/* The accuracy stated in clrelu.h, in units in the last place. */
static const struct operation {
    clrelu_op op;
    double scalar, y_ulp, dx_ulp;
} operations[] = {{CLRELU_LEAKY_RELU, 0.3, 0.5, 0.5},
                  {CLRELU_PRELU, 0.0, 0.5, 0.5},
                  {CLRELU_ELU, 1.0, 1.0, 2.0},
                  {CLRELU_THRESHOLDED_RELU, 1.0, 0.5, 0.5}};

typedef struct options {
    const char *device, *data, *output;
} options;

static options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"device", required_argument, NULL, 'd'},
        {"data", required_argument, NULL, 'i'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0}};
    options o = {NULL, DIGITS_NPY, "activations.png"};
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'd')
            o.device = optarg;
        else if (c == 'i')
            o.data = optarg;
        else if (c == 'o')
            o.output = optarg;
        else
            exit(2);
    }
    if (optind < argc) {
        fprintf(stderr, "%s: what is \"%s\" for?\n", argv[0], argv[optind]);
        exit(2);
    }
    return o;
}

static void print_device(cl_device_id device)
{
    char name[256] = "", version[256] = "";
    cl_uint units = 0;

    clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof(name), name, NULL);
    clGetDeviceInfo(device, CL_DEVICE_VERSION, sizeof(version), version, NULL);
    clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(units), &units,
                    NULL);
    printf("\nclrelu %s on %s\n%s, %u compute units\n\n", clrelu_version(),
           name, version, (unsigned)units);
}

/* Copies of the rows that fit the long batch and the device. */
static size_t count_copies(cl_device_id device, size_t bytes)
{
    cl_ulong max = 0, memory = 0;
    size_t room = LONG_BATCH_BYTES;

    clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(max), &max,
                    NULL);
    clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(memory), &memory,
                    NULL);
    if (room > max)
        room = (size_t)max;
    if (room > memory / 8)
        room = (size_t)(memory / 8);
    return room < bytes ? 1 : room / bytes;
}

static void print_head(const batch *b)
{
    const size_t bytes = b->rows * b->features * b->copies * sizeof(float);

    printf("batch       %zu digits of %zu pixels, float32\n"
           "long batch  the same digits %zu times over, %.1f MiB\n"
           "times       medians of %d runs after a warm-up, from enqueue to "
           "clFinish\n\n",
           b->rows, b->features, b->copies, (double)bytes / 0x1p20, TRIAL_RUNS);
    printf("%-16s %-7s %11s %21s %19s\n", "", "", "batch", "long batch   ",
           "largest error");
    printf("%-16s %-7s %11s %12s %8s %10s %8s\n", "operation", "result", "time",
           "time", "GB/s", "ulp", "allowed");
    printf("%.78s\n", "--------------------------------------------------------"
                      "----------------------");
}

static void print_trial(const char *name, const char *result, const trial *t)
{
    printf("%-16s %-7s %8.3f ms %9.2f ms %8.1f %10.2f %8.2f\n", name, result,
           t->seconds * 1e3, t->long_seconds * 1e3, t->gb_per_second,
           t->out.error, t->out.allowed);
    if (t->has_dalpha)
        printf("%-16s %-7s %11s %12s %8s %10.2f %8.2f\n", "", "dalpha",
               "together   ", "together   ", "", t->dalpha.error,
               t->dalpha.allowed);
    if (!t->same_bits)
        printf("%-16s the long batch's copies differ\n", "");
}

/* The number of operations that are less accurate than stated. */
static int run_trials(const rig *r)
{
    int failures = 0;

    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        const struct operation *o = &operations[i];
        trial y = trial_run(r, o->op, o->scalar, false, o->y_ulp);
        trial dx = trial_run(r, o->op, o->scalar, true, o->dx_ulp);

        print_trial(clrelu_op_name(o->op), "y", &y);
        print_trial("", "dx", &dx);
        failures += !trial_passed(&y) + !trial_passed(&dx);
    }
    return failures;
}

/* dy is the next image: realistic values. */
static void load(const char *path, batch *b)
{
    float *x = digits_load(path, &b->rows, &b->features);
    const size_t n = b->rows * b->features, first = b->features;
    float *dy = must_have(malloc(n * sizeof(*dy)));
    float *alpha = must_have(malloc(b->features * sizeof(*alpha)));

    memcpy(dy, x + first, (n - first) * sizeof(*dy));
    memcpy(dy + n - first, x, first * sizeof(*dy));
    for (size_t j = 0; j < b->features; j++)
        alpha[j] = 0.01f * (float)(j + 1);
    b->x = x;
    b->dy = dy;
    b->alpha = alpha;
}

static void unload(batch *b)
{
    free((void *)b->x);
    free((void *)b->dy);
    free((void *)b->alpha);
}

static void print_verdict(int failures)
{
    if (failures)
        printf("\nFAILED: %d of 8 calls are not as exact as clrelu.h states.\n",
               failures);
    else
        printf("\nAll results are as exact as clrelu.h states, and the long "
               "batch repeats\nthe batch bit for bit.\n");
}

int main(int argc, char **argv)
{
    const options o = parse(argc, argv);
    const clrelu_context_params params = {.spec = o.device};
    clrelu_context *context;
    cl_device_id device;
    cl_command_queue queue;
    batch b;
    rig r;
    int failures;
    cl_int error;

    load(o.data, &b);
    must(clrelu_context_create(&params, &context));
    device = clrelu_context_cl_device(context);
    queue = clCreateCommandQueue(clrelu_context_cl_context(context), device, 0,
                                 &error);
    must_cl(error, "clCreateCommandQueue");
    b.copies = count_copies(device, b.rows * b.features * sizeof(float));

    print_device(device);
    print_head(&b);
    r = rig_open(context, queue, &b);
    failures = run_trials(&r);
    print_verdict(failures);
    rig_close(&r);

    if (!plot_activations(context, queue, o.output))
        failures++;
    clReleaseCommandQueue(queue);
    clrelu_context_destroy(&context);
    unload(&b);
    return failures != 0;
}
