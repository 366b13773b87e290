/* expect.h - a call that must fail, and with what
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_EXPECT_H
#define CLRELU_TESTS_EXPECT_H

#include <string.h>

#include "clrelu.h"
#include "tap.h"

/* One line: got is status, and the text has this word in it. */
static inline void expect(clrelu_status got, clrelu_status status,
                          const char *word, const char *what)
{
    const int good = got == status && strstr(clrelu_error(), word);

    ok(good, "%s: %s", what, clrelu_status_name(status));
    if (!good)
        diag("got %s: %s; wanted \"%s\" in it", clrelu_status_name(got),
             clrelu_error(), word);
}

/* A text that a function must refuse, and how. */
struct invalid_text {
    const char *text;
    clrelu_status status;
    const char *word;
};

static inline void expect_invalid(clrelu_status got,
                                  const struct invalid_text *r)
{
    expect(got, r->status, r->word, r->text[0] ? r->text : "no text");
}

/* Ends the program on failure. */
static inline void must_succeed(clrelu_status status)
{
    if (status)
        bail("%s: %s", clrelu_status_name(status), clrelu_error());
}

static inline void expect_ok(clrelu_status got, const char *what)
{
    if (!ok(got == CLRELU_OK, "%s", what))
        diag("got %s: %s", clrelu_status_name(got), clrelu_error());
}

#endif
