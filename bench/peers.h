/* peers.h - the peers by name, those that are here
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_PEERS_H
#define CLRELU_BENCH_PEERS_H

#include "impl.h"

/* Is each of the names, joined by commas, that of a peer? */
bool peers_are_known(const char *names);

/* Opens the named ones, all if names is NULL, into impls, which has room for
 * all; says on stderr why one is left out.  Returns their number.  python is as
 * for python_open. */
size_t peers_open(const harness *h, const char *names, const char *python,
                  impl *impls);

#endif
