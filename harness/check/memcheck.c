#define _GNU_SOURCE
#include "check/memcheck.h"

#include <dirent.h>
#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/bytes.h"
#include "check/program.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "look/proc.h"
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

/* The reports stand beside the programs' working directory, not in it. */
static const char *folder(void)
{
    return text("%s/../memcheck", stage.scratch);
}

const char *const *memcheck_command(const char *path, const char *const *args)
{
    const char *reports = folder();
    if (mkdir(reports, 0777) == -1 && errno != EEXIST)
        fault("no folder for memcheck's reports: %s", strerror(errno));
    chmod(reports, 0777);
    /* A log for each program, not for each process: where the log's name changes in a child (%p), valgrind 3.19 forgets to
     * open the child's XML file too (logging_atfork_child() in its m_libcprint.c), and writes into the parent's. */
    static int programs;
    const char *const options[] = {
        valgrind_path(),
        "valgrind",
        "-q",
        "--vgdb=no",
        "--xml=yes",
        text("--xml-file=%s/%%p.xml", reports),
        text("--log-file=%s/program-%d.log", reports, ++programs),
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

/* ------------------------------------------------ reading a report */

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
    int stacks; /* in the current error: only the first says where */
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
        reading->frame.line = atoi(value);
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
static void make_xml(char *line)
{
    utf8_mend(line);
    for (char *at = line; *at != '\0'; at++) {
        bool control = (unsigned char)*at < ' ' && strchr("\t\n\r", *at) == NULL;
        bool no_character = strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0;
        memset(at, '?', control ? 1 : no_character ? 3 : 0);
    }
}

/* A report that breaks off (its process was killed) is read as far as it goes. */
static bool read_report(const char *path, struct reading *reading)
{
    FILE *file = proc_open_regular(path);
    if (file == NULL)
        return false;
    XML_Parser parser = XML_ParserCreate(NULL);
    XML_SetUserData(parser, reading);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    char line[8192];
    size_t total = 0;
    while (fgets(line, sizeof line, file) != NULL && (total += strlen(line)) < (8 << 20)) {
        make_xml(line);
        if (XML_Parse(parser, line, (int)strlen(line), 0) == XML_STATUS_ERROR)
            break;
    }
    XML_ParserFree(parser);
    fclose(file);
    return total > 0;
}

static bool has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name);
    return length > strlen(ending) && strcmp(name + length - strlen(ending), ending) == 0;
}

/* Reads each report into @p reading until @p enough says so; returns how many there were. */
static int read_all(bool (*enough)(struct reading *reading), struct reading *reading)
{
    DIR *directory = opendir(folder());
    int reports = 0;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        const char *path = text("%s/%s", folder(), entry->d_name);
        if (has_ending(entry->d_name, ".xml")) {
            *reading = (struct reading){0};
            reports += read_report(path, reading);
            if (enough(reading))
                break;
        }
    }
    if (directory != NULL)
        closedir(directory);
    return reports;
}

static bool is_enough(struct reading *reading)
{
    return reading->has_first || (reading->has_leak && !reading->has_crash);
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

/* The first line of a log, which a program may have written itself. */
static const char *one_line(const char *said)
{
    char line[200];
    utf8_line(line, sizeof line, text("%.*s", (int)strcspn(said, "\n"), said));
    return text("%s", line);
}

static const char *unknown_call_in(FILE *log)
{
    char line[300];
    while (fgets(line, sizeof line, log) != NULL) {
        const char *unknown = strstr(line, "unhandled ");
        const char *number = unknown == NULL ? NULL : strstr(unknown, "syscall: ");
        if (number != NULL && kernel_has(atol(number + strlen("syscall: "))))
            return one_line(unknown);
    }
    return NULL;
}

const char *memcheck_unknown_call(void)
{
    const char *found = NULL;
    DIR *directory = opendir(folder());
    for (struct dirent *entry; found == NULL && directory != NULL && (entry = readdir(directory)) != NULL;) {
        FILE *log = has_ending(entry->d_name, ".log") ? proc_open_regular(text("%s/%s", folder(), entry->d_name))
                                                      : NULL;
        found = log == NULL ? NULL : unknown_call_in(log);
        if (log != NULL)
            fclose(log);
    }
    if (directory != NULL)
        closedir(directory);
    return found;
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

void memcheck_judge(void)
{
    static struct reading reading;
    int reports = read_all(is_enough, &reading);
    if (reports == 0)
        fails("a report of memcheck", "the program left no report: it went on without valgrind");
    if (is_enough(&reading)) {
        const struct finding *finding = reading.has_first ? &reading.first : &reading.leak;
        verdict_where(&finding->where);
        verdict_because("%s", advice(finding->kind));
        fails("no memory error and no leak (valgrind memcheck)", text("%s", finding->what));
    }
}

/* The memory error itself, if there is one, says more than the place where it showed. */
bool memcheck_crash(struct source *where, const char **words)
{
    static struct reading reading;
    read_all(is_crash, &reading);
    if (!is_crash(&reading))
        return false;
    const struct finding *finding = reading.has_first && reading.first.where.line != 0 ? &reading.first
                                                                                       : &reading.crash;
    *where = finding->where;
    *words = text("%s", finding->what);
    return true;
}
