/* harness.h - the device under test, the clock, and the way out
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_HARNESS_H
#define CLRELU_BENCH_HARNESS_H

#include <stdbool.h>

#include "clrelu.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__GNUC__)
#define HARNESS_PRINTF __attribute__((format(printf, 1, 2), noreturn))
#else
#define HARNESS_PRINTF
#endif

/* One line on stderr, then the end, with status 1. */
HARNESS_PRINTF void die(const char *format, ...);
void must(clrelu_status status);
void must_cl(cl_int error, const char *call);
void *must_have(void *memory);

double now(void); /* seconds */

/* Threads spin for a while after their work, waiting for more: until those of
 * this process no longer do, or for a fifth of a second. */
void wait_until_idle(void);

typedef struct harness {
    clrelu_context *library;
    cl_context cl;
    cl_device_id device;
    cl_command_queue queue; /* in order */
    bool is_cpu, is_gpu;
    unsigned cores;
    char name[128], platform[128], driver[128];
} harness;

void harness_open(harness *h, const char *spec);
void harness_close(harness *h);

/* A buffer of n floats, holding values unless that is NULL; NULL if the device
 * has no memory for it. */
cl_mem harness_buffer(const harness *h, size_t n, const float *values);
/* The same, but on a CPU the array itself. */
cl_mem harness_share(const harness *h, size_t n, float *values);
bool harness_read(const harness *h, cl_mem mem, size_t n, float *values);
void harness_release(cl_mem *mem);

cl_program harness_program(const harness *h, const char *source);
cl_kernel harness_kernel(cl_program program, const char *name);

#endif
