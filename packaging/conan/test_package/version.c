/* version.c - header and library are of one version
 * SPDX-License-Identifier: MIT */
#include <clrelu.h>
#include <stdio.h>

int main(void)
{
    printf("clrelu %s\n", clrelu_version());
    return clrelu_version_number() != CLRELU_VERSION;
}
