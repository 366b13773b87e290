/* dalpha.c - one batch on the devices of several MPI ranks
 * SPDX-License-Identifier: MIT
 *
 *     mpirun -n 4 dalpha
 *
 * Each rank computes the partials of some shards.  All ranks gather all
 * partials and sum them in the order of the shards.  The bits do not depend on
 * the number of ranks, unlike with MPI_Allreduce. */
#include <mpi.h>

#include "../shards/shards.h"

/* The first shard of a rank. */
static int first_shard(int rank, int ranks)
{
    return SHARDS * rank / ranks;
}

int main(int argc, char **argv)
{
    static float partials[SHARDS * PARTIAL];
    int rank, ranks, counts[SHARDS + 1], starts[SHARDS + 1];
    clrelu_context *context;
    char what[32];

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (ranks > SHARDS) {
        fprintf(stderr, "%d ranks, must be at most %d\n", ranks, SHARDS);
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    must(clrelu_context_create(NULL, &context));
    for (int r = 0; r < ranks; r++) {
        starts[r] = PARTIAL * first_shard(r, ranks);
        counts[r] = PARTIAL * first_shard(r + 1, ranks) - starts[r];
    }
    for (int s = first_shard(rank, ranks); s < first_shard(rank + 1, ranks);
         s++)
        shard_compute(context, s, partials + s * PARTIAL);
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, partials, counts, starts,
                   MPI_FLOAT, MPI_COMM_WORLD);
    if (rank == ranks - 1) {
        snprintf(what, sizeof(what), "MPI, %d ranks", ranks);
        shards_report(what, partials);
    }
    clrelu_context_destroy(&context);
    MPI_Finalize();
    return 0;
}
