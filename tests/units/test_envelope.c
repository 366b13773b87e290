/* test_envelope.c - no damaged file of programs is ever taken for a good one
 * SPDX-License-Identifier: MIT */
#include "store/envelope.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "device.h"
#include "folder.h"
#include "random.h"
#include "tap.h"

enum { MAX = 4096, HASH_AT = 24, HEADER = 40 };

static const clrelu_binary programs[] = {
    {"options: -DA=1\nsources: 0\n", (const unsigned char *)"first\0one", 9},
    {"options: -DA=2\nsources: 0\n", (const unsigned char *)"", 0},
    {"", (const unsigned char *)"third", 5},
};
static const clrelu_envelope made = {.device = "device: none\n",
                                     .count = COUNT_OF(programs),
                                     .programs =
                                         (clrelu_binary *)(uintptr_t)programs};

struct image {
    unsigned char bytes[MAX];
    size_t size;
};

/* One file for all: a new one for each would wait for the disk. */
static int put_image(const struct image *image)
{
    static int file = -1;

    if (file < 0)
        file = open("image", O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, (off_t)image->size) ||
        pwrite(file, image->bytes, image->size, 0) != (ssize_t)image->size)
        bail("cannot write a file");
    return file;
}

static bool is_taken(const struct image *image, char error[ENVELOPE_ERROR])
{
    clrelu_envelope e;
    const bool good = clrelu_envelope_read(put_image(image), MAX, &e, error);

    if (good)
        clrelu_envelope_free(&e);
    return good;
}

static void make(struct image *image)
{
    const int file = open("made", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ssize_t size;

    ok(clrelu_envelope_write(file, &made), "an envelope is written");
    size = pread(file, image->bytes, MAX, 0);
    if (size <= HEADER)
        bail("the file cannot be read back");
    image->size = (size_t)size;
    close(file);
}

static void test_content(const struct image *image)
{
    const int file = put_image(image);
    char error[ENVELOPE_ERROR] = "";
    clrelu_envelope e;
    bool same;

    if (!clrelu_envelope_read(file, image->size, &e, error))
        bail("a good envelope %s", error);
    same = strcmp(e.device, made.device) == 0 && e.count == made.count;
    for (size_t i = 0; i < COUNT_OF(programs) && same; i++) {
        const clrelu_binary *p = clrelu_envelope_find(&e, programs[i].key);
        same = p && p->size == programs[i].size &&
               memcmp(p->bytes, programs[i].bytes, p->size) == 0;
    }
    ok(same, "... and read as it was");
    ok(!clrelu_envelope_find(&e, "options: -DA=3\nsources: 0\n"),
       "a program it lacks is not found");
    clrelu_envelope_free(&e);
    ok(!clrelu_envelope_read(file, image->size - 1, &e, error) &&
           strstr(error, "larger"),
       "one that is too large is refused: %s", error);
}

static void test_damage(const struct image *good)
{
    char error[ENVELOPE_ERROR];
    size_t taken = 0;
    struct image image = *good;

    for (size_t bit = 0; bit < 8 * image.size; bit++) {
        image.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        taken += is_taken(&image, error);
        image.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    ok(taken == 0, "each of %zu flipped bits is noticed", 8 * image.size);
    for (image.size = 0; image.size < good->size; image.size++)
        taken += is_taken(&image, error);
    ok(taken == 0, "each of %zu truncations is noticed", good->size);
    image = *good;
    for (size_t i = 0; i < 64; i++) {
        image.bytes[image.size++] = 0;
        taken += is_taken(&image, error);
    }
    ok(taken == 0, "bytes at the end are noticed");
}

static void sign(struct image *image)
{
    XXH3_state_t *state = XXH3_createState();
    XXH128_canonical_t canonical;

    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, image->bytes, HASH_AT);
    XXH3_128bits_update(state, image->bytes + HEADER, image->size - HEADER);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
    XXH3_freeState(state);
    memcpy(image->bytes + HASH_AT, canonical.digest, HEADER - HASH_AT);
}

/* What no writer of ours makes, but with a checksum that fits: lengths that
 * lead beyond the end, texts without one. */
static void test_signed_nonsense(const struct image *good)
{
    enum { ROUNDS = 20000 };
    uint64_t seed = 7;
    size_t taken = 0;
    char error[ENVELOPE_ERROR];
    struct image image = *good;

    sign(&image);
    ok(is_taken(&image, error), "the test signs as the library does");
    image.bytes[8]++;
    sign(&image);
    ok(!is_taken(&image, error) && strstr(error, "version"),
       "another format version is refused: %s", error);
    for (size_t i = 0; i < ROUNDS; i++) {
        image = *good;
        for (size_t changes = 1 + random_below(&seed, 4); changes > 0;
             changes--)
            image.bytes[random_below(&seed, image.size)] =
                (unsigned char)(random_bits(&seed) & 3 ? random_bits(&seed)
                                                       : 0xff);
        sign(&image);
        taken += is_taken(&image, error);
    }
    ok(taken < ROUNDS, "%d signed files of nonsense do no harm", ROUNDS);
}

static void test_other_files(void)
{
    static const char *const paths[] = {"fifo", ".", "/dev/zero", "/dev/null"};
    char error[ENVELOPE_ERROR];
    clrelu_envelope e;

    if (mkfifo("fifo", 0600))
        bail("mkfifo");
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const int file = open(paths[i], O_RDONLY | O_NONBLOCK);
        ok(file >= 0 && !clrelu_envelope_read(file, MAX, &e, error) &&
               strstr(error, "regular"),
           "%s is refused: %s", paths[i], error);
        close(file);
    }
}

static void test_hash(void)
{
    const char *const a[] = {"ab", "c"}, *const b[] = {"a", "bc"};
    char first[ENVELOPE_HASH_TEXT], second[ENVELOPE_HASH_TEXT];

    clrelu_envelope_hash(a, 2, first);
    clrelu_envelope_hash(b, 2, second);
    ok(strlen(first) == ENVELOPE_HASH_TEXT - 1 && strcmp(first, second) != 0,
       "a hash knows where one text ends");
}

/* As a full disk leaves it: packing what is there would lose a program. */
static void test_cut_manifest(void)
{
    folder_put("a.bin", "x");
    folder_put("manifest", "device: none\n\nprogram: a\noptions: 1\n\n");
    ok(clrelu_pack_programs(".", "packed") == CLRELU_OK && !unlink("packed"),
       "a manifest of one program is packed");
    folder_put("manifest", "device: none\n\nprogram: a\noptions: 1\n\n"
                           "program: b\noptions:");
    ok(clrelu_pack_programs(".", "packed") == CLRELU_FILE_ERROR &&
           access("packed", F_OK) && strstr(clrelu_error(), "manifest"),
       "a cut manifest is refused: %s", clrelu_error());
}

int main(void)
{
    struct image image;

    folder_enter();
    make(&image);
    test_content(&image);
    test_damage(&image);
    test_signed_nonsense(&image);
    test_other_files();
    test_hash();
    test_cut_manifest();
    folder_leave();
    return done_testing();
}
