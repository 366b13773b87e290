# count.sh - steps that count as tests
# SPDX-License-Identifier: MIT
# shellcheck shell=bash

passed=0 failed=0 skipped=0

finish() {
    local tail=
    [ $skipped -gt 0 ] && tail=", $skipped skipped"
    echo "$passed passed, $failed failed$tail"
    exit $((failed > 0))
}

# verify TEXT COMMAND...: a step that counts as one test.
verify() {
    if step "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        return 1
    fi
}

# must TEXT COMMAND...: a step without which there is nothing to test.
must() {
    step "$@" && return
    failed=$((failed + 1))
    finish
}
