/* test_tuning.c - a tuning is used, and changes no bit of the results
 * SPDX-License-Identifier: MIT
 *
 *   test_tuning CLRELU [all]
 *
 * all measures too, which takes half a minute, and tries all values of the
 * other class of devices. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "core/tune_store.h"
#include "entry.h"
#include "folder.h"
#include "process.h"
#include "reference.h"
#include "store/cache.h"
#include "tap.h"
#include "tune/tune_select.h"
#include "variants.h"

/* ------------------------------------------------------------------ bits -- */

static const size_t sizes[] = {1000003, 12000, 3000};

static const struct case_shape sharings[] = {
    {"", 4, {60, 16, 28, 28}, 2, {2, 3}}, {"", 4, {500, 28, 28, 16}, 2, {1, 2}},
    {"", 2, {300, 1100}, 0, {0}},         {"", 2, {100, 1007}, 1, {1}},
    {"", 4, {4, 6, 31, 56}, 2, {1, 3}},   {"", 2, {10, 1000}, 0, {0}},
    {"", 2, {3, 1000}, 0, {0}},
};

static clrelu_status run_prelu(const struct device *d,
                               const struct case_shape *sharing,
                               struct results *r)
{
    const clrelu_shape shape = case_to_shape(sharing);
    const size_t n = reference_count(&shape);
    float *values = variant_values(n, 4), *other = variant_values(n, 3);

    /* Half of each sum takes away what the other has added: what is left
     * depends on the order. */
    for (size_t i = n / 2; i < n; i++) {
        values[i] = values[i - n / 2];
        other[i] = -other[i - n / 2];
    }
    const clrelu_status status =
        results_prelu(r, d, &shape, true, values, other);

    free(values);
    free(other);
    return status;
}

/* What all the calls would do, in one number; not the line of values. */
static uint64_t plans(const struct device *d)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < 2 * (COUNT_OF(sizes) + COUNT_OF(sharings)); i++) {
        const bool prelu = i / 2 >= COUNT_OF(sizes);
        const clrelu_shape shape =
            case_to_shape(&sharings[prelu ? i / 2 - COUNT_OF(sizes) : 0]);
        clrelu_explanation e;
        const clrelu_direction direction =
            i % 2 ? CLRELU_BACKWARD : CLRELU_FORWARD;
        const clrelu_status status =
            prelu
                ? clrelu_explain_prelu(
                      d->context, direction,
                      &(clrelu_prelu){.dtype = CLRELU_FLOAT32, .shape = &shape},
                      &e)
                : clrelu_explain_elementwise(
                      d->context, direction,
                      &(clrelu_elementwise){.op = CLRELU_ELU,
                                            .dtype = CLRELU_FLOAT32,
                                            .scalar = 1,
                                            .n = sizes[i / 2]},
                      &e);
        if (status)
            bail("a plan: %s", clrelu_error());
        hash = hash * 31 + e.groups;
        hash = hash * 31 + (unsigned char)e.stores[0];
        for (const char *c = e.options; *c; c++)
            hash = hash * 31 + (unsigned char)*c;
    }
    return hash;
}

static struct results run_all(const struct device *d)
{
    struct results r = {NULL, 0, 0};
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < COUNT_OF(sizes) && !status; i++)
        status = results_elementwise(&r, d, sizes[i], 1);
    for (size_t i = 0; i < COUNT_OF(sharings) && !status; i++)
        status = run_prelu(d, &sharings[i], &r);
    if (status)
        diag("%s", clrelu_error());
    return r;
}

/* Returns whether the value makes a difference to the plans. */
static bool test_value(const struct device *base,
                       const clrelu_device_params *value, clrelu_knob knob,
                       uint64_t base_plans, const struct results *want)
{
    struct device d = *base;
    struct results got;

    d.context = device_context(base, "");
    d.context->params = *value;
    const bool differs = plans(&d) != base_plans;
    got = run_all(&d);
    ok(got.count == want->count &&
           memcmp(got.values, want->values, got.count * sizeof(float)) == 0,
       "%s of %llu changes no bit", clrelu_knob_name(knob),
       (unsigned long long)clrelu_knob_value(value, knob));
    free(got.values);
    clrelu_context_destroy(&d.context);
    return differs;
}

static void test_bits(const struct device *d, clrelu_device_params base)
{
    clrelu_device_params values[TUNE_CANDIDATES];

    /* Some of the arrays above are larger than such a cache, some are not. */
    base.non_temporal_bytes = 65536;
    d->context->params = base;
    const uint64_t base_plans = plans(d);
    struct results want = run_all(d);
    for (int knob = 0; knob < CLRELU_KNOBS; knob++) {
        const size_t count =
            clrelu_candidates_list(&base, &base, (clrelu_knob)knob, values);
        bool differs = false;
        for (size_t i = 2; i < count; i++) {
            if (values[i].vector > 4 && device_function_fma(d))
                skip(DEVICE_FUNCTION_FMA, "vectors of %u", values[i].vector);
            else
                differs |= test_value(d, &values[i], (clrelu_knob)knob,
                                      base_plans, &want);
        }
        if (count > 2)
            ok(differs, "... but the plans");
    }
    free(want.values);
}

/* As on a GPU, whatever is here. */
static void test_other_bits(const struct device *base)
{
    const size_t max = device_max_group(base);
    struct device d = *base;
    clrelu_device_params t = base->context->defaults;

    t.group = 128;
    t.vector = t.prelu_vector = 4;
    t.gpu_accesses = 2;
    t.max_group = (unsigned)max;
    if (base->context->defaults.group > 1) {
        skip("the device gets much the same by itself", "as on a GPU");
        return;
    }
    if (max < t.group) {
        skip("work-groups too large for the device", "as on a GPU");
        return;
    }
    d.context = device_context(base, "");
    test_bits(&d, t);
    clrelu_context_destroy(&d.context);
}

/* ----------------------------------------------------------------- store -- */

/* Does a new context use these values, or the defaults if NULL? */
static bool finds(const struct device *d, const char *program,
                  const clrelu_device_params *want)
{
    clrelu_context *c = device_context(d, program);
    char got[TUNING_TEXT], text[TUNING_TEXT];
    const bool tuned = c->tuned;

    clrelu_tuning_format(&c->params, got);
    clrelu_tuning_format(want ? want : &c->defaults, text);
    clrelu_context_destroy(&c);
    return tuned == (want != NULL) && strcmp(got, text) == 0;
}

/* All that fits has been halved. */
static clrelu_device_params make_tuned(const struct device *d)
{
    clrelu_device_params t = d->context->defaults;

    t.vector = t.vector > 1 ? t.vector / 2 : 2;
    t.cpu_span /= 2;
    t.tasks *= 2;
    t.non_temporal_bytes += 4096;
    return t;
}

static void store(const struct device *d, const clrelu_device_params *t)
{
    must_succeed(clrelu_tuning_store(d->context, t));
}

static void test_store(const struct device *d)
{
    const clrelu_device_params tuned = make_tuned(d);
    clrelu_device_params other = tuned;

    ok(finds(d, "", NULL), "nothing is stored: the defaults are used");
    store(d, &tuned);
    ok(finds(d, "", &tuned), "a stored tuning is used");
    setenv("CLRELU_CACHE", "0", 1);
    ok(finds(d, "", NULL), "... unless CLRELU_CACHE is 0");
    ok(clrelu_tune(d->context, NULL, NULL) == CLRELU_FILE_ERROR,
       "... which leaves no place for another: %s", clrelu_error());
    setenv("CLRELU_CACHE", "1", 1);
    other.cpu_span *= 4;
    store(d, &other);
    ok(finds(d, "", &other), "another takes its place");
    other.compute_units++;
    store(d, &other);
    ok(finds(d, "", NULL), "one of other compute units is not used");
    other = tuned;
    other.vector = 3;
    store(d, &other);
    ok(finds(d, "", NULL), "nor one of values that no kernel has");
    other = tuned;
    other.group = other.group > 1 ? 1 : 64;
    store(d, &other);
    ok(finds(d, "", NULL), "nor one of another class");
}

static void put_text(int folder, const char *name, const char *device,
                     const char *key, const char *text)
{
    if (!entry_write(folder, name, device, key, text, strlen(text)))
        bail("cannot write an entry");
}

static void test_texts(const struct device *d, int folder, const char *name,
                       const clrelu_device_params *tuned)
{
    const char *device = d->context->device_text;
    char text[TUNING_TEXT], longer[2 * TUNING_TEXT];

    clrelu_tuning_format(tuned, text);
    put_text(folder, name, device, TUNING_KEY, text);
    ok(finds(d, "", tuned), "a text that was put there is used: %s", text);
    put_text(folder, name, "device: another\n", TUNING_KEY, text);
    ok(finds(d, "", NULL), "... not another device's");
    put_text(folder, name, device, "options: -DVECTOR=8\n", text);
    ok(finds(d, "", NULL), "... nor under another key");
    snprintf(longer, sizeof(longer), "%s and more", text);
    put_text(folder, name, device, TUNING_KEY, longer);
    ok(finds(d, "", NULL), "... nor with something behind it");
    snprintf(longer, sizeof(longer), "%*s", (int)sizeof(longer) - 1, text);
    put_text(folder, name, device, TUNING_KEY, longer);
    ok(finds(d, "", NULL), "... nor one that is too long");
    put_text(folder, name, device, TUNING_KEY, "");
    ok(finds(d, "", NULL), "... nor an empty one");
}

static void test_damage(const struct device *d)
{
    const clrelu_device_params tuned = make_tuned(d);
    unsigned char bytes[4096];
    char name[CACHE_NAME];
    const int folder = clrelu_cache_open(true);
    size_t size, used = 0;
    int file;

    clrelu_cache_name(d->context->device_text, TUNING_KEY, name);
    store(d, &tuned);
    file = openat(folder, name, O_RDONLY);
    size = file < 0 ? 0 : (size_t)read(file, bytes, sizeof(bytes));
    if (size == 0 || size == sizeof(bytes))
        bail("no tuning to damage");
    close(file);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= (unsigned char)(1u << i % 8);
        entry_put(folder, name, bytes, size);
        used += !finds(d, "", NULL);
        bytes[i] ^= (unsigned char)(1u << i % 8);
    }
    ok(used == 0, "a flipped bit in each of %zu bytes: never used", size);
    for (size_t i = 0; i < size; i++) {
        entry_put(folder, name, bytes, i);
        used += !finds(d, "", NULL);
    }
    ok(used == 0, "cut after each byte: never used");
    store(d, &tuned);
    ok(finds(d, "", &tuned), "... and stored anew it is");
    test_texts(d, folder, name, &tuned);
    close(folder);
}

/* A program file knows what its programs were compiled with. */
static void test_program_file(const struct device *d)
{
    const clrelu_device_params tuned = make_tuned(d);
    struct device on_file = *d;
    clrelu_context *c;

    store(d, &tuned);
    c = device_context(d, "");
    must_succeed(clrelu_precompile(c, CLRELU_LEAKY_RELU, CLRELU_FLOAT32));
    must_succeed(clrelu_save_programs(c, "file"));
    clrelu_context_destroy(&c);
    ok(finds(d, "file", &tuned), "a program file holds the tuning");
    c = device_context(d, "file");
    on_file.context = c;
    ok(array_computes(&on_file, CLRELU_LEAKY_RELU), "... and its programs run");
    ok(clrelu_tune(c, NULL, NULL) == CLRELU_UNSUPPORTED,
       "a context with a program file is not tuned: %s", clrelu_error());
    clrelu_context_destroy(&c);
}

/* ---------------------------------------------------------- command line -- */

static void test_command_line(const struct device *d)
{
    const clrelu_device_params tuned = make_tuned(d);
    char text[TUNING_TEXT], line[TUNING_TEXT + 16];

    clrelu_tuning_format(&tuned, text);
    snprintf(line, sizeof(line), "tuned: %s", text);
    store(d, &tuned);
    process_gives("explain elu --shape 10", 0, line, line);
    process_gives("cache list", 0,
                  "tuning: local_size=", "cache list shows it");
    process_gives("cache verify", 0, " 0 bad", "cache verify is content");
    process_line("cache clear");
    process_gives("explain elu --shape 10", 0,
                  "default: local_size=", "cache clear forgets it");
    process_gives("tune --help", 0, "usage: clrelu tune", "tune --help");
    process_gives("tune more", 2, "--help", "misuse: clrelu tune more");
    process_gives("tune --op elu", 2, "--help", "misuse: clrelu tune --op elu");
    setenv("CLRELU_CACHE", "0", 1);
    process_gives("tune", 1, "CLRELU_CACHE is 0",
                  "tune without a cache is an error");
    setenv("CLRELU_CACHE", "1", 1);
    setenv("CLRELU_PROGRAM", "file", 1);
    process_gives("tune", 1, "programs from a file",
                  "tune with a program file is one, too");
    unsetenv("CLRELU_PROGRAM");
}

static void test_measuring(void)
{
    ok(process_line("tune") == 0 && process_says("margin") &&
           process_says("default, again"),
       "tune measures");
    process_gives("explain elu --shape 10", 0,
                  "tuned: ", "... and what it found is used");
}

int main(int argc, char **argv)
{
    const bool all = argc > 2 && strcmp(argv[2], "all") == 0;
    struct device d;

    process_enter(argc, argv);
    device_open(&d);
    ok(clrelu_tune(NULL, NULL, NULL) == CLRELU_INVALID_NULL, "no context: %s",
       clrelu_error());
    test_store(&d);
    test_damage(&d);
    test_program_file(&d);
    test_command_line(&d);
    setenv("CLRELU_CACHE", "0", 1);
    test_bits(&d, d.context->defaults);
    if (all)
        test_other_bits(&d);
    setenv("CLRELU_CACHE", "1", 1);
    if (all)
        test_measuring();
    device_close(&d);
    folder_leave();
    return done_testing();
}
