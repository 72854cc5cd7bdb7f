/** sockeye peer: plays the other end of a lesson, to talk to by hand. */
#include "peer/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/arguments.h"
#include "commands/help.h"
#include "sockeye.h"

const char help_peer[] =
    "Plays the other end of lesson N on this machine's loopback: a server for your client, clients for your server. "
    "It says what to type in another terminal, and then tells all that comes and goes, until Ctrl-C. Options "
    "make it behave as badly as peers may. sockeye peer N --help lists those of a lesson.\n";

static int say_options(const struct lesson *lesson, const struct peer *peer)
{
    char text[3000];
    int used = snprintf(text, sizeof text, "%s %s.\n\n", "The other end of this lesson:", peer->what);
    for (const struct play_option *option = peer->play->options; option->name != NULL; option++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "  --%s%s%s\t%s\n", option->name,
                         option->argument == NULL ? "" : " ", option->argument == NULL ? "" : option->argument,
                         option->what);
    }
    printf("%s peer %d [OPTION]...\n\n", sockeye_name(), lesson->number);
    help_print(text);
    return 0;
}

static const struct play_option *option_named(const struct peer *peer, const char *name, size_t length, int *index)
{
    for (*index = 0; peer->play->options[*index].name != NULL; ++*index) {
        const struct play_option *option = &peer->play->options[*index];
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

static bool is_number(const char *text, long most)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value >= 1 && value <= most;
}

/* "--port 7777", "--port=7777" or "--dribble"; returns how many words it took, 0 after an error. */
static int take_option(const struct lesson *lesson, struct peer *peer, char *argv[])
{
    const char *me = sockeye_name();
    const char *word = argv[0];
    size_t length = strcspn(word, "=");
    int index;
    const struct play_option *option = NULL;
    if (strncmp(word, "--", 2) == 0)
        option = option_named(peer, word + 2, length - 2, &index);
    if (option == NULL) {
        usage_error("peer %d does not know '%s': %s peer %d --help", lesson->number, word, me, lesson->number);
        return 0;
    }
    const char *value = word[length] == '=' ? word + length + 1 : NULL;
    int words = 1;
    if (option->argument == NULL && value != NULL) {
        usage_error("--%s takes nothing behind it, so what is '%s'?", option->name, value);
        return 0;
    }
    if (option->argument != NULL && value == NULL) {
        value = argv[1];
        words = 2;
    }
    if (option->argument != NULL && value == NULL) {
        usage_error("--%s wants %s behind it: %s peer %d --help", option->name, option->argument, me, lesson->number);
        return 0;
    }
    if (value != NULL && option->most > 0 && !is_number(value, option->most)) {
        usage_error("--%s takes a number from 1 to %ld, not '%s'", option->name, option->most, value);
        return 0;
    }
    peer->given[index] = value == NULL ? "" : value;
    return words;
}

int command_peer(const struct kit *kit, int argc, char *argv[])
{
    const struct lesson *lesson = argument_lesson(kit, argc < 2 ? argc : 2, argv, 1);
    if (lesson == NULL)
        return EXIT_USAGE;
    struct peer *peer = peer_of(lesson->folder);
    if (peer == NULL)
        return refusal("lesson %d has no peer to talk to by hand: nc and socat can play one", lesson->number);
    peer->sockeye = sockeye_name();
    for (int i = 2; i < argc;) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return say_options(lesson, peer);
        int words = take_option(lesson, peer, argv + i);
        if (words == 0)
            return EXIT_USAGE;
        i += words;
    }
    if (peer_option(peer, "flood") != NULL && peer_option(peer, "dribble") != NULL)
        return usage_error("--flood and --dribble are one too many: 64 MiB take long a byte at a time");
    return peer->play->run(peer);
}
