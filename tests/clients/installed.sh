# installed.sh - an installed copy, as somebody uses it who has no sources
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Every way to build ends in the README's example, whose text says what it
# prints.  For scripts that have scripts/count.sh.

# installed [PREFIX]: without one, where the system's packages are.
installed() {
    local outside prefix=${1:-} text
    local -x PKG_CONFIG_PATH=${prefix:+$prefix/lib/pkgconfig}
    local -x CMAKE_PREFIX_PATH=$prefix
    local -x LD_LIBRARY_PATH=${prefix:+$prefix/lib}
    outside=$(mktemp -d)
    local -x XDG_CACHE_HOME=$outside
    python3 tests/clients/readme.py README.md "$outside/example.c"
    cp "$outside/example.c" "$outside/example.cpp"
    cp tests/clients/installed/* "$outside"
    for text in 'the header as C99 and as C++:strict_header' \
        'C, by pkg-config:by_cc' 'C++, by pkg-config:by_cxx' \
        'static, by pkg-config:by_cc_static' 'CMake, both libraries:by_cmake' \
        'CMake, moved, the static library alone:by_cmake_static' \
        'Meson, by pkg-config:by_meson' 'Meson, as a wrap:by_wrap' \
        'the command line:by_hand'; do
        verify "installed: ${text%:*}" "${text##*:}" "$outside" "$prefix"
    done
    rm -r "$outside"
}

# prints PROGRAM [static]: what README.md says; how it is linked.
prints() {
    local printed linked=shared
    printed=$("$1") && grep -F "/* $printed */" README.md || return
    readelf -d "$1" | grep -q 'NEEDED.*libclrelu' || linked=static
    [ $linked = "${2:-shared}" ] || {
        echo "$1 is linked as $linked, must be ${2:-shared}"
        return 1
    }
}

strict_header() {
    local compiler strict='-Wall -Wextra -Wpedantic -Wconversion -Werror
        -fsyntax-only'
    printf '#include <clrelu.h>\nint main(void) { return 0; }\n' >"$1/header.c"
    for compiler in 'gcc -std=c99' 'clang -std=c99' 'g++ -std=c++98 -xc++' \
        'clang++ -std=c++11 -xc++'; do
        command -v "${compiler%% *}" || continue
        $compiler $strict $(pkg-config --cflags clrelu) "$1/header.c" || return
    done
    printf '#include <clrelu.hpp>\nint main() {}\n' >"$1/header.cpp"
    for compiler in g++ clang++; do
        command -v $compiler || continue
        $compiler -std=c++17 $strict $(pkg-config --cflags clrelu) \
            "$1/header.cpp" || return
    done
}

by_cc() {
    cc "$1/example.c" -o "$1/by_cc" $(pkg-config --cflags --libs clrelu) &&
        prints "$1/by_cc"
}

# C++ takes no address of a value, and the fields of a struct by name from
# C++20 on.
by_cxx() {
    local params='clrelu_context_params params = {.queue = queue};'
    local exec='clrelu_exec exec = {.queue = queue};'
    sed -i -e "s/^ *clrelu_context \*relu;/&\n$params\n$exec/" \
        -e 's/&(clrelu_context_params){[^}]*}/\&params/' \
        -e 's/&(clrelu_exec){[^}]*}/\&exec/' "$1/example.cpp"
    c++ -std=c++20 "$1/example.cpp" -o "$1/by_cxx" \
        $(pkg-config --cflags --libs clrelu) && prints "$1/by_cxx"
}

# The linker takes the shared library where it sees both.  Dense layers, which
# the example leaves in the archive, need CLBlast.
by_cc_static() {
    local libs
    libs=$(pkg-config --static --libs clrelu) || return
    cc "$1/example.c" -o "$1/by_cc_static" $(pkg-config --cflags clrelu) \
        -Wl,-u,clrelu_dense_forward \
        ${libs/-lclrelu/-Wl,-Bstatic -lclrelu -Wl,-Bdynamic} &&
        prints "$1/by_cc_static" static
}

# cmake_build SOURCE FOLDER [OPTION...]
cmake_build() {
    cmake -G Ninja -S "$1" -B "$2" "${@:3}" && cmake --build "$2"
}

by_cmake() {
    cmake_build "$1" "$1/cmake" && prints "$1/cmake/example" &&
        prints "$1/cmake/example_static" static
}

by_cmake_static() {
    local moved=$1/moved libdir
    libdir=$(pkg-config --variable=libdir clrelu) || return
    local below=$moved/${libdir#"$(pkg-config --variable=prefix clrelu)/"}
    mkdir -p "$below/cmake" "$moved/include" &&
        cp -r "$libdir/cmake/clrelu" "$below/cmake" &&
        cp "$libdir/libclrelu.a" "$below" &&
        cp -r "$(pkg-config --variable=includedir clrelu)"/clrelu{.h,} \
            "$moved/include" &&
        cmake_build "$1" "$1/cmake-static" -DCMAKE_PREFIX_PATH="$moved" &&
        grep "^clrelu_DIR:PATH=$moved" "$1/cmake-static/CMakeCache.txt" &&
        prints "$1/cmake-static/example" static
}

by_meson() {
    meson setup --wrap-mode=nofallback "$1/meson" "$1" &&
        ninja -C "$1/meson" && prints "$1/meson/example"
}

# Linked first with the one library and then with the other.
by_wrap() {
    local wrap=$1/wrap/subprojects build=$1/wrap/build
    mkdir -p "$wrap/packagefiles"
    cp tests/clients/installed/meson.build "$1/example.c" "$1/wrap"
    tar -czf "$wrap/packagefiles/clrelu.tar.gz" --transform 's,^,clrelu/,' \
        include src cl meson.build meson_options.txt
    printf '%s\n' '[wrap-file]' 'directory = clrelu' \
        'source_filename = clrelu.tar.gz' >"$wrap/clrelu.wrap"
    meson setup --wrap-mode=forcefallback "$build" "$1/wrap" &&
        ninja -C "$build" && prints "$build/example" &&
        meson configure -Dclrelu:default_library=static "$build" &&
        ninja -C "$build" && prints "$build/example" static
}

by_hand() {
    local clrelu=${2:-/usr}/bin/clrelu
    [ "$($clrelu --version)" = "clrelu $(pkg-config --modversion clrelu)" ] &&
        "$clrelu" devices &&
        grep -q clrelu_bf16_elu_grad16 \
            "$(pkg-config --variable=includedir clrelu)/clrelu/clrelu.clh" &&
        "$clrelu" forward elu -i examples/data/digits.npy -o "$1/elu.npy" &&
        [ "$(stat -c %s "$1/elu.npy")" = $((128 + 4 * 1797 * 64)) ]
}
