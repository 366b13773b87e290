/* bench_dense.c - the fused dense layer compared with its parts one by one
 * SPDX-License-Identifier: MIT
 *
 *     bench_dense [ROWS INPUTS OUTPUTS [RUNS]]
 *
 * The parts: CLBlast's product, a kernel that adds the bias, clrelu_forward in
 * place; and backwards clrelu_backward, a kernel that sums columns, CLBlast's
 * two products.  The two ways alternate; times are medians, from the first
 * enqueue to clFinish, and so is the ratio of neighbours. */
#include <clblast_c.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "../examples/must.h"
#include "random.h"
#include "samples.h"

enum { MAX_RUNS = 1001 };

static const char source[] =
    "__kernel void add_bias(ulong n, __global const float *b,\n"
    "                       __global float *z)\n"
    "{\n"
    "    ulong i = get_global_id(1) * n + get_global_id(0);\n"
    "    z[i] += b[get_global_id(0)];\n"
    "}\n"
    "__kernel void sum_columns(ulong rows, ulong n,\n"
    "                          __global const float *dz,\n"
    "                          __global float *db)\n"
    "{\n"
    "    ulong j = get_global_id(0);\n"
    "    float sum = 0;\n"
    "    for (ulong i = 0; i < rows; i++)\n"
    "        sum += dz[i * n + j];\n"
    "    db[j] = sum;\n"
    "}\n";

typedef struct bench {
    clrelu_context *context;
    cl_command_queue queue;
    cl_kernel add_bias, sum_columns;
    clrelu_exec exec;
    clrelu_dense dense; /* with all arrays */
} bench;

static clrelu_buffer make(const bench *b, size_t n)
{
    uint64_t state = n;
    float *values = must_have(malloc(n * sizeof(*values)));

    for (size_t i = 0; i < n; i++)
        values[i] = random_uniform(&state, -1.0f, 1.0f);
    const cl_mem mem =
        must_make(clrelu_context_cl_context(b->context), n, values);
    free(values);
    return clrelu_at(mem, 0);
}

static void open_bench(bench *b, size_t rows, size_t inputs, size_t outputs)
{
    const char *text = source;
    const size_t n = rows * outputs;
    cl_int error;

    memset(b, 0, sizeof(*b));
    must(clrelu_context_create(NULL, &b->context));
    cl_context cl = clrelu_context_cl_context(b->context);
    cl_device_id device = clrelu_context_cl_device(b->context);
    b->queue = clCreateCommandQueue(cl, device, 0, &error);
    must_cl(error, "clCreateCommandQueue");
    cl_program program = clCreateProgramWithSource(cl, 1, &text, NULL, &error);
    must_cl(error, "clCreateProgramWithSource");
    must_cl(clBuildProgram(program, 1, &device, "", NULL, NULL),
            "clBuildProgram");
    b->add_bias = clCreateKernel(program, "add_bias", &error);
    must_cl(error, "clCreateKernel");
    b->sum_columns = clCreateKernel(program, "sum_columns", &error);
    must_cl(error, "clCreateKernel");
    clReleaseProgram(program);
    b->exec.queue = b->queue;
    b->dense = (clrelu_dense){.op = CLRELU_LEAKY_RELU,
                              .scalar = 0.3,
                              .rows = rows,
                              .inputs = inputs,
                              .outputs = outputs,
                              .x = make(b, rows * inputs),
                              .w = make(b, inputs * outputs),
                              .b = make(b, outputs),
                              .z = make(b, n),
                              .y = make(b, n),
                              .dy = make(b, n),
                              .dz = make(b, n),
                              .dx = make(b, rows * inputs),
                              .dw = make(b, inputs * outputs),
                              .db = make(b, outputs)};
}

static void close_bench(bench *b)
{
    const clrelu_dense *d = &b->dense;
    const clrelu_buffer all[] = {d->x,  d->w,  d->b,  d->z,  d->y,
                                 d->dy, d->dz, d->dx, d->dw, d->db};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        clReleaseMemObject(all[i].mem);
    clReleaseKernel(b->add_bias);
    clReleaseKernel(b->sum_columns);
    clReleaseCommandQueue(b->queue);
    clrelu_context_destroy(&b->context);
}

static void product(bench *b, bool transpose_a, bool transpose_c, size_t m,
                    size_t n, size_t k, clrelu_buffer a, clrelu_buffer c,
                    clrelu_buffer out)
{
    const CLBlastStatusCode code =
        CLBlastSgemm(CLBlastLayoutRowMajor,
                     transpose_a ? CLBlastTransposeYes : CLBlastTransposeNo,
                     transpose_c ? CLBlastTransposeYes : CLBlastTransposeNo, m,
                     n, k, 1.0f, a.mem, 0, transpose_a ? m : k, c.mem, 0,
                     transpose_c ? k : n, 0.0f, out.mem, 0, n, &b->queue, NULL);

    must_cl((cl_int)code, "CLBlastSgemm");
}

static void add_bias(bench *b, clrelu_buffer z)
{
    const size_t global[] = {b->dense.outputs, b->dense.rows};
    const cl_ulong n = b->dense.outputs;

    clSetKernelArg(b->add_bias, 0, sizeof(n), &n);
    clSetKernelArg(b->add_bias, 1, sizeof(cl_mem), &b->dense.b.mem);
    clSetKernelArg(b->add_bias, 2, sizeof(cl_mem), &z.mem);
    must_cl(clEnqueueNDRangeKernel(b->queue, b->add_bias, 2, NULL, global, NULL,
                                   0, NULL, NULL),
            "clEnqueueNDRangeKernel");
}

static void sum_columns(bench *b)
{
    const size_t global = b->dense.outputs;
    const cl_ulong rows = b->dense.rows, n = b->dense.outputs;

    clSetKernelArg(b->sum_columns, 0, sizeof(rows), &rows);
    clSetKernelArg(b->sum_columns, 1, sizeof(n), &n);
    clSetKernelArg(b->sum_columns, 2, sizeof(cl_mem), &b->dense.dz.mem);
    clSetKernelArg(b->sum_columns, 3, sizeof(cl_mem), &b->dense.db.mem);
    must_cl(clEnqueueNDRangeKernel(b->queue, b->sum_columns, 1, NULL, &global,
                                   NULL, 0, NULL, NULL),
            "clEnqueueNDRangeKernel");
}

/* The pass over the product alone. */
static clrelu_elementwise elementwise_of(const clrelu_dense *d)
{
    return (clrelu_elementwise){.op = d->op,
                                .dtype = CLRELU_FLOAT32,
                                .scalar = d->scalar,
                                .n = d->rows * d->outputs,
                                .x = d->z,
                                .y = d->y,
                                .dy = d->dy,
                                .dx = d->dz};
}

static void parts_forward(bench *b, bool keep)
{
    const clrelu_dense *d = &b->dense;
    clrelu_elementwise call = elementwise_of(d);

    call.x = keep ? d->z : d->y;
    product(b, false, false, d->rows, d->outputs, d->inputs, d->x, d->w,
            call.x);
    add_bias(b, call.x);
    must(clrelu_forward(b->context, &b->exec, &call));
}

static void fused_forward(bench *b, bool keep)
{
    clrelu_dense call = b->dense;

    if (!keep)
        call.z.mem = NULL;
    must(clrelu_dense_forward(b->context, &b->exec, &call));
}

static void parts_inference(bench *b)
{
    parts_forward(b, false);
}

static void fused_inference(bench *b)
{
    fused_forward(b, false);
}

static void parts_training(bench *b)
{
    parts_forward(b, true);
}

static void fused_training(bench *b)
{
    fused_forward(b, true);
}

static void parts_backward(bench *b)
{
    const clrelu_dense *d = &b->dense;
    const clrelu_elementwise call = elementwise_of(d);

    must(clrelu_backward(b->context, &b->exec, &call));
    sum_columns(b);
    product(b, true, false, d->inputs, d->outputs, d->rows, d->x, d->dz, d->dw);
    product(b, false, true, d->rows, d->inputs, d->outputs, d->dz, d->w, d->dx);
}

static void fused_backward(bench *b)
{
    must(clrelu_dense_backward(b->context, &b->exec, &b->dense));
}

static void product_alone(bench *b)
{
    const clrelu_dense *d = &b->dense;

    product(b, false, false, d->rows, d->outputs, d->inputs, d->x, d->w, d->y);
}

static double seconds(bench *b, void (*run)(bench *))
{
    struct timespec from, to;

    clFinish(b->queue);
    clock_gettime(CLOCK_MONOTONIC, &from);
    run(b);
    must_cl(clFinish(b->queue), "clFinish");
    clock_gettime(CLOCK_MONOTONIC, &to);
    return (double)(to.tv_sec - from.tv_sec) +
           1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*fused)(bench *), (*parts)(bench *);
    } pairs[] = {{"forward", fused_inference, parts_inference},
                 {"forward, z kept", fused_training, parts_training},
                 {"backward", fused_backward, parts_backward}};
    static double fused[MAX_RUNS], parts[MAX_RUNS], alone[MAX_RUNS],
        ratios[MAX_RUNS];
    const size_t rows = argc > 3 ? strtoull(argv[1], NULL, 10) : 1024;
    const size_t inputs = argc > 3 ? strtoull(argv[2], NULL, 10) : 512;
    const size_t outputs = argc > 3 ? strtoull(argv[3], NULL, 10) : 512;
    const size_t wanted = argc > 4 ? strtoull(argv[4], NULL, 10) : 31;
    const size_t runs = wanted < MAX_RUNS ? wanted : MAX_RUNS;
    bench b;

    open_bench(&b, rows, inputs, outputs);
    printf("%zu x %zu x %zu, float32, medians of %zu alternating runs\n\n"
           "%-16s %12s %12s %8s\n",
           rows, inputs, outputs, runs, "", "fused", "parts", "ratio");
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        seconds(&b, pairs[i].fused);
        seconds(&b, pairs[i].parts);
        for (size_t r = 0; r < runs; r++) {
            const bool first = r % 2 == 0;
            if (first)
                fused[r] = seconds(&b, pairs[i].fused);
            parts[r] = seconds(&b, pairs[i].parts);
            if (!first)
                fused[r] = seconds(&b, pairs[i].fused);
            alone[r] = seconds(&b, product_alone);
            ratios[r] = fused[r] / parts[r];
        }
        printf("%-16s %9.3f ms %9.3f ms %8.3f\n", pairs[i].name,
               1e3 * median(fused, runs), 1e3 * median(parts, runs),
               median(ratios, runs));
    }
    printf("\nthe product alone, forward: %.3f ms\n",
           1e3 * median(alone, runs));
    close_bench(&b);
    return 0;
}
