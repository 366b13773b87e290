/* device.h - a device to test on
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_DEVICE_H
#define CLRELU_TESTS_DEVICE_H

#include <stdbool.h>

#include "clrelu.h"
#include "expect.h"

struct device {
    clrelu_context *context;
    cl_context cl;
    cl_device_id id;
    cl_command_queue queue; /* in order */
    clrelu_exec exec;       /* on queue, at once, without an event */
};

/* OpenCL 1.2 or later; the first of them, or NULL. */
bool device_usable(cl_device_id device);
cl_device_id device_first(void);

/* Ends the program with a TAP plan that skips everything where OpenCL has no
 * usable device.  Asks PoCL for two devices. */
void device_need(void);

/* device_need, and the device that a NULL spec picks; or another device, in a
 * cl_context of its own. */
void device_open(struct device *d);
void device_open_on(struct device *d, cl_device_id id);
void device_close(struct device *d);

/* Another context on the queue, with the programs of a file; NULL: of the file
 * that CLRELU_PROGRAM names. */
clrelu_context *device_context(const struct device *d, const char *program);

/* Sets queue, and exec to it. */
void device_use(struct device *d, cl_command_queue queue);

/* Ends the program on failure; error is an OpenCL code. */
void device_must(cl_int error, const char *what);

cl_command_queue device_queue(const struct device *d,
                              cl_command_queue_properties properties);

/* Not where commands overtake their wait lists, as in Intel's FPGA emulator:
 * docs/portability.md. */
bool device_out_of_order(const struct device *d);
bool device_has_float64(const struct device *d);
bool device_has_dtype(const struct device *d, clrelu_dtype dtype);
bool device_subnormal(cl_device_id device);
size_t device_max_group(const struct device *d);

/* Part of the platform's and device's names, for what cannot be tried. */
bool device_named(const struct device *d, const char *platform,
                  const char *name);

/* Where a command that waits for a user event hangs: false, and a skip. */
bool device_user_events(const struct device *d, const char *what);

/* llvmpipe's compiler puts fma into the code anew for each use and lane. */
#define DEVICE_FUNCTION_FMA "fma is a function: minutes to compile"
bool device_function_fma(const struct device *d);

/* llvmpipe ends the loops of a work-item after 65535 turns. */
bool device_long_loops(const struct device *d);

/* CLRELU_TEST_SMALL asks for no more than an interpreter of kernels can run in
 * minutes.  Cases of more than limit elements are then left out: false, and a
 * skip that says so. */
bool device_runs(size_t n, size_t limit, const char *what);

/* An event that the test completes. */
cl_event device_user_event(const struct device *d);
cl_int event_state(cl_event event);

/* Plain memory: its bytes are values, or unset if that is NULL. */
cl_mem device_buffer(const struct device *d, size_t bytes, const void *values);
void device_read(const struct device *d, cl_mem mem, size_t offset,
                 size_t bytes, void *values);
void device_write(const struct device *d, cl_mem mem, size_t offset,
                  size_t bytes, const void *values);

#endif
