#!/bin/sh
# simulator.sh - a test program under Oclgrind, whose log must stay empty
# SPDX-License-Identifier: MIT
#
# Oclgrind's exit status says nothing of what it found.  Its search for
# unwritten memory does not know an instruction that its optimizer makes.
icd=/usr/lib/oclgrind/liboclgrind-rt-icd.so
if [ ! -e $icd ]; then
    echo '1..0 # SKIP no Oclgrind'
    exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export OCL_ICD_VENDORS=$icd OCLGRIND_LOG=$log OCLGRIND_DATA_RACES=1 \
    OCLGRIND_UNINITIALIZED=1 OCLGRIND_CHECK_API=1 \
    OCLGRIND_BUILD_OPTIONS=-cl-opt-disable
"$@" || exit
if [ -s "$log" ]; then
    echo 'Bail out! Oclgrind complains'
    head -n 100 "$log" | sed 's/^/# /'
    exit 1
fi
