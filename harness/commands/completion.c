/** sockeye completion: completes commands, options, lessons and checks in bash, zsh and fish, from the table of
 * commands and their help. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "check/registry.h"
#include "commands/help.h"
#include "peer/peer.h"
#include "run/work.h"
#include "sockeye.h"

const char help_completion[] =
    "Prints what makes your shell complete the commands, options, lessons and checks of Sockeye when you press Tab. "
    "Where Sockeye is installed for everybody it is there already. Else put one of these lines where your shell reads "
    "it when it starts:\n"
    "\n"
    "  ~/.bashrc\teval \"$(sockeye completion bash)\"\n"
    "  ~/.zshrc\teval \"$(sockeye completion zsh)\", behind compinit\n"
    "  ~/.config/fish/config.fish\tsockeye completion fish | source\n";

/* What the shells run: "sockeye completion --words WORD...", the last being the one that is to be completed. It prints a
 * line for each possible word, with a tab and what it means; or ":files" or ":folders", which the shell knows itself. */
static const char bash_script[] =
    "# Completes the words of sockeye in bash.\n"
    "_sockeye() {\n"
    "    local line word=$2\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        case $line in\n"
    "        :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
    "        :folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
    "        *) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
    "        esac\n"
    "    done < <(\"$1\" completion --words \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2> /dev/null)\n"
    "}\n"
    "complete -F _sockeye sockeye\n";

static const char zsh_script[] =
    "#compdef sockeye\n"
    "# Completes the words of sockeye in zsh.\n"
    "_sockeye() {\n"
    "    local line\n"
    "    local -a found\n"
    "    for line in \"${(@f)$(\"${(Q)words[1]}\" completion --words \"${(@Q)words[2,CURRENT]}\" 2> /dev/null)}\"; do\n"
    "        case $line in\n"
    "            (:files) _files ;;\n"
    "            (:folders) _files -/ ;;\n"
    "            (?*) found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
    "        esac\n"
    "    done\n"
    "    (( ${#found} == 0 )) || _describe -V sockeye found\n"
    "}\n"
    "if [[ ${funcstack[1]} == _sockeye ]]; then\n"
    "    _sockeye \"$@\"\n"
    "else\n"
    "    compdef _sockeye sockeye\n"
    "fi\n";

static const char fish_script[] =
    "# Completes the words of sockeye in fish.\n"
    "function __sockeye_words\n"
    "    set -l typed (commandline -opc)\n"
    "    set -l word (commandline -ct)\n"
    "    for line in ($typed[1] completion --words $typed[2..-1] \"$word\" 2> /dev/null)\n"
    "        switch $line\n"
    "            case :files\n"
    "                __fish_complete_path \"$word\"\n"
    "            case :folders\n"
    "                __fish_complete_directories \"$word\" ''\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c sockeye -f -k -a '(__sockeye_words)'\n";

/* What was typed, and what is known of it. */
struct typed {
    const struct kit *kit;
    const struct command *command;
    const struct lesson *lesson; /* the first that is named */
    char **words;
    int count;
    const char *current;
    char before[200]; /* what stands before the part of the word that is completed: "--only=", "a,b," */
};

static void offer(const struct typed *typed, const char *word, const char *means)
{
    if (strncmp(word, typed->current, strlen(typed->current)) == 0)
        printf("%s%s\t%s\n", typed->before, word, means);
}

/* Numbers, and names for who has begun to type one. */
static void offer_lessons(const struct typed *typed)
{
    bool by_name = isalpha((unsigned char)typed->current[0]);
    for (int i = 0; i < typed->kit->lessons; i++) {
        const struct lesson *lesson = &typed->kit->lesson[i];
        char number[16];
        snprintf(number, sizeof number, "%d", lesson->number);
        offer(typed, by_name ? lesson->name : number, lesson->title);
    }
}

static void offer_checks_of(const struct typed *typed, const struct lesson *lesson, bool with_number)
{
    const struct check *check = checks_of(lesson->folder);
    for (; check != NULL && strcmp(check->lesson, lesson->folder) == 0; check = check->next) {
        char word[160];
        int begin = with_number ? snprintf(word, sizeof word, "%02d.", lesson->number) : 0;
        snprintf(word + begin, sizeof word - (size_t)begin, "%s", check->name);
        for (char *c = word; *c != '\0'; c++) {
            if (*c == '_')
                *c = '-';
        }
        offer(typed, word, check->title);
    }
}

/* Several may be joined by commas behind an option. Those of all lessons have their lesson's number. */
static void offer_checks(struct typed *typed, bool of_option)
{
    const char *comma = of_option ? strrchr(typed->current, ',') : NULL;
    if (comma != NULL) {
        size_t used = strlen(typed->before);
        snprintf(typed->before + used, sizeof typed->before - used, "%.*s", (int)(comma + 1 - typed->current),
                 typed->current);
        typed->current = comma + 1;
    }
    if (typed->lesson != NULL || of_option)
        offer_checks_of(typed, typed->lesson == NULL ? work_current(typed->kit) : typed->lesson, false);
    for (int i = 0; typed->lesson == NULL && !of_option && i < typed->kit->lessons; i++)
        offer_checks_of(typed, &typed->kit->lesson[i], true);
}

static void offer_commands(const struct typed *typed)
{
    const struct command *command;
    for (int i = 0; (command = command_at(i)) != NULL; i++)
        offer(typed, command->name, command->what);
}

static bool is(const char *word, size_t length, const char *names)
{
    for (; *names != '\0'; names += strcspn(names, " ") + (names[strcspn(names, " ")] != '\0')) {
        if (strcspn(names, " ") == length && strncmp(names, word, length) == 0)
            return true;
    }
    return false;
}

/* What can stand for a word of a usage line: "N", "CHECK", "N|all", "bash|zsh|fish". */
static void offer_for(struct typed *typed, const char *kind, size_t length, bool of_option)
{
    size_t part = strcspn(kind, "|");
    if (part < length) {
        offer_for(typed, kind, part, of_option);
        offer_for(typed, kind + part + 1, length - part - 1, of_option);
    } else if (is(kind, length, "N") && !of_option) {
        offer_lessons(typed);
    } else if (is(kind, length, "CHECK")) {
        offer_checks(typed, of_option);
    } else if (is(kind, length, "COMMAND")) {
        offer_commands(typed);
    } else if (is(kind, length, "WHEN")) {
        offer_for(typed, "always|auto|never", strlen("always|auto|never"), of_option);
    } else if (is(kind, length, "DIR")) {
        puts(":folders");
    } else if (is(kind, length, "FILE RESULT SUBMISSION DB ARGUMENT")) {
        puts(":files");
    } else if (length > 0 && islower((unsigned char)kind[0])) {
        char word[80];
        snprintf(word, sizeof word, "%.*s", (int)length, kind);
        offer(typed, word, "");
    }
}

/* "  --only CHECK": the option's name has *length bytes from the returned place on, its argument stands behind. */
static const char *option_of_label(const char *label, size_t *length, const char **argument)
{
    const char *name = label + strspn(label, " ");
    if (name[0] != '-')
        return NULL;
    *length = strcspn(name, " ");
    *argument = name + *length + strspn(name + *length, " ");
    return name;
}

/* Offers the options of a help text; or, if @p wanted is not NULL, finds the argument of that one: NULL if it is not there. */
static const char *options_of_help(const struct typed *typed, const char *help, const char *wanted)
{
    static struct help_line line;
    while (help != NULL && (help = help_read(help, &line)) != NULL) {
        size_t length;
        const char *argument;
        const char *name = option_of_label(line.label, &length, &argument);
        char word[80];
        if (name == NULL)
            continue;
        snprintf(word, sizeof word, "%.*s", (int)length, name);
        if (wanted != NULL && strcmp(word, wanted) == 0)
            return argument;
        if (wanted == NULL)
            offer(typed, word, line.text);
    }
    return NULL;
}

static const char *options_of_peer(const struct typed *typed, const char *wanted)
{
    bool is_peer = typed->command->run == command_peer && typed->lesson != NULL;
    const struct peer *peer = is_peer ? peer_of(typed->lesson->folder) : NULL;
    for (const struct play_option *option = peer == NULL ? NULL : peer->play->options;
         option != NULL && option->name != NULL; option++) {
        char word[80];
        snprintf(word, sizeof word, "--%s", option->name);
        if (wanted != NULL && strcmp(word, wanted) == 0)
            return option->argument == NULL ? "" : option->argument;
        if (wanted == NULL)
            offer(typed, word, option->what);
    }
    return NULL;
}

/* The argument that an option takes; "" if it takes none, or is not known. */
static const char *argument_of(const struct typed *typed, const char *option)
{
    const char *found = options_of_help(typed, help_common, option);
    if (found == NULL && typed->command != NULL)
        found = options_of_help(typed, typed->command->help, option);
    if (found == NULL && typed->command != NULL)
        found = options_of_peer(typed, option);
    return found == NULL ? "" : found;
}

static void offer_options(const struct typed *typed)
{
    if (typed->command != NULL) {
        options_of_help(typed, typed->command->help, NULL);
        options_of_peer(typed, NULL);
    }
    options_of_help(typed, help_common, NULL);
    offer(typed, "--help", "all about it");
    if (typed->command == NULL)
        offer(typed, "--version", "which Sockeye this is");
}

/* The place in a usage line for the argument of that index: an option of it is none, nor is what it takes. The last one
 * that may be repeated stands for all behind it. */
static const char *place_in_usage(const char *usage, int index, size_t *length)
{
    bool behind_option = false;
    for (const char *word = usage + strcspn(usage, " "); *(word += strspn(word, " ")) != '\0';) {
        size_t whole = strcspn(word, " ");
        const char *begin = word + strspn(word, "[");
        *length = strcspn(begin, " ].");
        bool is_option = begin[0] == '-';
        bool counts = !is_option && !(behind_option && word[0] != '[') && !is(begin, *length, "OPTION");
        if (counts && (index-- == 0 || strncmp(word + whole - 3, "...", 3) == 0))
            return begin;
        behind_option = is_option && memchr(word, ']', whole) == NULL;
        word += whole;
    }
    *length = 0;
    return "";
}

static void offer_argument(struct typed *typed, int index)
{
    size_t length;
    const char *kind = place_in_usage(typed->command->usage, index, &length);
    offer_for(typed, kind, length, false);
}

/* bash takes "--only=x" apart: "--only", "=", "x". */
static void join_words(struct typed *typed)
{
    int kept = 0;
    for (int i = 0; i < typed->count; i++) {
        bool is_sign = strcmp(typed->words[i], "=") == 0;
        if (!is_sign)
            typed->words[kept++] = typed->words[i];
        else if (i == typed->count - 1)
            typed->words[kept++] = "";
    }
    typed->count = kept;
}

static void complete(struct typed *typed)
{
    int index = 0;
    const char *awaiting = "";
    join_words(typed);
    typed->current = typed->count > 0 ? typed->words[typed->count - 1] : "";
    for (int i = 0; i < typed->count - 1; i++) {
        const char *word = typed->words[i];
        bool is_value = *awaiting != '\0';
        awaiting = is_value || word[0] != '-' ? "" : argument_of(typed, word);
        if (is_value || word[0] == '-')
            continue;
        if (typed->command == NULL) {
            typed->command = command_named(word);
            if (typed->command == NULL)
                return; /* no such command: nothing of ours can follow */
            continue;
        }
        if (typed->lesson == NULL)
            typed->lesson = kit_lesson(typed->kit, word);
        index++;
    }
    const char *equals = typed->current[0] == '-' ? strchr(typed->current, '=') : NULL;
    if (equals != NULL) {
        snprintf(typed->before, sizeof typed->before, "%.*s", (int)(equals - typed->current), typed->current);
        awaiting = argument_of(typed, typed->before);
        snprintf(typed->before, sizeof typed->before, "%.*s", (int)(equals + 1 - typed->current), typed->current);
        typed->current = equals + 1;
    }
    size_t length = strlen(awaiting);
    if (length > 0)
        offer_for(typed, awaiting, length, true);
    else if (typed->current[0] == '-')
        offer_options(typed);
    else if (typed->command == NULL)
        offer_commands(typed);
    else
        offer_argument(typed, index);
}

int command_completion(const struct kit *kit, int argc, char *argv[])
{
    static const struct {
        const char *shell;
        const char *script;
    } scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
    if (argc > 1 && strcmp(argv[1], "--words") == 0) {
        complete(&(struct typed){.kit = kit, .words = argv + 2, .count = argc - 2});
        return 0;
    }
    for (size_t i = 0; argc == 2 && i < sizeof scripts / sizeof *scripts; i++) {
        if (strcmp(scripts[i].shell, argv[1]) == 0) {
            fputs(scripts[i].script, stdout);
            return 0;
        }
    }
    return usage_error("completion: for which shell? %s completion bash, zsh or fish", sockeye_name());
}
