/**
 * @file
 * Where in its source a thread of a program is: unwinding with elfutils' libdw.
 *
 * The program is stopped by ptrace(2) for it and may not be able to go on as before: look only when the verdict
 * on it is certain. The work is done in a process of its own, since the debug information that is read was
 * made from the program's source and may be hostile: whatever happens there, the caller goes on.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** A program's author may choose all of these names (`#line`): they are UTF-8 and on one line, by utf8_line(). */
struct source {
    char file[128];    /**< the file's name without folders, "" if unknown */
    int line;          /**< from 1, 0 if unknown */
    char function[64]; /**< the program's own function */
    char call[64];     /**< what it has called, such as "recv", "" if it is in code of its own */
};

/**
 * Finds the innermost line of @p program (the file name of the executable) that thread @p tid is at.
 * Takes at most two seconds. Returns false where tracing is not permitted or there is no debug information.
 */
bool source_find(pid_t pid, pid_t tid, const char *program, struct source *source);
