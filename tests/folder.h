/* folder.h - removes a folder that a test has made
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_FOLDER_H
#define CLRELU_TESTS_FOLDER_H

/* With all that is in it; links are not followed. */
void folder_remove(const char *path);

#endif
