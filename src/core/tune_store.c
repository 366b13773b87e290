/* tune_store.c - what was measured on a device, beside its programs in the
 * cache SPDX-License-Identifier: MIT */
#include "core/tune_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "core/program.h"
#include "plan/tiling.h"
#include "store/cache.h"

enum { MAX_VECTOR = 16, MAX_WORK = 1 << 24, MAX_TASKS = 1 << 16 };

/* Longer than another process takes to write an entry. */
static const double timeout_s = 20;

void clrelu_tuning_format(const clrelu_device_params *t, char text[TUNING_TEXT])
{
    snprintf(text, TUNING_TEXT,
             "local_size=%u vector=%u prelu_vector=%u work=%u tasks=%u "
             "stream_bytes=%" PRIu64 " compute_units=%u",
             t->group, t->vector, t->prelu_vector, t->work, t->tasks,
             t->non_temporal_bytes, t->compute_units);
}

/* Nothing but what clrelu_tuning_format writes. */
static bool parse(const clrelu_binary *binary, clrelu_device_params *t)
{
    char text[TUNING_TEXT], again[TUNING_TEXT];

    if (binary->size >= sizeof(text))
        return false;
    memcpy(text, binary->bytes, binary->size);
    text[binary->size] = '\0';
    if (sscanf(text,
               "local_size=%u vector=%u prelu_vector=%u work=%u tasks=%u "
               "stream_bytes=%" SCNu64 " compute_units=%u",
               &t->group, &t->vector, &t->prelu_vector, &t->work, &t->tasks,
               &t->non_temporal_bytes, &t->compute_units) != 7)
        return false;
    clrelu_tuning_format(t, again);
    return strcmp(text, again) == 0;
}

static bool is_power(unsigned value, unsigned max)
{
    return value > 0 && value <= max && (value & (value - 1)) == 0;
}

bool clrelu_tuning_fits(const clrelu_device_params *defaults,
                        const clrelu_device_params *t)
{
    /* 16-bit elements come twice as many at a time. */
    const unsigned lanes = t->prelu_vector > 1 ? 2 * t->prelu_vector : 1;
    /* A CPU's default is as wide as its registers. */
    const unsigned widest = defaults->group > 1 ? MAX_VECTOR : defaults->vector;

    /* Whose lanes are work-items takes minutes to compile what is wider. */
    if (defaults->group > 1 && defaults->vector == 1 &&
        (t->vector > 2 || t->prelu_vector > 2))
        return false;
    if (!is_power(t->vector, widest) || !is_power(t->prelu_vector, widest) ||
        t->work < 1 || t->work > MAX_WORK || t->tasks < 1 ||
        t->tasks > MAX_TASKS || (t->group > 1) != (defaults->group > 1))
        return false;
    return t->group == 1 || (is_power(t->group, defaults->max_group) &&
                             t->group <= CLRELU_ROW_MAX / lanes);
}

static bool use(clrelu_context *context, const clrelu_envelope *e,
                bool same_units)
{
    const clrelu_binary *binary = clrelu_envelope_find(e, TUNING_KEY);
    clrelu_device_params t = context->defaults;

    if (!binary || !parse(binary, &t) ||
        !clrelu_tuning_fits(&context->defaults, &t) ||
        (same_units && t.compute_units != context->defaults.compute_units))
        return false;
    t.compute_units = context->defaults.compute_units;
    context->params = t;
    context->tuned = true;
    return true;
}

void clrelu_tuning_take(clrelu_context *context, const clrelu_envelope *file)
{
    use(context, file, false);
}

void clrelu_tuning_load(clrelu_context *context)
{
    char name[CACHE_NAME], error[ENVELOPE_ERROR];
    clrelu_envelope e;
    const bool off = clrelu_cache_wished() == CACHE_OFF;
    const int folder = off ? -1 : clrelu_cache_open(false);

    if (folder < 0)
        return;
    clrelu_cache_name(context->device_text, TUNING_KEY, name);
    if (clrelu_cache_read(folder, name, true, &e, error)) {
        if (strcmp(e.device, context->device_text) == 0)
            use(context, &e, true);
        clrelu_envelope_free(&e);
    }
    close(folder);
}

static clrelu_status no_place(int reason)
{
    char path[CACHE_PATH] = "CLRELU_CACHE_DIR";

    if (reason == ENOMEM)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY, "no memory for a tuning");
    clrelu_cache_path(path);
    return clrelu_fail(CLRELU_FILE_ERROR,
                       "%s has no place for a tuning: it must be a folder that "
                       "can be written, by you alone",
                       path);
}

clrelu_status clrelu_tuning_check_place(void)
{
    char why[CACHE_WISH];
    int folder;

    clrelu_cache_explain(why);
    if (clrelu_cache_wished() == CACHE_OFF)
        return clrelu_fail(CLRELU_FILE_ERROR, "a tuning has no place: %s", why);
    folder = clrelu_cache_open(true);
    if (folder < 0)
        return no_place(0);
    close(folder);
    return CLRELU_OK;
}

clrelu_status clrelu_tuning_store(const clrelu_context *context,
                                  const clrelu_device_params *params)
{
    char name[CACHE_NAME], text[TUNING_TEXT];
    clrelu_binary binary = {TUNING_KEY, (const unsigned char *)text, 0};
    const clrelu_envelope e = {
        .device = context->device_text, .count = 1, .programs = &binary};
    const int folder = clrelu_cache_open(true);
    int reason = 0;
    bool good;

    if (folder < 0)
        return no_place(0);
    clrelu_tuning_format(params, text);
    binary.size = strlen(text);
    clrelu_cache_name(context->device_text, TUNING_KEY, name);
    clrelu_compiler_lock();
    const clrelu_cache_lock lock =
        clrelu_cache_lock_take(folder, name, timeout_s);
    good = lock.file >= 0 && clrelu_cache_write(folder, name, &e);
    reason = good ? 0 : errno;
    clrelu_cache_lock_drop(lock);
    clrelu_compiler_unlock();
    close(folder);
    return good ? CLRELU_OK : no_place(reason);
}
