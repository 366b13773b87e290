#!/bin/sh
# planted.sh - the sweep finds the bugs that were put into copies of the library
# SPDX-License-Identifier: MIT
#
# planted.sh LAYER (PROGRAM SCENARIO COMPLAINT)...
layer=$1 count=0 bad=0
shift
while [ $# -gt 0 ]; do
    count=$((count + 1))
    said=$("$1" "$layer" "$2" 2>&1)
    if [ $? != 0 ] && echo "$said" | grep -q "^# .*$3"; then
        echo "ok $count - $(basename "$1"): $3"
    else
        echo "not ok $count - $(basename "$1"): $3"
        echo "$said" | sed 's/^/# /'
        bad=1
    fi
    shift 3
done
echo "1..$count"
exit $bad
