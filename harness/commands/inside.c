#define _GNU_SOURCE
#include "commands/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "check/debugger.h"
#include "check/registry.h"
#include "record/result.h"
#include "sockeye.h"

/* Both are about one conversation. */
static int wants_one_check(const char *option, const struct plan *plan)
{
    if (plan->lessons == 1 && plan->only[0] != NULL && plan->only[1] == NULL)
        return 0;
    return usage_error("%s is for one check of one lesson: name it with --only CHECK", option);
}

static bool has_program(const struct lesson *lesson, const char *name)
{
    for (int i = 0; i < lesson->programs; i++) {
        if (strcmp(lesson->program[i], name) == 0)
            return true;
    }
    return *name == '\0'; /* the first that is run */
}

int inside_wrong(const struct inside *inside, const struct plan *plan)
{
    const char *option = inside->debug != NULL ? "--debug" : "--pcap";
    int wrong = inside->debug != NULL || inside->pcap != NULL ? wants_one_check(option, plan) : 0;
    if (wrong != 0 || inside->debug == NULL)
        return wrong;
    const struct lesson *lesson = plan->lesson[0];
    if (check_named(lesson->folder, plan->only[0])->memcheck)
        return usage_error("--debug: this check runs the program in valgrind, where gdb can't stop it: take another");
    if (!has_program(lesson, inside->debug))
        return usage_error("--debug: lesson %d has no program '%s'", lesson->number, inside->debug);
    return 0;
}

static struct termios settings; /* of the terminal, as gdb finds them */
static bool has_settings;

static int begin_debug(const struct inside *inside, struct plan *plan)
{
    if (access(GDB, X_OK) == -1)
        return fault_error("--debug needs gdb, which is not installed: install the package gdb");
    plan->debug = inside->debug;
    has_settings = tcgetattr(0, &settings) == 0;
    struct screen screen = screen_of_stdout();
    screen_paragraph(&screen, 0, "",
                     "gdb stops your program at main(), and its peers wait as long as you think: next, step, print, "
                     "break, continue. Control-C stops a program that waits. When you leave gdb (quit), the check goes "
                     "on to its verdict.");
    putchar('\n');
    fflush(stdout);
    return 0;
}

static int begin_capture(const struct inside *inside, struct plan *plan)
{
    if (!plan->world->is_private)
        return fault_error("--pcap: there are no packets to be had here, since there is no private network (%s). "
                           "%s doctor says how to get one.",
                           plan->world->why_plain, sockeye_name());
    plan->capture = open(inside->pcap, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return plan->capture == -1 ? fault_error("can't write %s: %s", inside->pcap, strerror(errno)) : 0;
}

int inside_begin(const struct inside *inside, struct plan *plan)
{
    int wrong = inside->pcap != NULL ? begin_capture(inside, plan) : 0;
    if (wrong == 0 && inside->debug != NULL)
        wrong = begin_debug(inside, plan);
    return wrong;
}

static const json_t *only_check(const json_t *document)
{
    const json_t *lesson = json_array_get(json_object_get(document, "lessons"), 0);
    return json_array_get(json_object_get(lesson, "checks"), 0);
}

/* Below a failure there is an empty line already. */
static void begin_words(const json_t *document, const struct screen *screen)
{
    if (document != NULL && !result_has_status(only_check(document), "failed"))
        fputc('\n', screen->file);
}

static void tell_capture(const char *name, const json_t *capture, const struct screen *screen)
{
    char words[600];
    int packets = result_number(capture, "packets");
    int cut = result_number(capture, "cut");
    int lost = result_number(capture, "lost");
    if (packets == 0)
        snprintf(words, sizeof words,
                 "%.300s has no packet: nothing went over the network. What Unix-domain sockets carry never does.",
                 name);
    else
        snprintf(words, sizeof words,
                 "%.300s has %d packet%s, for Wireshark. Their times are those of the diagram: seconds since the check "
                 "began.",
                 name, packets, packets == 1 ? "" : "s");
    screen_paragraph(screen, 0, "", words);
    snprintf(words, sizeof words, "It is full: %d packet%s that came later %s left out.", cut, cut == 1 ? "" : "s",
             cut == 1 ? "is" : "are");
    if (cut > 0)
        screen_paragraph(screen, 0, "", words);
    snprintf(words, sizeof words, "%d packet%s went by too fast and %s missing in it.", lost, lost == 1 ? "" : "s",
             lost == 1 ? "is" : "are");
    if (lost > 0)
        screen_paragraph(screen, 0, "", words);
}

void inside_restore(void)
{
    if (has_settings) /* a gdb that was ended from outside leaves them as they were for it */
        tcsetattr(0, TCSADRAIN, &settings);
}

void inside_end(const struct inside *inside, struct plan *plan, const json_t *document, const struct screen *screen)
{
    struct stat status;
    const json_t *capture = json_object_get(only_check(document), "capture");
    if (inside->debug != NULL || capture != NULL)
        begin_words(document, screen);
    if (inside->debug != NULL && document != NULL)
        screen_paragraph(screen, 0, "",
                         "Time was not judged, since gdb had the program: without --debug the verdict may be another.");
    if (inside->pcap == NULL)
        return;
    bool is_empty = fstat(plan->capture, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
    close(plan->capture);
    if (capture != NULL) {
        tell_capture(inside->pcap, capture, screen);
    } else if (is_empty) {
        unlink(inside->pcap);
        fprintf(stderr, "sockeye: %s was not written: the check was not played\n", inside->pcap);
    }
}
