/* sweep.h - every call of a scenario fails once, and what remains is looked at
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_SWEEP_H
#define CLRELU_TESTS_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"

/* What a scenario came to. */
struct outcome {
    bool good;
    bool fits; /* if not good: the status fits this failure                   */
    const char *text;
};

struct scenario {
    const char *name;
    /* Any may be NULL.  before and after are not disturbed. */
    void (*before)(const struct scenario *s);
    void (*after)(const struct scenario *s);
    struct outcome (*run)(const struct scenario *s, enum fault_kind kind,
                          int code);
    /* A number for all that the scenario may change: as long as nothing has,
     * it stays; after any run that goes well it is the same. */
    uint64_t (*state)(const struct scenario *s);
    bool tears; /* a call may be left half done                               */
    bool slow;  /* only where all are swept, and with one code alone: of its
                 * many calls the later ones fail ever less often             */
    const char *absorbs; /* whose failure may change nothing, " a b "         */
    const char *tells;   /* what a text may name instead, " a b "             */
    const void *data;
};

/* While tuning a value that is refused is out, and contexts look for an
 * older tuning. */
#define SWEEP_TUNE \
    " clGetDeviceInfo clGetPlatformInfo clGetPlatformIDs clGetDeviceIDs " \
    "open openat fstat pread close malloc calloc pthread_mutex_init " \
    "clRetainContext clGetContextInfo clCreateProgramWithSource " \
    "clBuildProgram clGetProgramBuildInfo clCreateKernel clCreateBuffer " \
    "clSetKernelArg clEnqueueNDRangeKernel clEnqueueReadBuffer " \
    "clEnqueueFillBuffer clGetMemObjectInfo clGetCommandQueueInfo "

/* As few codes as a quick test may have, or all; every step-th call. */
struct sweep_how {
    bool all;
    long step;
};

/* One line for each kind of failure.  Returns how many there were. */
long sweep(const struct scenario *s, struct sweep_how how);

/* Continues a number by bytes (Fowler, Noll, Vo: FNV-1a). */
uint64_t sweep_hash(uint64_t state, const void *bytes, size_t size);

/* ... by the files in a folder, in any order, and their names. */
uint64_t sweep_hash_folder(uint64_t state, const char *folder);

/* Unlinks them. */
void sweep_empty(const char *folder);

#endif
