/* Makes the mistake that it is told, for memcheck to report: the reports beside this file are recorded from it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void reads_freed(void)
{
    char *text = malloc(8);
    strcpy(text, "knock");
    free(text);
    puts(text); /* a read after free */
}

static void leaks(void)
{
    char *lost = malloc(100); /* a leak */
    lost[0] = 'x';
}

static void writes_past_end(void)
{
    char *text = malloc(8);
    memset(text, 'x', 9); /* one past the end */
    free(text);
}

static void crashes(void)
{
    volatile int *nowhere = NULL;
    *nowhere = 1; /* a crash */
}

static void depends_on_nothing(const char *word)
{
    int unset[4];
    if (word[0] == 'z')
        unset[1] = 1;
    if (unset[1] == 1) /* an unset variable */
        puts("one");
}

int main(int argc, char *argv[])
{
    const char *mistake = argc > 1 ? argv[1] : "";
    if (strcmp(mistake, "freed") == 0)
        reads_freed();
    else if (strcmp(mistake, "leak") == 0)
        leaks();
    else if (strcmp(mistake, "past-end") == 0)
        writes_past_end();
    else if (strcmp(mistake, "unset") == 0)
        depends_on_nothing(mistake);
    else if (strcmp(mistake, "crash") == 0)
        crashes();
    else if (strcmp(mistake, "leak-and-crash") == 0)
        leaks(), crashes();
    else if (strcmp(mistake, "child") == 0 && fork() == 0)
        writes_past_end();
    else if (strcmp(mistake, "killed") == 0)
        reads_freed(), raise(SIGKILL);
    wait(NULL);
    return 0;
}
