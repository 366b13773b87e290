/* tap.h - prints results in the Test Anything Protocol
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_TAP_H
#define CLRELU_TESTS_TAP_H

#include <stddef.h>
#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__MINGW32__)
#define TAP_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#elif defined(__GNUC__)
#define TAP_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define TAP_PRINTF(text, first)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One result, by a text of one line; returns condition. */
int ok(int condition, const char *format, ...) TAP_PRINTF(2, 3);

/* A result that cannot be had here, and why. */
void skip(const char *reason, const char *format, ...) TAP_PRINTF(2, 3);

/* A remark of one or more lines. */
void diag(const char *format, ...) TAP_PRINTF(1, 2);

/* Ends the program as failed. */
void bail(const char *format, ...) TAP_PRINTF(1, 2);

/* Memory of zeros, to be freed; ends the program if there is none. */
void *must_alloc(size_t bytes);

/* Prints the plan; returns the program's exit status. */
int done_testing(void);

#ifdef __cplusplus
}
#endif

#endif
