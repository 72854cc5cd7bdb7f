#include "peer/peer.h"

#include <stdlib.h>

static struct peer *first;

void peer_register(struct peer *peer)
{
    peer->next = first;
    first = peer;
}

struct peer *peer_of(const char *lesson)
{
    struct peer *peer = first;
    while (peer != NULL && strcmp(peer->lesson, lesson) != 0)
        peer = peer->next;
    return peer;
}

const char *peer_option(const struct peer *peer, const char *name)
{
    for (int i = 0; peer->play->options[i].name != NULL; i++) {
        if (strcmp(peer->play->options[i].name, name) == 0)
            return peer->given[i];
    }
    return NULL;
}

int peer_number(const struct peer *peer, const char *name)
{
    const char *given = peer_option(peer, name);
    return given == NULL ? 0 : atoi(given);
}
