# common.sh - what quickstart and check share: packages, steps, the build
# SPDX-License-Identifier: MIT
# shellcheck shell=bash

# The distribution's tools first: they fit the packages installed below.
export PATH=/usr/bin:/bin:$PATH

needed=(gcc libc6-dev meson ninja-build pkg-config python3 opencl-headers
    ocl-icd-opencl-dev pocl-opencl-icd libclblast-dev libxxhash-dev
    gnuplot-nox fonts-dejavu-core)

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# step TEXT COMMAND...: one line, and what the command printed if it fails.
step() {
    local text=$1 start=$SECONDS
    shift
    [ -t 1 ] && printf '  %s ...\r' "$text"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf '✓ %-50s %4d s\n' "$text" $((SECONDS - start))
    else
        printf '✗ %-50s %4d s\n' "$text" $((SECONDS - start))
        grep -v -E '^\[[0-9]+/[0-9]+\] ' "$log"
        return 1
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "This needs root or sudo: $*"
        return 1
    fi
}

# install PACKAGE...: asks the network for nothing when all are there.
install() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then
        echo "Not Debian or Ubuntu; trusting that there are: $*"
        return 0
    fi
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>&1) in
        installed*) ;;
        *) missing+=("$package") ;;
        esac
    done
    [ ${#missing[@]} = 0 ] && return 0
    echo "Installing: ${missing[*]}"
    as_root apt-get -q update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=300 --no-install-recommends \
        install "${missing[@]}"
}

# configure FOLDER [OPTION...]: once.
configure() {
    local output
    [ -f "$1/build.ninja" ] || output=$(meson setup "$@" 2>&1) || {
        echo "$output"
        return 1
    }
}

# PoCL finds no device where it can keep no cache.
pocl_cache() {
    local cache=${XDG_CACHE_HOME:-${HOME:-/dev/null}/.cache}
    if mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ]; then
        return
    fi
    export POCL_CACHE_DIR=${POCL_CACHE_DIR:-$PWD/build/pocl-cache}
    mkdir -p "$POCL_CACHE_DIR"
}
