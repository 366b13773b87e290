/* launch.h - kernel arguments as an array, work as commands on a queue
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_LAUNCH_H
#define CLRELU_CORE_LAUNCH_H

#include "core/check.h"
#include "core/program.h"

typedef struct clrelu_arg {
    size_t size;
    const void *value;
    bool buffer;
} clrelu_arg;

#define CLRELU_ARG(variable) \
    ((clrelu_arg){sizeof(variable), &(variable), \
                  _Generic((variable), cl_mem \
                           : true, default \
                           : false)})

/* One kernel over groups work-groups.  first_group names the argument, if the
 * kernel has one, that tells a launch its first work-group and has been set to
 * 0: work beyond 2^31 work-items takes several launches. */
typedef struct clrelu_launch {
    clrelu_kernel *kernel;
    uint64_t groups;
    unsigned group_size;
    int first_group; /* argument index, or -1 */
} clrelu_launch;

/* Launches that clrelu_enqueue would make. */
uint64_t clrelu_launch_count(uint64_t groups, unsigned group_size);

/* Sets what differs from the last call's, and every buffer: a handle may be
 * that of a new buffer. */
clrelu_status clrelu_set_args(clrelu_kernel *kernel, const clrelu_arg *args,
                              cl_uint count);

/* Enqueues the launches in turn, the later ones after all of the earlier: the
 * first waits for the call's events, the last completes the call's event. */
clrelu_status clrelu_enqueue(const clrelu_call *call,
                             const clrelu_launch *launches, unsigned count);

/* Enqueues no work but keeps the promises about events. */
clrelu_status clrelu_enqueue_nothing(const clrelu_call *call);

#endif
