/* sweep_library.h - what the scenarios of the library's functions share
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_SWEEP_LIBRARY_H
#define CLRELU_TESTS_SWEEP_LIBRARY_H

#include "array.h"
#include "sweep.h"

enum { N = 96, ALPHAS = 8, BATCH = 12, BLOCKS_N = 40000, BATCH_BLOCKS = 5000 };

/* Arrays of all scenarios; those from OUT on are outputs. */
enum { X, DY, ALPHA, LONG_X, LONG_DY, OUT, DALPHA, LONG_OUT, ARRAYS };

struct library {
    struct device device;
    struct array arrays[ARRAYS];
    clrelu_prelu_layer *layer;
    clrelu_context *other; /* what calls are on, if it is not NULL            */
    cl_event ready;
    uint64_t answer; /* of what a call that goes well hands to the host       */
    char folder[64], path[128]; /* ... and what it writes                     */
    char cache[64];             /* a folder of compiled programs              */
};
extern struct library lib;

/* Of the arrays, with an alpha for each column. */
extern const clrelu_shape small_shape, long_shape;

struct scenarios {
    const struct scenario *first;
    size_t count;
};
extern const struct scenarios sweep_operations, sweep_layers, sweep_programs;

void library_open(void);
void library_close(void);

clrelu_buffer on(int array);

/* Outputs as they were. */
void reset(const struct scenario *s);
uint64_t state(const struct scenario *s);

/* The exec waits for an event and makes one, which must not leak. */
typedef clrelu_status call(const struct device *d);
struct outcome run(const struct scenario *s, enum fault_kind kind, int code);

/* Keeps an answer, if there is one. */
clrelu_status answer(clrelu_status status, const void *bytes, size_t size);

/* lib.other: a context that has compiled nothing yet. */
void open_other(const struct scenario *s);
void close_other(const struct scenario *s);

/* lib.cache is the user's cache, or there is none. */
void use_cache(bool on);

/* Ends the program where a scenario cannot be made ready. */
void must(const struct scenario *s, clrelu_status status);

/* What a text may name instead. */
#define BUILD " compiler "
/* A device that cannot be asked, is not one that is found. */
#define FINDING " clGetDeviceInfo clGetPlatformInfo clGetDeviceIDs calloc "

#define FUNCTION(f) \
    .run = run, .state = state, .data = &(call *const) \
    { \
        f \
    }
#define WARM(f) .before = reset, FUNCTION(f)
#define COLD(f) .before = open_other, .after = close_other, FUNCTION(f)

#endif
