/**
 * @file
 * The checks that are built in, each of which announces itself.
 *
 * A check.c is compiled with LESSON_FOLDER, the name of its lesson's folder, such as "07-fork-server".
 */
#pragma once

#include <stdbool.h>

struct check {
    const char *name;  /**< the function's name; its id is "07." and the name with hyphens */
    const char *title; /**< a sentence with the program as its subject, without a full stop */
    void (*run)(void);
    const char *lesson; /**< the lesson's folder */
    int line;           /**< its place in check.c: the order of checks */
    int points;
    const char *after;    /**< names of the checks that must pass first, with ", " between; or NULL */
    const char *because;  /**< what to think about when it fails; a verb's own finding goes before it */
    bool private_network; /**< can't be graded without a network of its own */
    bool memcheck;        /**< the programs run under valgrind, and its findings decide */
    struct check *next;
};

/** What a skeleton says on stderr of the step that is next: "step 3 is still to do: see TODO 3". */
#define STILL_TO_DO " is still to do: see TODO "

/** Announces a check: called before main() by what CHECK makes. */
void check_register(struct check *check);
/** The checks of a lesson in the order of its check.c; NULL if it has none. */
const struct check *checks_of(const char *lesson);
/** The check named @p name of a lesson, or NULL. */
const struct check *check_named(const char *lesson, const char *name);

#define POINTS(n) .points = (n)
#define AFTER(...) .after = #__VA_ARGS__
#define BECAUSE(words) .because = (words)
#define NEEDS_PRIVATE_NETWORK .private_network = true
#define UNDER_MEMCHECK .memcheck = true

/** CHECK(name, "title", POINTS(2), AFTER(other) …) { verbs } */
#define CHECK(function, words, ...)                                                                                    \
    static void function(void);                                                                                        \
    static struct check check_##function = {                                                                           \
        .name = #function, .title = (words), .run = function, .lesson = LESSON_FOLDER, .line = __LINE__, __VA_ARGS__}; \
    __attribute__((constructor)) static void register_##function(void)                                                 \
    {                                                                                                                  \
        check_register(&check_##function);                                                                             \
    }                                                                                                                  \
    static void function(void)
