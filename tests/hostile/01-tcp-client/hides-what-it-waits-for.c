/* As by vfork(), but its child has overwritten what was asked for. Says: after 5.0 s your program is still at work. Looking: else nobody sees that it waits. Line: 13 */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct clone_args asked = {.flags = CLONE_VM | CLONE_VFORK};

int main(void)
{
    if (syscall(SYS_clone3, &asked, sizeof asked) == 0) {
        asked.flags = 0;
        pause();
    }
    return 0;
}
