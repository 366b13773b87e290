/* commands.h - the subcommands
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_COMMANDS_H
#define CLRELU_CLI_COMMANDS_H

#include "failure.h"
#include "options.h"
#include "program_options.h"

bool run(const options *o, failure *f); /* forward and backward */
bool plot(const options *o, failure *f);
bool devices(const options *o, failure *f);
bool explain(const options *o, failure *f);
bool source(const options *o, failure *f);

bool compile(const program_options *o, failure *f);
bool pack(const program_options *o, failure *f);
bool cache(const program_options *o, failure *f);
bool tune(const program_options *o, failure *f);

/* From help/. */
extern const char clrelu_help[], forward_help[], backward_help[], plot_help[],
    devices_help[], explain_help[], source_help[], compile_help[], pack_help[],
    cache_help[], tune_help[];

#endif
