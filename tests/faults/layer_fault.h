/* layer_fault.h - an OpenCL layer whose calls fail, are counted and held up
 * SPDX-License-Identifier: MIT
 *
 * A program finds its controls as clrelu_layer_fault. */
#ifndef CLRELU_TESTS_LAYER_FAULT_H
#define CLRELU_TESTS_LAYER_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>

enum layer_object {
    CONTEXTS,
    QUEUES,
    MEMS,
    PROGRAMS,
    KERNELS,
    EVENTS,
    OBJECTS
};

struct layer_fault {
    atomic_long countdown;       /* the call that fails, from 1; 0: none     */
    atomic_bool on_and_on;       /* and all after it                         */
    atomic_int code;             /* what it returns                          */
    atomic_uint delay;           /* microseconds, at most                    */
    atomic_bool swallow;         /* kernels are enqueued as markers          */
    atomic_ulong memory;         /* bytes that devices say they have; 0: all */
    const char *_Atomic failed;  /* the entry point that failed first        */
    atomic_bool guest;           /* calls are another library's for now      */
    atomic_bool told;            /* the program itself learned of a failure  */
    atomic_long calls, commands; /* since the beginning                      */
    atomic_long live[OBJECTS];   /* references that the program holds        */
};

#endif
