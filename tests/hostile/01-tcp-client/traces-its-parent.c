/* Tries to take over who grades it. Says: ended with status 3; its stderr: "taken over: 0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(void)
{
    char name[64];
    int taken = ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0;
    snprintf(name, sizeof name, "/proc/%d/mem", getppid());
    taken += open(name, O_RDWR) != -1;
    snprintf(name, sizeof name, "/proc/%d/fd/3", getppid());
    taken += open(name, O_WRONLY) != -1;
    taken += open("/proc/sys/kernel/core_pattern", O_WRONLY) != -1;
    for (int fd = 3; fd < 1024; fd++)
        taken += write(fd, "{\"status\":\"passed\"}", 19) > 0;
    fprintf(stderr, "taken over: %d\n", taken);
    return taken == 0 ? 3 : 0;
}
