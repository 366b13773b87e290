/* chain_onednn.h - the chain that oneDNN can do in one pass, forward
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_CHAIN_ONEDNN_H
#define CLRELU_BENCH_CHAIN_ONEDNN_H

#include <stddef.h>

typedef struct chain_onednn chain_onednn;

/* y = leaky_relu(x + bias) + residual on (N, C, H, W), if residual is not NULL.
 * Lives until the program ends. */
chain_onednn *chain_onednn_open(const size_t dims[4], float *x, float *bias,
                                float *residual, float *y, float alpha);

/* Seconds. */
double chain_onednn_run(const chain_onednn *o);

#endif
