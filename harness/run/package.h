/**
 * @file
 * Packages: how what is missing is installed on this machine.
 */
#pragma once

#include <stddef.h>

/** A package as the distributions call it. */
struct package {
    const char *debian;
    const char *fedora;
    const char *arch;
};

/** Writes the command that installs it here; or one a distribution, a line each, if this one is not known. */
void package_command(const struct package *package, char *text, size_t size);
