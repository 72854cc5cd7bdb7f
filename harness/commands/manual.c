/** sockeye help --man: the manual page, sockeye(1), from the same table and texts as the help. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/help.h"
#include "run/grade.h"
#include "sockeye.h"

enum { COLUMNS = 78 };

/* Prints words as they are: what roff would take for its own is escaped. */
static void print_words(const char *words, int length)
{
    if (length > 0 && (words[0] == '.' || words[0] == '\''))
        fputs("\\&", stdout);
    for (int i = 0; i < length; i++) {
        if (words[i] == '\\')
            fputs("\\e", stdout);
        else if (words[i] == '-' && (i == 0 || words[i - 1] == ' ' || words[i - 1] == '-' || words[i - 1] == '['))
            fputs("\\-", stdout); /* an option's, to be copied */
        else
            putchar(words[i]);
    }
}

/* A line ends with a sentence, so that roff knows where that is, or where it would get long. */
static void print_paragraph(const char *text)
{
    int columns = 0;
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        bool ends = length > 0 && text[length - 1] == '.';
        print_words(text, length);
        columns += length + 1;
        text += length + (text[length] == ' ');
        ends = ends || *text == '\0' || columns + (int)strcspn(text, " ") > COLUMNS;
        putchar(ends ? '\n' : ' ');
        columns = ends ? 0 : columns;
    }
}

/* Labels and what they mean as a list, paragraphs as such. */
static void print_help(const char *help)
{
    struct help_line line;
    bool in_list = false;
    bool first = true;
    while ((help = help_read(help, &line)) != NULL) {
        bool is_item = line.label[0] != '\0';
        if (line.text[0] == '\0')
            continue;
        if (is_item && !in_list)
            puts(first ? ".Bl -tag -width 16n -compact" : ".Pp\n.Bl -tag -width 16n -compact");
        if (!is_item && in_list)
            puts(".El");
        in_list = is_item;
        if (is_item) {
            const char *label = line.label + strspn(line.label, " ");
            fputs(".It ", stdout);
            print_words(label, (int)strlen(label));
            putchar('\n');
        } else if (!first) {
            puts(".Pp");
        }
        first = false;
        print_paragraph(line.text);
    }
    if (in_list)
        puts(".El");
}

static void print_date(void)
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    static const char built[] = __DATE__; /* "Jan  2 2026"; compilers take it from SOURCE_DATE_EPOCH if it is set */
    for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
        if (strncmp(built, months[i], 3) == 0)
            printf(".Dd %s %d, %s\n", months[i], atoi(built + 4), built + 7);
    }
}

static void print_commands(void)
{
    const struct command *command;
    for (int i = 0; (command = command_at(i)) != NULL; i++) {
        printf(".Ss sockeye ");
        print_words(command->usage, (int)strlen(command->usage));
        puts("\\&"); /* else a bracket at the end would be taken for punctuation */
        if (command->help != NULL) {
            print_help(command->help);
        } else {
            printf("Shows %s.\n", command->what);
        }
    }
}

void manual_print(void)
{
    print_date();
    printf(".Dt SOCKEYE 1\n.Os \"Sockeye %s\"\n"
           ".Sh NAME\n.Nm sockeye\n.Nd teaches socket programming in C\n"
           ".Sh SYNOPSIS\n.Nm\n.Op Ar COMMAND Op Ar ARGUMENT ...\n"
           ".Sh DESCRIPTION\n",
           kit_version());
    print_help(help_intro);
    puts(".Pp");
    print_help(help_arguments);
    puts(".Sh COMMANDS");
    print_commands();
    puts(".Sh OPTIONS\nEvery command takes:\n.Pp");
    print_help(help_common);
    puts(".Sh ENVIRONMENT");
    print_help(help_environment);
    puts(".Sh EXAMPLES\n"
         "The first lesson, from its skeleton to full marks:\n"
         ".Bd -literal -offset indent\n"
         "sockeye start 1\nsockeye check 1\nsockeye hint 1\nsockeye solution 1\n"
         ".Ed\n"
         ".Pp\n"
         "The programs of a student, graded:\n"
         ".Bd -literal -offset indent\n"
         "sockeye check all \\-\\-work DIR \\-\\-json result.json\n"
         ".Ed\n"
         ".Sh SEE ALSO\n"
         ".Xr bwrap 1 ,\n.Xr cc 1 ,\n.Xr nc 1 ,\n.Xr strace 1 ,\n.Xr valgrind 1 ,\n"
         ".Xr socket 2 ,\n.Xr ip 7 ,\n.Xr socket 7 ,\n.Xr tcp 7 ,\n.Xr udp 7");
}
