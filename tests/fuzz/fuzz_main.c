/* fuzz_main.c - runs a target on its seeds, and on what becomes of them
 * SPDX-License-Identifier: MIT
 *
 *     fuzz_npy RUNS SEED-FOLDER
 *
 * libFuzzer without clang, and without its eyes: it changes the seeds blindly,
 * and the same way each time. */
#include <dirent.h>

#include "fuzz.h"
#include "random.h"

enum { MAX_SEEDS = 256, MAX_BYTES = 4096 };

struct seed {
    size_t size;
    uint8_t bytes[MAX_BYTES];
};

static struct seed seeds[MAX_SEEDS];
static size_t count;

static void read_seeds(const char *folder)
{
    DIR *list = opendir(folder);
    char path[4096];

    if (!list) {
        fprintf(stderr, "%s: no such folder\n", folder);
        exit(1);
    }
    for (struct dirent *entry; (entry = readdir(list)) && count < MAX_SEEDS;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "rb");
        if (!file)
            continue;
        seeds[count].size = fread(seeds[count].bytes, 1, MAX_BYTES, file);
        count++;
        fclose(file);
    }
    closedir(list);
}

/* Of exactly its size, so that a sanitizer sees the end. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (!copy)
        exit(1);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void change(struct seed *s, uint64_t *random)
{
    const size_t at = s->size > 0 ? random_below(random, s->size) : 0;
    const struct seed *other = &seeds[random_below(random, count)];

    switch (random_below(random, 6)) {
    case 0:
        s->size = at;
        break;
    case 1:
        if (s->size > 0)
            s->bytes[at] ^= (uint8_t)(1u << random_below(random, 8));
        break;
    case 2:
        if (s->size > 0)
            s->bytes[at] = (uint8_t)random_bits(random);
        break;
    case 3:
        if (s->size > 0)
            memmove(s->bytes + at, s->bytes + at + 1, s->size-- - at - 1);
        break;
    case 4:
        if (s->size < MAX_BYTES) {
            memmove(s->bytes + at + 1, s->bytes + at, s->size++ - at);
            s->bytes[at] = (uint8_t)random_bits(random);
        }
        break;
    default:
        if (other->size > at) {
            memcpy(s->bytes + at, other->bytes + at, other->size - at);
            s->size = other->size;
        }
    }
}

int main(int argc, char **argv)
{
    uint64_t random = 1;
    static struct seed changed;

    if (argc != 3)
        return 2;
    read_seeds(argv[2]);
    if (count == 0)
        return 1;
    for (size_t i = 0; i < count; i++)
        run(seeds[i].bytes, seeds[i].size);
    for (long i = strtol(argv[1], NULL, 10); i > 0; i--) {
        changed = seeds[random_below(&random, count)];
        for (size_t k = 1 + random_below(&random, 6); k > 0; k--)
            change(&changed, &random);
        run(changed.bytes, changed.size);
    }
    return 0;
}
