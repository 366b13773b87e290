/* folder.h - folders that a test makes and removes
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_FOLDER_H
#define CLRELU_TESTS_FOLDER_H

/* Makes a folder and moves into it; returns its path. */
const char *folder_enter(void);

/* Leaves that folder and removes it. */
void folder_leave(void);

/* The name of a file in the folder that has this part, or "". */
void folder_find(const char *path, const char *part, char name[256]);

/* Writes a file of this text. */
void folder_put(const char *path, const char *text);

/* With all that is in it; links are not followed. */
void folder_remove(const char *path);

#endif
