/* shape_text.c - shapes that are written as text
 * SPDX-License-Identifier: MIT */
#include "shape_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

enum { TEXT = 256 };

/* The numbers of a list; text is then behind it and a space. */
static size_t read_list(const char **text, long long numbers[SHAPE_TEXT_AXES])
{
    const char *c = *text;
    size_t count = 0;

    if (*c == '-' && (c[1] == ' ' || !c[1])) {
        *text = c + 1 + (c[1] == ' ');
        return 0;
    }
    for (;; c++) {
        char *end;
        numbers[count++] = strtoll(c, &end, 10);
        c = end;
        if (*c != ',')
            break;
    }
    *text = c + (*c == ' ');
    return count;
}

/* The list behind a word, if it is there. */
static size_t read_after(const char *word, const char **text,
                         long long numbers[SHAPE_TEXT_AXES])
{
    const size_t length = strlen(word);

    if (strncmp(*text, word, length) != 0)
        return 0;
    *text += length;
    return read_list(text, numbers);
}

clrelu_shape shape_text_read(const char *text, struct shape_text *s)
{
    long long numbers[SHAPE_TEXT_AXES];
    const size_t rank = read_list(&text, numbers);

    for (size_t i = 0; i < rank; i++)
        s->dims[i] = (size_t)numbers[i];
    const size_t shared = read_after("shared ", &text, numbers);
    for (size_t i = 0; i < shared; i++)
        s->axes[i] = (int)numbers[i];
    clrelu_shape shape = reference_shape(rank, s->dims, shared, s->axes);
    if (strncmp(text, "alpha ", 6) == 0) {
        shape.alpha_rank = read_after("alpha ", &text, numbers);
        for (size_t i = 0; i < shape.alpha_rank; i++)
            s->alpha_dims[i] = (size_t)numbers[i];
        shape.alpha_dims = s->alpha_dims;
    }
    return shape;
}

/* A word and a list of dims, or of axes. */
static void add_list(char *text, const char *word, size_t count,
                     const size_t *dims, const int *axes)
{
    size_t used = strlen(text);

    used += (size_t)snprintf(text + used, TEXT - used, "%s%s", word,
                             count ? "" : "-");
    for (size_t i = 0; i < count && used < TEXT; i++)
        used +=
            (size_t)snprintf(text + used, TEXT - used, "%s%zu", i ? "," : "",
                             axes ? (size_t)axes[i] : dims[i]);
}

const char *shape_text_of(const clrelu_shape *s)
{
    static char text[TEXT];

    text[0] = '\0';
    add_list(text, "", s->rank, s->dims, NULL);
    if (s->shared_count > 0)
        add_list(text, " shared ", s->shared_count, NULL, s->shared_axes);
    if (s->alpha_layout)
        add_list(text, " alpha ", s->alpha_rank, s->alpha_dims, NULL);
    return text;
}
