/* cache_folder.c - the cache's folder, or a message why there is none
 * SPDX-License-Identifier: MIT */
#include "core/cache_folder.h"

#include <errno.h>
#include <string.h>

#include "base/os.h"
#include "core/log.h"
#include "store/cache.h"

static const char *explain(int error)
{
    if (error == EPERM)
        return "it must be a folder that nobody else may write";
    return error == ENOENT ? "it cannot be made" : strerror(error);
}

int clrelu_cache_folder(clrelu_context *context, bool create)
{
    char path[CACHE_PATH];
    const int folder = clrelu_cache_open(create), error = errno;

    /* To look a record up does not need a folder. */
    if (folder >= 0 || context->cache_failed || (!create && error == ENOENT))
        return folder;
    context->cache_failed = true;
    if (clrelu_cache_path(path))
        clrelu_log(context, CLRELU_LOG_WARNING, "no cache in %s: %s", path,
                   explain(error));
    else
        clrelu_log(context, CLRELU_LOG_WARNING,
                   "no cache: " CLRELU_OS_CACHE_VARIABLES " name no folder");
    return -1;
}

void clrelu_cache_refused(const clrelu_context *context, const char *name,
                          const char *why)
{
    char path[CACHE_PATH] = "";

    clrelu_cache_path(path);
    clrelu_log(context, CLRELU_LOG_WARNING, "cache entry not used: %s/%s %s",
               path, name, why);
}
