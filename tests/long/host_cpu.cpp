/* host_cpu.cpp - hides features of this CPU from PoCL
 * SPDX-License-Identifier: MIT
 *
 * LD_PRELOADed, it answers for LLVM 15: with HOST_CPU_HIDES=avx512 the CPU has
 * AVX2 at most, with HOST_CPU_HIDES=avx,fma,f16c SSE4.2.  These are prefixes of
 * LLVM's names of features.  By the features PoCL 3.1 chooses the CPU that it
 * compiles for. */
#define LLVM_DISABLE_ABI_BREAKING_CHECKS_ENFORCING 1
#include <llvm/ADT/StringMap.h>
#include <llvm/Support/Host.h>

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

static bool is_hidden(llvm::StringRef feature)
{
    const char *prefix = std::getenv("HOST_CPU_HIDES");

    while (prefix && *prefix) {
        const std::size_t length = std::strcspn(prefix, ",");
        if (feature.startswith(llvm::StringRef(prefix, length)))
            return true;
        prefix += length + (prefix[length] == ',');
    }
    return false;
}

/* The symbol of the function below. */
static const char name[] =
    "_ZN4llvm3sys18getHostCPUFeaturesERNS_9StringMapIbNS_15MallocAllocatorEEE";

bool llvm::sys::getHostCPUFeatures(StringMap<bool> &features)
{
    void *library = dlopen("libLLVM-15.so.1", RTLD_LAZY | RTLD_NOLOAD);
    void *symbol = library ? dlsym(library, name) : nullptr;

    if (!symbol ||
        !reinterpret_cast<decltype(getHostCPUFeatures) *>(symbol)(features))
        return false;
    for (auto &feature : features)
        if (is_hidden(feature.getKey()))
            feature.setValue(false);
    return true;
}
