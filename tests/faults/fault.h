/* fault.h - one failure at a time, in the calls that the library makes
 * SPDX-License-Identifier: MIT
 *
 * OpenCL's calls fail in a layer, those for memory and files where the linker
 * puts a wrapper before them: -Wl,--wrap=malloc and the like, in a program that
 * holds the library's objects themselves.  What OpenCL's drivers allocate is
 * not touched. */
#ifndef CLRELU_TESTS_FAULT_H
#define CLRELU_TESTS_FAULT_H

#include <stdbool.h>

enum fault_kind { FAULT_OPENCL, FAULT_MEMORY, FAULT_FILE, FAULT_KINDS };

/* An errno that is none: reads and writes move fewer bytes than asked for. */
enum { FAULT_SHORT = 100000 };

/* path is the layer's.  To be called before OpenCL is. */
void fault_open(const char *path);

/* The at-th call of this kind from now fails with this code: one of OpenCL's,
 * or an errno; if on_and_on is set, all that follow do as well. */
void fault_start(enum fault_kind kind, long at, int code, bool on_and_on);

/* What failed, or NULL: there were not so many calls. */
const char *fault_stop(void);

/* Another library calls OpenCL in between; it has told the caller of a failure,
 * or it says that all went well. */
void fault_guest_enter(void);
void fault_guest_leave(bool told);

/* What failed was called by another library, which told nobody. */
bool fault_hidden(void);

/* Commands enqueued since fault_start. */
long fault_commands(void);

/* Kernels only keep their place among the commands. */
void fault_swallow(bool on);

/* What would take half a minute to tune: a clock that leaps, kernels that do
 * nothing and a device of little memory; or none of that. */
void fault_hasten(bool on);

/* Commands start up to so many microseconds late, and in another order. */
void fault_delay(unsigned max);

/* OpenCL's objects and the library's blocks of memory and open files, as one
 * number of those that exist. */
struct fault_alive {
    long objects[8];
    long blocks, files;
};
struct fault_alive fault_alive(void);

/* A failure is in the diagnostics. */
bool fault_same(const struct fault_alive *before);

#endif
