/* gear.h - the device under test, the clock, and the way out
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_GEAR_H
#define CLRELU_BENCH_GEAR_H

#include <stdbool.h>

#include "clrelu.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__GNUC__)
#define GEAR_PRINTF __attribute__((format(printf, 1, 2), noreturn))
#else
#define GEAR_PRINTF
#endif

/* One line on stderr, then the end, with status 1. */
GEAR_PRINTF void die(const char *format, ...);
void must(clrelu_status status);
void must_cl(cl_int error, const char *call);
void *must_have(void *memory);

double now(void); /* seconds */

/* Threads spin for a while after their work, waiting for more: until those of
 * this process no longer do, or for a fifth of a second. */
void wait_until_idle(void);

typedef struct gear {
    clrelu_context *library;
    cl_context cl;
    cl_device_id device;
    cl_command_queue queue; /* in order */
    bool is_cpu, is_gpu;
    unsigned cores;
    char name[128], platform[128], driver[128];
} gear;

void gear_open(gear *g, const char *spec);
void gear_close(gear *g);

/* A buffer of n floats, holding values unless that is NULL; NULL if the device
 * has no memory for it. */
cl_mem gear_buffer(const gear *g, size_t n, const float *values);
/* The same, but on a processor the array itself. */
cl_mem gear_share(const gear *g, size_t n, float *values);
bool gear_read(const gear *g, cl_mem mem, size_t n, float *values);
void gear_release(cl_mem *mem);

cl_program gear_program(const gear *g, const char *source);
cl_kernel gear_kernel(cl_program program, const char *name);

#endif
