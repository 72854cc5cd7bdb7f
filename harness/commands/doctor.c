/** sockeye doctor: what works on this machine, and how to mend what does not. */
#include <stdio.h>
#include <string.h>

#include "report/screen.h"
#include "run/machine.h"
#include "sockeye.h"

const char help_doctor[] =
    "Tries all that checks need of this machine, and says how to mend what does not work. The status is 0 if "
    "everything can be graded here, and 1 if not.\n";

enum { STATE_COLUMNS = 9, NAME_COLUMNS = 19, WORDS_AT = 2 + STATE_COLUMNS + NAME_COLUMNS };

/* Not broken at the margin: a command is to be copied. */
static void print_mend(const char *mend)
{
    while (*mend != '\0') {
        int length = (int)strcspn(mend, "\n");
        printf("%*s%.*s\n", 2 + STATE_COLUMNS + 2, "", length, mend);
        mend += length + (mend[length] == '\n');
    }
}

static void print_finding(const struct screen *screen, const struct finding *finding)
{
    char label[120];
    enum paint paint = finding->state == WORKS ? GOOD : finding->state == SPARED ? DIM : BAD;
    snprintf(label, sizeof label, "  %s%-*s%s%s", screen_code(screen, paint), STATE_COLUMNS,
             finding->state == WORKS ? "ok" : "missing", screen_code(screen, PLAIN), finding->name);
    screen_paragraph(screen, WORDS_AT, label, finding->words);
    print_mend(finding->mend);
}

int command_doctor(const struct kit *kit, int argc, char *argv[])
{
    if (argc > 1)
        return usage_error("doctor takes no arguments, so what is '%s'? %s help doctor", argv[1], sockeye_name());
    static struct finding findings[FINDINGS_MAX];
    struct screen screen = screen_of_stdout();
    int count = machine_examine(kit, findings);
    enum finding_state worst = WORKS;
    for (int i = 0; i < count; i++) {
        print_finding(&screen, &findings[i]);
        if (findings[i].state > worst)
            worst = findings[i].state;
    }
    putchar('\n');
    if (worst == BROKEN)
        puts("Nothing can be graded here yet: see what is missing above.");
    else if (worst == NOT_GRADED)
        screen_paragraph(&screen, 0, "", "Not all can be graded here. What is not graded costs no points.");
    else
        puts("Everything can be graded on this machine.");
    return worst >= NOT_GRADED ? EXIT_NOT_FULL : 0;
}
