#define _GNU_SOURCE
#include "look/groups.h"

#include <stdio.h>
#include <string.h>

static const char *const path = "/proc/net/igmp";

/* An interface has a line of its own, and behind it an indented one for each group: the address stands there as a number
   of the machine's own order. */
bool groups_find(bool (*visit)(const struct membership *membership, void *context), void *context)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    char line[256];
    bool found = false;
    struct membership membership = {0};
    while (!found && fgets(line, sizeof line, file) != NULL) {
        unsigned int group;
        if (line[0] != '\t') {
            if (sscanf(line, "%d %15[^ :\t]", &membership.index, membership.interface) != 2)
                membership.index = 0;
        } else if (sscanf(line, " %8x %d", &group, &membership.users) == 2) {
            membership.group.s_addr = group;
            found = visit(&membership, context);
        }
    }
    fclose(file);
    return found;
}

static bool is_same(const struct membership *membership, void *context)
{
    struct membership *wanted = context;
    if (membership->index != wanted->index || membership->group.s_addr != wanted->group.s_addr)
        return false;
    *wanted = *membership;
    return true;
}

static bool is_any(const struct membership *membership, void *context)
{
    (void)membership;
    (void)context;
    return true;
}

int groups_users(int index, struct in_addr group)
{
    struct membership wanted = {.index = index, .group = group};
    if (groups_find(is_same, &wanted))
        return wanted.users;
    return groups_find(is_any, NULL) ? 0 : -1; /* each interface that is up is a member of 224.0.0.1 */
}
