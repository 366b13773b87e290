/* test_header_cpp.cpp - the header and its test are C++ as well
 * SPDX-License-Identifier: MIT */
#include "test_header.c"
