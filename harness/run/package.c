#include "run/package.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum family { UNKNOWN, DEBIAN, FEDORA, ARCH };

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length) {
        bool begins = at == words || strchr(" \"='", at[-1]) != NULL;
        bool ends = strchr(" \"'\n", at[length]) != NULL; /* NUL counts, too */
        if (begins && ends)
            return true;
    }
    return false;
}

/* os-release(5): ID is the distribution, ID_LIKE those that it comes from. */
static enum family this_family(void)
{
    FILE *file = fopen("/etc/os-release", "re");
    char line[300];
    enum family family = UNKNOWN;
    while (file != NULL && family == UNKNOWN && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "ID=", 3) != 0 && strncmp(line, "ID_LIKE=", 8) != 0)
            continue;
        if (has_word(line, "debian") || has_word(line, "ubuntu"))
            family = DEBIAN;
        else if (has_word(line, "fedora") || has_word(line, "rhel"))
            family = FEDORA;
        else if (has_word(line, "arch"))
            family = ARCH;
    }
    if (file != NULL)
        fclose(file);
    return family;
}

void package_command(const struct package *package, char *text, size_t size)
{
    const char *sudo = geteuid() == 0 ? "" : "sudo ";
    switch (this_family()) {
    case DEBIAN: snprintf(text, size, "%sapt install %s", sudo, package->debian); break;
    case FEDORA: snprintf(text, size, "%sdnf install %s", sudo, package->fedora); break;
    case ARCH: snprintf(text, size, "%spacman -S %s", sudo, package->arch); break;
    default:
        snprintf(text, size, "Debian, Ubuntu: apt install %s\nFedora: dnf install %s\nArch: pacman -S %s",
                 package->debian, package->fedora, package->arch);
    }
}
