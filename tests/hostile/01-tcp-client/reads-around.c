/* Looks for what it should not see. Says: its stderr: "found: 0. Private: in plain mode it may see what the machine shows */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int can_be_read(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd != -1)
        fprintf(stderr, "%s ", path);
    return fd != -1;
}

int main(void)
{
    static const char *const secrets[] = {"/etc/shadow", "/root/.bash_history", "/home", "/var/lib/dpkg/status", "/sys/kernel",
                                          "/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/1/cwd/.", "/proc/kcore",
                                          "/proc/1/root/etc/shadow", "/dev/mem", "/dev/kmsg", "/dev/sda", "/run",
                                          "/lesson/../solutions", "/usr/local/share/sockeye/solutions", "/usr/share/sockeye/solutions"};
    int found = 0;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        found += can_be_read(secrets[i]);
    fprintf(stderr, "found: %d\n", found);
    return 3;
}
