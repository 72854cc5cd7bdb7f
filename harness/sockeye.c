/**
 * @file
 * main: the table of commands.
 */
#include "sockeye.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "run/grade.h"

static command_function command_help;

static const struct {
    const char *name;
    command_function *run;
    const char *usage;
    const char *what;
} commands[] = {
    {"board", command_board, "[board]", "the lessons, your points, and what is next"},
    {"check", command_check, "check [N|all]… [options]", "build and grade your programs"},
    {"help", command_help, "help", "this text"},
};

static int command_help(const struct kit *kit, int argc, char *argv[])
{
    (void)kit;
    (void)argc;
    (void)argv;
    puts("Sockeye teaches socket programming in C: you write the program, it plays the other end.\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  sockeye %-26s %s\n", commands[i].usage, commands[i].what);
    return 0;
}

static void complain(const char *format, va_list list)
{
    fflush(stdout);
    fputs("sockeye: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
}

int usage_error(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    complain(format, list);
    va_end(list);
    return EXIT_USAGE;
}

int fault_error(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    complain(format, list);
    va_end(list);
    return EXIT_FAULT;
}

int main(int argc, char *argv[])
{
    static struct kit kit;
    const char *problem;
    const char *name = argc < 2 ? "board" : argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0) {
        printf("sockeye %s\n", kit_version());
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        if (kit_find(&kit, &problem) == -1)
            return fault_error("%s", problem);
        return commands[i].run(&kit, argc < 2 ? 0 : argc - 1, argv + 1);
    }
    return usage_error("there is no command '%s': see sockeye help", name);
}
