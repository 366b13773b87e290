/* nearest.c - suggestions for mistyped names
 * SPDX-License-Identifier: MIT */
#include "nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/integer.h"

enum { MAX = 32 };

static char normalize(char c)
{
    return (char)(c == '-' ? '_' : tolower((unsigned char)c));
}

/* Damerau-Levenshtein distance, with adjacent transpositions only. */
static size_t distance(const char *a, size_t m, const char *b, size_t n)
{
    size_t d[MAX + 1][MAX + 1];

    for (size_t i = 0; i <= m; i++)
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            const char p = normalize(a[i - 1]), q = normalize(b[j - 1]);
            d[i][j] = min_u64(min_u64(d[i - 1][j], d[i][j - 1]) + 1,
                              d[i - 1][j - 1] + (p != q));
            if (i > 1 && j > 1 && p == normalize(b[j - 2]) &&
                q == normalize(a[i - 2]))
                d[i][j] = min_u64(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[m][n];
}

void nearest_start(nearest *n, const char *word)
{
    *n = (nearest){.word = word, .length = strcspn(word, "=")};
    n->distance = (n->length + 2) / 4 + 1;
}

void nearest_try(nearest *n, const char *name)
{
    const size_t length = strlen(name);

    if (n->length > MAX || length > MAX)
        return;
    const size_t d = distance(n->word, n->length, name, length);
    if (d < n->distance) {
        n->best = name;
        n->distance = d;
    } else if (d == n->distance) {
        n->best = NULL;
    }
}

const char *nearest_hint(nearest *n, const char *prefix)
{
    if (n->best)
        snprintf(n->hint, sizeof(n->hint), " (did you mean '%s%s'?)", prefix,
                 n->best);
    return n->hint;
}
