/* bench_gather.c - the network's part of the model of scaling
 * SPDX-License-Identifier: MIT
 *
 *     mpirun -n 2 bench_gather
 *
 * Gathers the partials of a shard per rank, as examples/mpi/dalpha.c does, and
 * holds the time against lat*log2(P) + 8*P*C/W: lat is taken from the smallest,
 * W from the largest. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "samples.h"

enum { RUNS = 101, MIN = 16, MAX = 1 << 20, STEP = 4 };

/* The median time to gather a pair of rows of alphas from each rank. */
static double measure(float *rows, int alphas)
{
    double seconds[RUNS];

    for (int i = 0; i < RUNS; i++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double start = MPI_Wtime();
        MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, rows, 2 * alphas,
                      MPI_FLOAT, MPI_COMM_WORLD);
        seconds[i] = MPI_Wtime() - start;
    }
    return median(seconds, RUNS);
}

static double steps_of(int ranks)
{
    double steps = 0;

    for (int reached = 1; reached < ranks; reached *= 2)
        steps++;
    return steps;
}

int main(int argc, char **argv)
{
    int rank, ranks;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    float *rows = calloc((size_t)ranks * 2 * MAX, sizeof(*rows));
    if (!rows || ranks < 2) {
        fprintf(stderr, "bench_gather: %s\n",
                rows ? "1 rank, must be at least 2" : "no memory");
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    const double bytes = 8.0 * ranks;
    const double min = measure(rows, MIN), max = measure(rows, MAX);
    const double wait = min / steps_of(ranks);
    const double width = bytes * (double)MAX / (max - min);
    if (rank == 0)
        printf("%d ranks: lat = %.2f us, W = %.2f GB/s\n\n%8s %12s %12s %8s\n",
               ranks, 1e6 * wait, 1e-9 * width, "alphas", "measured us",
               "model us", "ratio");
    for (int alphas = MIN; alphas <= MAX; alphas *= STEP) {
        const double is = measure(rows, alphas);
        const double says = min + bytes * alphas / width;
        if (rank == 0)
            printf("%8d %12.2f %12.2f %8.2f\n", alphas, 1e6 * is, 1e6 * says,
                   says / is);
    }
    free(rows);
    MPI_Finalize();
    return 0;
}
