/* cache_folder.h - the cache's folder, or a message why there is none
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CORE_CACHE_FOLDER_H
#define CLRELU_CORE_CACHE_FOLDER_H

#include "core/context.h"

/* clrelu_cache_open.  The first failure of a context is logged. */
int clrelu_cache_folder(clrelu_context *context, bool create);

/* Logs that an entry is not used. */
void clrelu_cache_refused(const clrelu_context *context, const char *name,
                          const char *why);

#endif
