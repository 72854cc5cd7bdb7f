#define _GNU_SOURCE
#include "check/story.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "check/bytes.h"
#include "check/files.h"
#include "check/program.h"
#include "check/record.h"
#include "check/stage.h"
#include "check/verdict.h"
#include "look/proc.h"

enum { CALLS_MAX = 2000, STORY_LINE_MAX = 1200 };

static struct call calls[CALLS_MAX];
static int count;
static double real_to_own; /* from strace's clock to the check's */

static const double worth_telling = 0.050; /* seconds that a call has waited: strace itself takes some */

static const char *folder(void)
{
    return text("%s/../story", stage.scratch);
}

const char *story_files(void)
{
    if (mkdir(folder(), 0700) == -1 && errno != EEXIST)
        files_trouble("make a folder for strace's files");
    return text("%s/of", folder());
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

static bool takes_something(const char *name)
{
    static const char *const names[] = {"read",       "readv",       "recv",       "recvfrom", "recvmsg",
                                        "accept",     "accept4",     "connect",    "poll",     "ppoll",
                                        "select",     "pselect6",    "wait4",      "waitid",   "splice",
                                        "epoll_wait", "epoll_pwait", "sigsuspend", NULL};
    return is_one_of(name, names);
}

static bool gives_something(const char *name)
{
    static const char *const names[] = {"write", "writev", "send", "sendto", "sendmsg", "sendfile", NULL};
    return is_one_of(name, names);
}

/* ------------------------------------------------ one line */

/* The end of a string literal that begins at @p at, behind its quote; strace escapes quotes in it. */
static char *behind_literal(char *at)
{
    for (at++; *at != '\0' && *at != '"'; at++)
        at += *at == '\\' && at[1] != '\0';
    return *at == '"' ? at + 1 : at;
}

/* "3<TCP:[127.0.0.1:1->127.0.0.1:2]>" becomes "3"; the first of these annotations is returned. */
static const char *take_annotations(char *line)
{
    const char *first = "";
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '"') {
            at = behind_literal(at) - 1;
        } else if (*at == '<' && at > line && isdigit((unsigned char)at[-1]) &&
                   (isalpha((unsigned char)at[1]) || at[1] == '/')) {
            char *end = at + 1;
            for (int open = 1; *end != '\0'; end++) { /* "</dev/null<char 1:3>>", and "->" is an arrow */
                open += (*end == '<') - (*end == '>' && end[-1] != '-');
                if (open == 0)
                    break;
            }
            if (*first == '\0')
                first = text("%.*s", (int)(end - at - 1), at + 1);
            memmove(at, end + (*end == '>'), strlen(end + (*end == '>')) + 1);
            at--;
        }
    }
    return first;
}

static void replace(char *from, const char *end, const char *by)
{
    if (strlen(by) > (size_t)(end - from))
        return; /* it only ever grows shorter */
    while (*by != '\0')
        *from++ = *by++;
    memmove(from, end, strlen(end) + 1);
}

/* {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")} becomes 127.0.0.1 port 80. */
static void shorten_address(char *line)
{
    char *begin = strstr(line, "{sa_family=AF_");
    char *end = begin == NULL ? NULL : strchr(begin, '}');
    char *port = begin == NULL ? NULL : strstr(begin, "_port=htons(");
    char *quote = begin == NULL ? NULL : strchr(begin, '"');
    if (end == NULL || quote == NULL || quote > end)
        return;
    char *behind = behind_literal(quote);
    if (port != NULL && port < end)
        replace(begin, end + 1, text("%.*s port %d", (int)(behind - quote - 2), quote + 1, atoi(port + 12)));
    else if (behind <= end)
        replace(begin, end + 1, text("%.*s", (int)(behind - quote), quote));
}

/* The call as it is written in C: recvfrom() without an address is recv(), and so on. */
static void say_as_in_c(char *line)
{
    static const struct {
        const char *call, *with, *as;
    } names[] = {{"recvfrom(", ", NULL, NULL)", "recv("}, {"sendto(", ", NULL, 0)", "send("}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *tail = strstr(line, names[i].with);
        if (strncmp(line, names[i].call, strlen(names[i].call)) != 0 || tail == NULL)
            continue;
        replace(tail, tail + strlen(names[i].with), ")");
        replace(line, line + strlen(names[i].call), names[i].as);
    }
    char *result = strstr(line, ") = ");
    char *handler = strstr(line, "{sa_handler=");
    if (strncmp(line, "clone(", 6) == 0 && strstr(line, "SIGCHLD") != NULL && strstr(line, "CLONE_VM") == NULL &&
        result != NULL)
        replace(line, result, "fork(");
    if (strncmp(line, "rt_sigaction(", 13) == 0 && handler != NULL && result != NULL) {
        const char *what = handler + 12;
        int length = strncmp(what, "SIG_", 4) == 0 ? (int)strcspn(what, ",}") : 0;
        replace(handler, result, length > 0 ? text("%.*s", length, what) : "a handler");
    }
    char *old = strstr(line, "_OLD, ");
    if (old != NULL && strncmp(line, "setsockopt(", 11) == 0)
        replace(old, old + 4, "");
    if (strncmp(line, "rt_", 3) == 0)
        replace(line, line + 3, "");
}

/* Of the loader and the C library, and what strace itself does. */
static bool is_noise(const char *line, const char *socket, bool is_program)
{
    static const char *const beginnings[] = {"--- stopped by", "--- SIGSTOP", "--- SIGCONT",
                                             "exit_group(",    "<... ",       NULL};
    static const char *const places[] = {"/etc/", "/usr/", "/lib", NULL};
    for (const char *const *word = beginnings; *word != NULL; word++) {
        if (strncmp(line, *word, strlen(*word)) == 0)
            return true;
    }
    for (const char *const *word = places; *word != NULL; word++) {
        if (strncmp(socket, *word, strlen(*word)) == 0)
            return true;
    }
    return is_program && (strncmp(line, "execve(", 7) == 0 || strncmp(line, "+++ ", 4) == 0);
}

/* The last ") = ", or ")      = ": strace lines the results up in a column. */
static char *result_of(char *line)
{
    char *last = NULL;
    for (char *at = line; (at = strchr(at, ')')) != NULL; at++) {
        size_t spaces = strspn(at + 1, " ");
        if (spaces > 0 && at[1 + spaces] == '=' && at[2 + spaces] == ' ')
            last = at;
    }
    if (last != NULL)
        memmove(last + 2, last + 1 + strspn(last + 1, " "), strlen(last + 1 + strspn(last + 1, " ")) + 1);
    return last;
}

/* The number behind the data: "read(3, "x"..., 4096)". */
static long asked_of(char *line)
{
    char *quote = strstr(line, ", \"");
    char *behind = quote == NULL ? NULL : behind_literal(quote + 2);
    char *comma = behind == NULL ? NULL : strchr(behind, ',');
    return comma == NULL || !isdigit((unsigned char)comma[2]) ? -1 : strtol(comma + 2, NULL, 10);
}

/* "--- SIGCHLD {…} ---" and "+++ exited with 0 +++" */
static const char *event_words(const char *line)
{
    int length = (int)strcspn(line + 4, " ");
    if (line[0] == '-')
        return text("%.*s comes", length, line + 4);
    const char *end = strstr(line + 4, " +++");
    return text("%.*s", end == NULL ? length : (int)(end - line - 4), line + 4);
}

/* Where several programs play, each call says whose it is; a child's has its number. */
static const char *who_says(pid_t pid, const char *words)
{
    bool several = false;
    const char *name = NULL;
    for (int i = 0; program_number(i) != NULL; i++) {
        several = several || strcmp(program_number(i)->name, program_number(0)->name) != 0;
        if (program_number(i)->pid == pid)
            name = program_number(i)->name;
    }
    if (name == NULL)
        return text("[%d] %s", pid, words);
    return several ? text("%s: %s", name, words) : words;
}

static bool is_a_program(pid_t pid)
{
    for (int i = 0; program_number(i) != NULL; i++) {
        if (program_number(i)->pid == pid)
            return true;
    }
    return false;
}

/* How long it took stands last, "<0.000012>"; if it does not, the call has not returned. */
static double take_duration(char *line)
{
    char *last = strrchr(line, '<');
    char *end;
    double seconds = last == NULL ? 0 : strtod(last + 1, &end);
    if (last == NULL || end == last + 1 || strcmp(end, ">") != 0)
        return 0;
    last[-1] = '\0';
    return seconds;
}

/* The length of "… = -1 EINTR (Interrupted system call)" up to the error's name. */
static size_t without_explanation(const char *line)
{
    const char *explanation = strrchr(line, '(');
    return explanation > line && explanation[-1] == ' ' ? (size_t)(explanation - 1 - line) : strlen(line);
}

/* "1700000000.123456 recvfrom(3<UDP:[…]>, "x", 4096, 0, NULL, NULL) = 1 <0.000012>" */
static void read_line(char *line, pid_t pid)
{
    char *at;
    double t = strtod(line, &at) + real_to_own;
    at += strspn(at, " ");
    at[strcspn(at, "\n")] = '\0';
    const char *socket = take_annotations(at);
    if (*at == '\0' || count == CALLS_MAX || is_noise(at, socket, is_a_program(pid)))
        return;
    double took = take_duration(at);
    char *end = result_of(at);
    bool has_returned = end != NULL;
    struct call call = {.t = t, .pid = pid, .socket = socket, .asked = asked_of(at), .problem = "", .name = ""};
    if (strncmp(at, "--- ", 4) == 0 || strncmp(at, "+++ ", 4) == 0) {
        call.words = who_says(pid, event_words(at));
        calls[count++] = call;
        return;
    }
    call.has_returned = has_returned;
    call.result = has_returned ? strtol(end + 4, NULL, 0) : 0;
    call.peeks = strstr(at, "MSG_PEEK") != NULL;
    if (call.result == -1 && has_returned)
        call.problem = text("%s", end + 4 + strspn(end + 4, "-1 "));
    shorten_address(at);
    say_as_in_c(at);
    call.name = text("%.*s", (int)strcspn(at, "("), at);
    bool takes = takes_something(call.name);
    if (has_returned && takes)
        call.t += took;
    const char *words = text("%s", at);
    if (!has_returned)
        words = text("%.*s…) has not returned", (int)strcspn(at, "<"), at);
    else if ((takes || gives_something(call.name)) && took >= worth_telling)
        words = text("%.*s, waited %.3f s", (int)(*call.problem == '\0' ? strlen(at) : without_explanation(at)), at,
                     took);
    call.words = who_says(pid, words);
    calls[count++] = call;
}

/* ------------------------------------------------ all of it */

static void read_file(const char *path, pid_t pid)
{
    char line[STORY_LINE_MAX];
    FILE *file = proc_open_regular(path);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strchr(line, '\n') != NULL || feof(file)) /* a longer one is no story */
            read_line(line, pid);
    }
    if (file != NULL)
        fclose(file);
}

static int compare_times(const void *a, const void *b)
{
    double first = ((const struct call *)a)->t;
    double second = ((const struct call *)b)->t;
    return (first > second) - (first < second);
}

void story_record(void)
{
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    real_to_own = now() - ((double)real.tv_sec + (double)real.tv_nsec / 1e9);
    DIR *directory = opendir(folder());
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        const char *point = strchr(entry->d_name, '.');
        if (point != NULL && isdigit((unsigned char)point[1]))
            read_file(text("%s/%s", folder(), entry->d_name), atoi(point + 1));
    }
    if (directory != NULL)
        closedir(directory);
    qsort(calls, (size_t)count, sizeof *calls, compare_times);
    for (int i = 0; i < count; i++)
        record_at(calls[i].t, YOU, NULL, "call", bytes(calls[i].words));
    record_sort();
}

const struct call *story_call(int index)
{
    return index < count ? &calls[index] : NULL;
}
