/* Raises its limit of descriptors as far as it may. Says: its stderr: "beyond 4096: no */
#include <stdio.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return 3;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    fprintf(stderr, "beyond 4096: %s\n", limit.rlim_cur > 4096 ? "yes" : "no");
    return 3;
}
