#!/bin/sh
# style.sh - what a machine can say about the looks of the sources
# SPDX-License-Identifier: MIT
cd "$(dirname "$0")/.." || exit 2

bad=0
# complain WHAT: fails if there are lines on its input, and shows them.
complain() {
    lines=$(cat)
    [ -z "$lines" ] && return
    echo "$1:"
    echo "$lines" | sed 's/^/    /'
    bad=1
}

sources=$(find . \( -name '.git' -o -path './build*' -o -name __pycache__ \) \
    -prune -o -type f \( -name '*.[ch]' -o -name '*.cl' -o -name '*.[ch]pp' \
    -o -name '*.py' -o -name '*.sh' -o -name meson.build -o -name check \
    -o -name quickstart -o -path './.ci/run' \) -print | sort)
c_sources=$(echo "$sources" | grep -E '\.(c|h|cpp|hpp)$')
tab=$(printf '\t')

complain 'tab' <<END
$(grep -n "$tab" $sources)
END
complain 'space at the end of a line' <<END
$(grep -n ' $' $sources)
END
complain 'no line feed at the end' <<END
$(for f in $sources; do [ -z "$(tail -c 1 "$f")" ] || echo "$f"; done)
END
complain 'no SPDX-License-Identifier in the first lines' <<END
$(for f in $sources; do
    head -n 4 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f"
done)
END
# In UTF-8 a character is a byte that does not continue one.
complain 'more than 80 columns' <<END
$(echo "$sources" | grep -E '\.(c|h|cl|cpp|hpp)$' | LC_ALL=C xargs awk '
    { line = $0; gsub(/[\200-\277]/, "", line) }
    length(line) > 80 { print FILENAME ":" FNR }')
END
if command -v clang-format-14 >/dev/null; then
    complain 'not as clang-format-14 would have it' <<END
$(clang-format-14 --dry-run -Werror $c_sources 2>&1 |
    grep -o '^[^ ]*:[0-9]*:[0-9]*: error' | sort -u | head -n 20)
END
fi
complain 'a cycle, or an arrow against the order of the folders of src' <<END
$(python3 tests/structure.py src)
END
complain 'a kernel file that takes too many names to read' <<END
$(python3 tests/names.py)
END
complain 'a function with too many parameters' <<END
$(python3 tests/parameters.py)
END
complain 'a private word, and the one for it' <<END
$(sh tests/words.sh)
END
exit $bad
