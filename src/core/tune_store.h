/* tune_store.h - what was measured on a device, beside its programs in the
 * cache SPDX-License-Identifier: MIT
 *
 * An entry of the cache like those of programs, verified as they are; its bytes
 * are one line of text.  A program file holds the tuning that its programs were
 * compiled with. */
#ifndef CLRELU_CORE_TUNE_STORE_H
#define CLRELU_CORE_TUNE_STORE_H

#include "core/context.h"

#define TUNING_KEY "tuning"
enum { TUNING_TEXT = 192 };

/* Such as "local_size=1 vector=16 ...". */
void clrelu_tuning_format(const clrelu_device_params *params,
                          char text[TUNING_TEXT]);

/* Are the values such as the kernels can have on the device of defaults? */
bool clrelu_tuning_fits(const clrelu_device_params *defaults,
                        const clrelu_device_params *params);

/* Use the tuning that is stored for the context's device, or that is in the
 * program file; without a good one the defaults stay. */
void clrelu_tuning_load(clrelu_context *context);
void clrelu_tuning_take(clrelu_context *context, const clrelu_envelope *file);

/* Is there a place for a tuning? */
clrelu_status clrelu_tuning_check_place(void);

clrelu_status clrelu_tuning_store(const clrelu_context *context,
                                  const clrelu_device_params *params);

#endif
