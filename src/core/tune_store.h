/* tune_store.h - the tuning record of a device, in the cache
 * SPDX-License-Identifier: MIT
 *
 * The record is one line of text in an envelope like a program's, verified in
 * the same way.  A program file has the record its programs were compiled
 * with. */
#ifndef CLRELU_CORE_TUNE_STORE_H
#define CLRELU_CORE_TUNE_STORE_H

#include "core/context.h"

#define TUNING_KEY "tuning"
enum { TUNING_TEXT = 192 };

/* The record's text, such as "local_size=1 vector=16 ...". */
void clrelu_tuning_format(const clrelu_device_params *params,
                          char text[TUNING_TEXT]);

/* Whether the kernels support these values on the device of defaults. */
bool clrelu_tuning_fits(const clrelu_device_params *defaults,
                        const clrelu_device_params *params);

/* Use the record in the cache, or in the program file; the defaults stay if it
 * is missing or invalid. */
void clrelu_tuning_load(clrelu_context *context);
void clrelu_tuning_take(clrelu_context *context, const clrelu_envelope *file);

/* Fails if no record could be stored. */
clrelu_status clrelu_tuning_check_store(void);

clrelu_status clrelu_tuning_store(const clrelu_context *context,
                                  const clrelu_device_params *params);

#endif
