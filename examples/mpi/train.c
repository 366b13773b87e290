/* train.c - the digits classifier, trained by several MPI ranks
 * SPDX-License-Identifier: MIT
 *
 *     mpirun -n 2 train [EPOCHS [ALPHA.npy]]
 *
 * Every batch has SHARDS shards.  Each rank computes the gradients of some
 * shards.  All ranks gather all gradients and add them in the order of the
 * shards: all have the same network after each step, and the loss has the same
 * digits for any number of ranks. */
#include <mpi.h>
#include <string.h>

#include "../digits.h"
#include "../must.h"
#include "../network.h"
#include "../train_check.h"

enum { UNITS = 64, BATCH = 32, SHARDS = 4, SEED = 1 };

static const double LEARNING_RATE = 0.03, MOMENTUM = 0.9;

/* A rank's state.  It has the shards first to end - 1; a partial is a shard's
 * gradients and its loss. */
typedef struct job {
    network net;
    int rank, ranks, first, end;
    int *counts, *starts; /* in floats, by rank */
    size_t gradients;
    float *partials; /* [SHARDS][gradients + 1] */
    float *sum;      /* of all shards */
} job;

static int first_shard(int rank, int ranks)
{
    return SHARDS * rank / ranks;
}

static void job_open(job *j, clrelu_context *context, cl_command_queue queue,
                     size_t pixels)
{
    const network_params params = {.op = CLRELU_PRELU,
                                   .max_rows = BATCH,
                                   .inputs = pixels,
                                   .units = UNITS,
                                   .seed = SEED};

    MPI_Comm_rank(MPI_COMM_WORLD, &j->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &j->ranks);
    if (j->ranks > SHARDS) {
        fprintf(stderr, "%d ranks, must be at most %d\n", j->ranks, SHARDS);
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    j->net = network_open(context, queue, &params);
    j->gradients = network_gradient_count(&j->net);
    j->first = first_shard(j->rank, j->ranks);
    j->end = first_shard(j->rank + 1, j->ranks);
    j->counts = must_have(malloc(2 * (size_t)j->ranks * sizeof(int)));
    j->starts = j->counts + j->ranks;
    for (int r = 0; r < j->ranks; r++) {
        const int one = (int)j->gradients + 1;
        j->starts[r] = one * first_shard(r, j->ranks);
        j->counts[r] = one * first_shard(r + 1, j->ranks) - j->starts[r];
    }
    j->partials =
        must_have(malloc((SHARDS + 1) * (j->gradients + 1) * sizeof(float)));
    j->sum = j->partials + SHARDS * (j->gradients + 1);
}

static void job_close(job *j)
{
    network_close(&j->net);
    free(j->counts);
    free(j->partials);
}

/* The gradients and the loss of a shard, weighted as a part of the batch. */
static void run_shard(job *j, int shard, const digits_set *s, size_t batch,
                      size_t rows)
{
    const size_t first = rows * (size_t)shard / SHARDS;
    const size_t some = rows * ((size_t)shard + 1) / SHARDS - first;
    const size_t at = batch + first;
    float *out = j->partials + (size_t)shard * (j->gradients + 1);
    float scores[BATCH * NETWORK_CLASSES], dscores[BATCH * NETWORK_CLASSES];

    memset(out, 0, (j->gradients + 1) * sizeof(*out));
    if (some == 0)
        return;
    network_forward(&j->net, some, s->x + at * s->pixels, scores);
    out[j->gradients] =
        (float)((double)some *
                cross_entropy(some, scores, s->labels + at, dscores));
    for (size_t i = 0; i < some * NETWORK_CLASSES; i++)
        dscores[i] *= (float)some / (float)rows;
    network_backward(&j->net, dscores);
    network_take_gradients(&j->net, out);
}

/* A step on the rows that begin at batch; returns the sum of their losses. */
static double step(job *j, const digits_set *s, size_t batch, size_t rows)
{
    for (int shard = j->first; shard < j->end; shard++)
        run_shard(j, shard, s, batch, rows);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, j->partials, j->counts,
                   j->starts, MPI_FLOAT, MPI_COMM_WORLD);
    must(clrelu_sum_partials_host(CLRELU_FLOAT32, SHARDS, j->gradients + 1,
                                  j->partials, j->sum));
    network_set_gradients(&j->net, j->sum);
    network_update(&j->net, LEARNING_RATE, MOMENTUM);
    return (double)j->sum[j->gradients];
}

static void train(job *j, digits_set *data, const digits_set *held,
                  size_t epochs)
{
    uint64_t state = SEED;

    for (size_t epoch = 1; epoch <= epochs; epoch++) {
        double loss = 0.0;
        digits_shuffle(data, &state);
        for (size_t i = 0, rows; i < data->rows; i += rows) {
            rows = data->rows - i < BATCH ? data->rows - i : BATCH;
            loss += step(j, data, i, rows);
        }
        if (j->rank != 0)
            continue;
        printf("epoch %3zu   loss %-22.17g held out %6.2f %%\n", epoch,
               loss / (double)data->rows,
               100.0 * network_accuracy(&j->net, held->rows, held->x,
                                        held->labels));
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    const size_t epochs = argc > 1 ? strtoul(argv[1], NULL, 10) : 20;
    clrelu_context *context;
    cl_int error;
    digits_set data, held;
    job j;

    MPI_Init(&argc, &argv);
    digits_split(DIGITS "/digits.npy", DIGITS "/digits_labels.npy", &data,
                 &held);
    must(clrelu_context_create(NULL, &context));
    cl_command_queue queue =
        clCreateCommandQueue(clrelu_context_cl_context(context),
                             clrelu_context_cl_device(context), 0, &error);
    must_cl(error, "clCreateCommandQueue");
    job_open(&j, context, queue, data.pixels);
    train(&j, &data, &held, epochs);
    if (argc > 2 && j.rank == 0)
        must(clrelu_prelu_layer_save(j.net.prelu,
                                     &(clrelu_exec){.queue = queue}, argv[2]));
    job_close(&j);
    clReleaseCommandQueue(queue);
    clrelu_context_destroy(&context);
    digits_free(&data);
    digits_free(&held);
    MPI_Finalize();
    return 0;
}
