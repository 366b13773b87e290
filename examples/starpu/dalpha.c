/* dalpha.c - PReLU's gradient as tasks of StarPU, on any number of devices
 * SPDX-License-Identifier: MIT
 *
 *     STARPU_NCPU=0 STARPU_OPENCL_ON_CPUS=1 dalpha
 *     STARPU_NCPU=0 STARPU_OPENCL_ON_CPUS=1 mpirun -n 4 dalpha_mpi
 *
 * Each shard is a task that writes its own partial; the partials are summed in
 * the order of the shards.  STARPU_REDUX would add in the order in which tasks
 * end.  With USE_MPI the shards are distributed round-robin over the ranks, and
 * StarPU sends their partials to rank 0. */
#include "../shards/shards.h"

#include <starpu.h>
#if USE_MPI
#include <starpu_mpi.h>
#endif

/* One context for each device: StarPU has a cl_context and a queue for each. */
static clrelu_context *contexts[STARPU_MAXOPENCLDEVS];

static void open_device(void *unused)
{
    const int device = starpu_worker_get_devid(starpu_worker_get_id());
    clrelu_context_params params = {0};

    (void)unused;
    starpu_opencl_get_queue(device, &params.queue);
    must(clrelu_context_create(&params, &contexts[device]));
}

static void close_device(void *unused)
{
    (void)unused;
    clrelu_context_destroy(
        &contexts[starpu_worker_get_devid(starpu_worker_get_id())]);
}

static clrelu_buffer buffer_of(void *vector)
{
    return clrelu_at((cl_mem)STARPU_VECTOR_GET_DEV_HANDLE(vector),
                     STARPU_VECTOR_GET_OFFSET(vector) / sizeof(float));
}

static void compute(void *buffers[], void *unused)
{
    const int device = starpu_worker_get_devid(starpu_worker_get_id());
    cl_command_queue queue;

    (void)unused;
    starpu_opencl_get_queue(device, &queue);
    shard_partial(contexts[device], queue, buffer_of(buffers[0]),
                  buffer_of(buffers[1]), buffer_of(buffers[2]));
}

static struct starpu_codelet partial_codelet = {
    .opencl_funcs = {compute},
    .opencl_flags = {STARPU_OPENCL_ASYNC},
    .nbuffers = 3,
    .modes = {STARPU_R, STARPU_R, STARPU_W},
};

typedef struct shard {
    int owner; /* the rank that has x and dy */
    float *x, *dy;
    starpu_data_handle_t handles[3];
} shard;

static starpu_data_handle_t enrol(float *values, size_t n, int owner, int tag,
                                  int rank)
{
    const int home = owner == rank ? STARPU_MAIN_RAM : -1;
    starpu_data_handle_t handle;

    starpu_vector_data_register(&handle, home, home < 0 ? 0 : (uintptr_t)values,
                                (uint32_t)n, sizeof(float));
#if USE_MPI
    starpu_mpi_data_register(handle, tag, owner);
#else
    (void)tag;
#endif
    return handle;
}

/* The partial is sent to rank 0, which sums. */
static void submit(shard *s, int index, int rank, float *partial)
{
    if (s->owner == rank) {
        s->x = must_have(malloc(2 * SHARD_SIZE * sizeof(float)));
        s->dy = s->x + SHARD_SIZE;
        shard_fill(index, s->x, s->dy);
    }
    s->handles[0] = enrol(s->x, SHARD_SIZE, s->owner, 3 * index, rank);
    s->handles[1] = enrol(s->dy, SHARD_SIZE, s->owner, 3 * index + 1, rank);
    s->handles[2] = enrol(partial, PARTIAL, 0, 3 * index + 2, rank);
#if USE_MPI
    const int error = starpu_mpi_task_insert(
        MPI_COMM_WORLD, &partial_codelet, STARPU_R, s->handles[0], STARPU_R,
        s->handles[1], STARPU_W, s->handles[2], STARPU_EXECUTE_ON_NODE,
        s->owner, 0);
#else
    const int error =
        starpu_task_insert(&partial_codelet, STARPU_R, s->handles[0], STARPU_R,
                           s->handles[1], STARPU_W, s->handles[2], 0);
#endif
    if (error) {
        fprintf(stderr, "StarPU takes no task: error %d\n", error);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static float partials[SHARDS * PARTIAL];
    shard shards[SHARDS] = {{0}};
    int rank = 0, ranks = 1;
    char what[64];

#if USE_MPI
    if (starpu_mpi_init_conf(&argc, &argv, 1, MPI_COMM_WORLD, NULL))
        return 1;
    starpu_mpi_comm_rank(MPI_COMM_WORLD, &rank);
    starpu_mpi_comm_size(MPI_COMM_WORLD, &ranks);
#else
    (void)argc;
    (void)argv;
    if (starpu_init(NULL))
        return 1;
#endif
    const unsigned devices = starpu_opencl_worker_get_count();
    starpu_execute_on_each_worker(open_device, NULL, STARPU_OPENCL);
    for (int s = 0; s < SHARDS; s++) {
        shards[s].owner = s % ranks;
        submit(&shards[s], s, rank, partials + s * PARTIAL);
    }
    starpu_task_wait_for_all();
    for (int s = 0; s < SHARDS; s++) {
        for (int i = 0; i < 3; i++)
            starpu_data_unregister(shards[s].handles[i]);
        free(shards[s].x);
    }
    if (rank == 0) {
        snprintf(what, sizeof(what), "StarPU, %d ranks of %u devices", ranks,
                 devices);
        shards_report(what, partials);
    }
    starpu_execute_on_each_worker(close_device, NULL, STARPU_OPENCL);
#if USE_MPI
    starpu_mpi_shutdown();
#else
    starpu_shutdown();
#endif
    return 0;
}
