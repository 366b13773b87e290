/* fake_cl.h - an OpenCL that runs nothing, and keeps what it was asked for
 * SPDX-License-Identifier: MIT
 *
 * Linked instead of the loader, it is a device of any kind, of any size.  It
 * defines the functions that the library calls and no other: one that drivers
 * may leave out, or that OpenCL 1.2 lacks, does not link. */
#ifndef CLRELU_TESTS_FAKE_CL_H
#define CLRELU_TESTS_FAKE_CL_H

#include <stdbool.h>
#include <stdint.h>

#include "clrelu.h"

struct fake {
    /* What the platforms and the device say of themselves. */
    cl_uint platforms, empty; /* the first so many have no device             */
    const char *name;         /* of all platforms                             */
    cl_int empty_error;       /* what such a platform answers                 */
    cl_bool available;
    cl_device_type type;
    const char *version, *extensions;
    size_t max_work_items;
    cl_uint lanes;              /* of float */
    cl_device_fp_config config; /* of float */
    cl_ulong local_bytes;
    cl_int build_error;
    /* An allocation of unified shared memory, if extensions has it. */
    unsigned char usm[256];
    cl_device_id usm_device; /* NULL: memory of the host */

    /* The calls since. */
    unsigned builds, launches;
    unsigned pointers; /* kernel arguments that are pointers */
    char options[512];
    char *source; /* of the last program */
    uint64_t work_items, max_at_once;
    size_t local_size;
    bool offset; /* a launch had a global work offset                         */
};

extern struct fake fake;

/* A GPU with OpenCL 1.2, and nothing asked for. */
void fake_reset(void);

cl_command_queue fake_queue(clrelu_context *context);

/* Takes no memory, however large. */
cl_mem fake_buffer(clrelu_context *context, size_t bytes);

#endif
