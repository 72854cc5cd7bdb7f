#define _GNU_SOURCE
#include "check/memcheck.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/program.h"
#include "check/reports.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "record/utf8.h"

static const char *valgrind_path(void)
{
    static const char *const places[] = {"/usr/bin/valgrind", "/usr/local/bin/valgrind"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], X_OK) == 0)
            return places[i];
    }
    return NULL;
}

void memcheck_needed(void)
{
    if (valgrind_path() == NULL)
        not_graded("valgrind is not installed: install the package valgrind");
}

const char *const *memcheck_command(const char *path, const char *const *args)
{
    reports_open();
    const char *const options[] = {
        valgrind_path(),
        "valgrind",
        "-q",
        "--vgdb=no",
        "--xml=yes",
        text("--xml-fd=%d", reports_number(REPORT_XML)),
        text("--log-fd=%d", reports_number(REPORT_LOG)),
        "--leak-check=full",
        "--show-leak-kinds=definite",
        "--child-silent-after-fork=no",
        "--read-inline-info=yes", /* at -O1 functions become part of their callers */
        "--num-callers=12",
        path,
    };
    size_t count = sizeof options / sizeof *options;
    size_t arg_count = 0;
    while (args[arg_count] != NULL)
        arg_count++;
    const char **command = keep((count + arg_count + 1) * sizeof *command);
    memcpy(command, options, sizeof options);
    if (arg_count > 1)
        memcpy(command + count, args + 1, (arg_count - 1) * sizeof *command);
    return command;
}

/* One error or fatal signal, as far as it has been read. */
struct finding {
    char kind[64];
    char what[256];
    struct source where; /* the innermost frame in the program's own source */
};

struct reading {
    XML_Parser parser;
    struct finding current;
    struct finding first; /* the first that counts */
    struct finding leak;  /* the first leak, counted only if no signal ended the process */
    struct finding crash;
    bool has_first, has_leak, has_crash;
    bool is_finished; /* valgrind has said so: the process has ended, and not by SIGKILL or exec */
    bool is_whole;    /* nothing is missing behind that */
    bool is_broken;   /* what no valgrind writes is in it */
    int stacks;       /* in the current error: only the first says where */
    char frame_object[256];
    struct source frame;
    char value[512];
    size_t value_length;
};

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    (void)attributes;
    struct reading *reading = data;
    reading->value_length = 0;
    reading->value[0] = '\0';
    if (strcmp(name, "error") == 0 || strcmp(name, "fatal_signal") == 0) {
        reading->current = (struct finding){0};
        reading->stacks = 0;
    } else if (strcmp(name, "stack") == 0) {
        reading->stacks++;
    } else if (strcmp(name, "frame") == 0) {
        reading->frame = (struct source){0};
        reading->frame_object[0] = '\0';
    }
}

static void on_text(void *data, const XML_Char *piece, int length)
{
    struct reading *reading = data;
    size_t room = sizeof reading->value - 1 - reading->value_length;
    size_t n = (size_t)length < room ? (size_t)length : room;
    memcpy(reading->value + reading->value_length, piece, n);
    reading->value_length += n;
    reading->value[reading->value_length] = '\0';
}

static void end_of_frame(struct reading *reading)
{
    struct finding *current = &reading->current;
    bool own = strncmp(reading->frame_object, stage.programs, strlen(stage.programs)) == 0;
    if (reading->stacks != 1 || current->where.line != 0)
        return;
    if (own && reading->frame.line != 0) {
        char call[sizeof current->where.call];
        utf8_line(call, sizeof call, current->where.call);
        current->where = reading->frame;
        utf8_line(current->where.call, sizeof current->where.call, call);
    } else {
        utf8_line(current->where.call, sizeof current->where.call, reading->frame.function);
    }
}

static void end_of_error(struct reading *reading)
{
    bool leak = strncmp(reading->current.kind, "Leak_", 5) == 0;
    if (leak && !reading->has_leak) {
        reading->leak = reading->current;
        reading->has_leak = true;
    } else if (!leak && !reading->has_first) {
        reading->first = reading->current;
        reading->has_first = true;
    }
}

/* 0: it is none. */
static int line_number(const char *words)
{
    char *end;
    errno = 0;
    long number = strtol(words, &end, 10);
    return errno == 0 && *end == '\0' && number > 0 && number <= INT_MAX ? (int)number : 0;
}

static void on_end(void *data, const XML_Char *name)
{
    struct reading *reading = data;
    const char *value = reading->value;
    struct finding *current = &reading->current;
    if (strcmp(name, "kind") == 0)
        utf8_line(current->kind, sizeof current->kind, value);
    else if (strcmp(name, "what") == 0 || strcmp(name, "text") == 0)
        utf8_line(current->what, sizeof current->what, value);
    else if (strcmp(name, "auxwhat") == 0 && strncmp(value, "Address 0x0 ", strlen("Address 0x0 ")) == 0)
        utf8_line(current->what + strlen(current->what), sizeof current->what - strlen(current->what),
                  " through a NULL pointer");
    else if (strcmp(name, "event") == 0 && current->what[0] == '\0')
        utf8_line(current->what, sizeof current->what, value);
    else if (strcmp(name, "obj") == 0)
        utf8_line(reading->frame_object, sizeof reading->frame_object, value);
    else if (strcmp(name, "fn") == 0)
        utf8_line(reading->frame.function, sizeof reading->frame.function, value);
    else if (strcmp(name, "file") == 0)
        utf8_line(reading->frame.file, sizeof reading->frame.file, value);
    else if (strcmp(name, "line") == 0)
        reading->frame.line = line_number(value);
    else if (strcmp(name, "state") == 0)
        reading->is_finished = reading->is_finished || strcmp(value, "FINISHED") == 0;
    else if (strcmp(name, "frame") == 0)
        end_of_frame(reading);
    else if (strcmp(name, "error") == 0)
        end_of_error(reading);
    else if (strcmp(name, "fatal_signal") == 0) {
        reading->crash = *current;
        reading->has_crash = true;
    }
    reading->value_length = 0;
    reading->value[0] = '\0';
}

/* valgrind writes the names of files as they are, and `#line` may give them any bytes: XML has a question mark for what it does not
   have. Else a report would end there, and its errors not be seen. */
static void make_xml(char *words, size_t length)
{
    for (char *nul; (nul = memchr(words, '\0', length)) != NULL;)
        *nul = '?';
    utf8_mend(words);
    for (char *at = words; *at != '\0'; at++) {
        bool control = (unsigned char)*at < ' ' && strchr("\t\n\r", *at) == NULL;
        bool no_character = strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0;
        memset(at, '?', control ? 1 : no_character ? 3 : 0);
    }
}

/* A report that breaks off (its process was killed, or is another program now) is read as far as it goes. That of a child has no
   beginning: valgrind has written that before the fork. It writes no comments, behind which the rest could be hidden. */
static void read_report(struct report *report, struct reading *reading)
{
    static const char beginning[] = "<valgrindoutput>";
    *reading = (struct reading){0};
    char *words = report->said[REPORT_XML].data;
    size_t length = report->said[REPORT_XML].length;
    if (length == 0)
        return;
    make_xml(words, length);
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, reading);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    if (*words != '\0' && strncmp(words, "<?xml", length < 5 ? length : 5) != 0)
        XML_Parse(parser, beginning, (int)strlen(beginning), 0);
    reading->is_broken = XML_Parse(parser, words, (int)length, 0) == XML_STATUS_ERROR || report->is_cut ||
                         strstr(words, "<!") != NULL;
    reading->is_whole = !reading->is_broken && XML_Parse(parser, "", 0, 1) != XML_STATUS_ERROR && reading->is_finished;
    XML_ParserFree(parser);
}

/* It has ended by itself; false as well for a child, of which nobody tells. */
static bool has_exited(pid_t pid)
{
    bool exited = false;
    for (int i = 0; program_number(i) != NULL; i++)
        exited = exited ||
                 (program_number(i)->pid == pid && program_number(i)->ended && WIFEXITED(program_number(i)->status));
    return exited;
}

/* Where the report speaks of a signal that the process did not die of, it has that from the program. */
static bool has_error(const struct report *report, const struct reading *reading)
{
    return reading->has_first || (reading->has_leak && (!reading->has_crash || has_exited(report->pid)));
}

static bool is_crash(struct reading *reading)
{
    return (reading->has_crash && reading->crash.where.line != 0) ||
           (reading->has_first && reading->first.where.line != 0);
}

/* A number that the kernel does not know either is the program's own affair. With arguments that are all wrong a call does
   nothing; what valgrind does not know is younger than the numbers that all architectures share. */
static bool kernel_has(long number)
{
    enum { FIRST_SHARED = 424 };
    int status = 1;
    pid_t pid = number < FIRST_SHARED ? -1 : fork();
    if (pid == 0) {
        alarm(1);
        long result = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
        _exit(result == -1 && errno == ENOSYS ? 1 : 0);
    }
    if (pid == -1)
        return false;
    waitpid(pid, &status, 0);
    return status == 0;
}

/* The first line, of which a program may have written more than valgrind. */
static const char *one_line(const char *said)
{
    char line[200];
    utf8_line(line, sizeof line, text("%.*s", (int)strcspn(said, "\n"), said));
    return text("%s", line);
}

static const char *unknown_call_of(struct report *report)
{
    const char *begin = text("--%d-- WARNING: unhandled ", (int)report->pid);
    make_xml(report->said[REPORT_LOG].data, report->said[REPORT_LOG].length);
    for (const char *line = report->said[REPORT_LOG].data; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *said = one_line(line);
        const char *number = strstr(said, "syscall: ");
        if (strncmp(line, begin, strlen(begin)) == 0 && number != NULL &&
            kernel_has(atol(number + strlen("syscall: "))))
            return strstr(said, "unhandled ");
    }
    return NULL;
}

const char *memcheck_unknown_call(void)
{
    static struct reading reading;
    const char *found = NULL;
    reports_attend();
    bool judged = !reports_way_is_open();
    for (int i = 0; report_number(i) != NULL; i++) {
        struct report *report = report_number(i);
        read_report(report, &reading);
        judged = judged || reading.is_broken || reading.has_crash || has_error(report, &reading);
        if (found == NULL && report->said[REPORT_LOG].length > 0)
            found = unknown_call_of(report);
    }
    return judged ? NULL : found;
}

static const char *advice(const char *kind)
{
    static const struct {
        const char *kind;
        const char *advice;
    } table[] = {
        {"UninitCondition", "A decision depends on a variable that was never set."},
        {"UninitValue", "A value is used that was never set."},
        {"SyscallParam",
         "A system call is given bytes that were never set: often the unset part of a structure, such as hints "
         "for getaddrinfo() or a buffer sent longer than it was filled."},
        {"InvalidRead", "It reads outside of what was allocated, or after free()."},
        {"InvalidWrite", "It writes outside of what was allocated, or after free()."},
        {"InvalidFree", "It frees what was not allocated, or is free already."},
        {"Leak_DefinitelyLost",
         "Memory was allocated and nothing points to it any more: free() or freeaddrinfo() is missing on "
         "some way out."},
        {"FdNotClosed", "A descriptor was opened and never closed."},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].kind, kind) == 0)
            return table[i].advice;
    }
    return "Run it under valgrind yourself, to see more.";
}

/* A program has ended by itself and left nothing. */
static bool is_one_missing(void)
{
    bool missing = false;
    for (int i = 0; program_number(i) != NULL; i++) {
        bool has = false;
        for (int k = 0; report_number(k) != NULL; k++)
            has = has ||
                  (report_number(k)->pid == program_number(i)->pid && report_number(k)->said[REPORT_XML].length > 0);
        missing = missing || (!has && has_exited(program_number(i)->pid));
    }
    return missing;
}

static _Noreturn void report_fails(const char *observed)
{
    verdict_is_whole();
    verdict_because("The report goes from valgrind to the check while the program runs. A program must end in "
                    "valgrind's hands, and "
                    "leave alone what is not its own: the descriptors above those that it may have.");
    fails("a whole report of memcheck", observed);
}

static void fails_at(const struct finding *finding)
{
    verdict_where(&finding->where);
    verdict_because("%s", advice(finding->kind));
    fails("no memory error and no leak (valgrind memcheck)", text("%s", finding->what));
}

void memcheck_judge(void)
{
    static struct reading reading;
    int count = 0;
    reports_attend();
    for (int i = 0; report_number(i) != NULL; i++) {
        struct report *report = report_number(i);
        read_report(report, &reading);
        if (has_error(report, &reading))
            fails_at(reading.has_first ? &reading.first : &reading.leak);
        count += report->said[REPORT_XML].length > 0;
        if (reading.is_broken)
            report_fails("memcheck's report is broken: something else stands in it");
        if (!reading.is_whole && has_exited(report->pid))
            report_fails("the program has ended, but memcheck's report has no end");
    }
    if (!reports_way_is_open())
        report_fails("memcheck's report is broken: the program has shut its way");
    if (count == 0 || is_one_missing())
        fails("a report of memcheck", "the program left no report: it went on without valgrind");
}

/* The memory error itself, if there is one, says more than the place where it showed. */
bool memcheck_crash(struct source *where, const char **words)
{
    static struct reading reading;
    reports_attend();
    bool found = false;
    for (int i = 0; !found && report_number(i) != NULL; i++) {
        read_report(report_number(i), &reading);
        found = is_crash(&reading);
    }
    if (!found)
        return false;
    const struct finding *finding = reading.has_first && reading.first.where.line != 0 ? &reading.first
                                                                                       : &reading.crash;
    *where = finding->where;
    *words = text("%s", finding->what);
    return true;
}
