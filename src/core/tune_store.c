/* tune_store.c - the tuning record of a device, in the cache
 * SPDX-License-Identifier: MIT */
#include "core/tune_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/status.h"
#include "core/build.h"
#include "core/cache_folder.h"
#include "core/log.h"
#include "store/cache.h"

enum { MAX_VECTOR = 16, MAX_SPAN = 1 << 24, MAX_TASKS = 1 << 16 };

/* Longer than a process takes to write an entry. */
static const double timeout_s = 20;

#define FORMAT(u32, u64) \
    "local_size=" u32 " vector=" u32 " prelu_vector=" u32 " cpu_span=" u32 \
    " gpu_accesses=" u32 " tasks=" u32 " non_temporal_bytes=" u64 \
    " compute_units=" u32

void clrelu_tuning_format(const clrelu_device_params *p, char text[TUNING_TEXT])
{
    snprintf(text, TUNING_TEXT, FORMAT("%u", "%" PRIu64), p->group, p->vector,
             p->prelu_vector, p->cpu_span, p->gpu_accesses, p->tasks,
             p->non_temporal_bytes, p->compute_units);
}

/* Accepts only the text of clrelu_tuning_format. */
static bool parse(const clrelu_binary *binary, clrelu_device_params *p)
{
    char text[TUNING_TEXT], again[TUNING_TEXT];

    if (binary->size >= sizeof(text))
        return false;
    memcpy(text, binary->bytes, binary->size);
    text[binary->size] = '\0';
    if (sscanf(text, FORMAT("%u", "%" SCNu64), &p->group, &p->vector,
               &p->prelu_vector, &p->cpu_span, &p->gpu_accesses, &p->tasks,
               &p->non_temporal_bytes, &p->compute_units) != 8)
        return false;
    clrelu_tuning_format(p, again);
    return strcmp(text, again) == 0;
}

static bool is_power(unsigned value, unsigned max)
{
    return value > 0 && value <= max && (value & (value - 1)) == 0;
}

static bool in_range(unsigned value, unsigned max)
{
    return value >= 1 && value <= max;
}

bool clrelu_tuning_fits(const clrelu_device_params *defaults,
                        const clrelu_device_params *p)
{
    /* A CPU's default is as wide as its registers. */
    const unsigned max_vector =
        defaults->group > 1 ? MAX_VECTOR : defaults->vector;

    /* llvmpipe: wider vectors compile for minutes. */
    if (defaults->group > 1 && defaults->vector == 1 &&
        (p->vector > 2 || p->prelu_vector > 2))
        return false;
    if (!is_power(p->vector, max_vector) ||
        !is_power(p->prelu_vector, max_vector) ||
        !in_range(p->cpu_span, MAX_SPAN) ||
        !in_range(p->gpu_accesses, MAX_SPAN) ||
        !in_range(p->tasks, MAX_TASKS) ||
        (p->group > 1) != (defaults->group > 1))
        return false;
    /* Where dalpha is summed, each work-item has at least a vector of a row. */
    return p->group == 1 || (is_power(p->group, defaults->max_group) &&
                             p->group <= CLRELU_ROW_MAX / p->prelu_vector);
}

/* Returns the reason if it is not used, else NULL. */
static const char *use(clrelu_context *context, const clrelu_envelope *e,
                       bool same_units)
{
    const clrelu_binary *binary = clrelu_envelope_find(e, TUNING_KEY);
    clrelu_device_params p = context->defaults;

    if (!binary || !parse(binary, &p))
        return "has no tuning of this version";
    if (!clrelu_tuning_fits(&context->defaults, &p))
        return "has a tuning with values beyond the kernels' limits";
    if (same_units && p.compute_units != context->defaults.compute_units)
        return "has a tuning for another number of compute units";
    p.compute_units = context->defaults.compute_units;
    context->params = p;
    context->tuned = true;
    return NULL;
}

void clrelu_tuning_take(clrelu_context *context, const clrelu_envelope *file)
{
    const char *why = clrelu_envelope_find(file, TUNING_KEY)
                          ? use(context, file, false)
                          : NULL;

    if (why)
        clrelu_log(context, CLRELU_LOG_WARNING,
                   "defaults are used: the program file %s", why);
}

void clrelu_tuning_load(clrelu_context *context)
{
    char name[CACHE_NAME], error[ENVELOPE_ERROR];
    const char *why = NULL;
    clrelu_envelope e;
    const bool off = clrelu_cache_read_setting() == CACHE_OFF;
    const int folder = off ? -1 : clrelu_cache_folder(context, false);

    if (folder < 0)
        return;
    clrelu_cache_name(context->device_text, TUNING_KEY, name);
    if (clrelu_cache_read(folder, name, true, &e, error)) {
        why = strcmp(e.device, context->device_text) == 0
                  ? use(context, &e, true)
                  : "is of another device";
        clrelu_envelope_free(&e);
    } else if (errno != ENOENT) {
        why = error;
    }
    if (why)
        clrelu_cache_refused(context, name, why);
    close(folder);
}

static clrelu_status fail_store(int reason)
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

clrelu_status clrelu_tuning_check_store(void)
{
    char why[CACHE_REASON];
    int folder;

    clrelu_cache_explain(why);
    if (clrelu_cache_read_setting() == CACHE_OFF)
        return clrelu_fail(CLRELU_FILE_ERROR, "a tuning has no place: %s", why);
    folder = clrelu_cache_open(true);
    if (folder < 0)
        return fail_store(0);
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
        return fail_store(0);
    clrelu_tuning_format(params, text);
    binary.size = strlen(text);
    clrelu_cache_name(context->device_text, TUNING_KEY, name);
    clrelu_build_lock();
    const clrelu_cache_lock lock =
        clrelu_cache_lock_take(folder, name, timeout_s);
    good = lock.file >= 0 && clrelu_cache_write(folder, name, &e);
    reason = good ? 0 : errno;
    clrelu_cache_lock_drop(lock);
    clrelu_build_unlock();
    close(folder);
    return good ? CLRELU_OK : fail_store(reason);
}
