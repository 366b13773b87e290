# tap.sh - steps of a script as TAP, in a folder of their own
# SPDX-License-Identifier: MIT
# shellcheck shell=bash

count=0
work=$(mktemp -d)
trap 'rm -rf "$work" "${log-}"' EXIT
bin=$work/venv/bin

# verify TEXT COMMAND...
verify() {
    local text=$1 not='not '
    shift
    "$@" >"$work/log" 2>&1 && not=
    count=$((count + 1))
    echo "${not}ok $count - $text"
    [ -z "$not" ] || sed 's/^/# /' "$work/log"
}

skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

finish_tap() {
    echo "1..$count"
}

# venv PACKAGE...: in $bin; fails where pip reaches no packages.
venv() {
    python3 -m venv "$work/venv" >"$work/log" 2>&1 &&
        "$bin/pip" install -q "$@" >"$work/log" 2>&1
}
