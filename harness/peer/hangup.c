#define _GNU_SOURCE
#include "peer/hangup.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

int hangup_descriptor(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool hangup_came(int descriptor)
{
    struct signalfd_siginfo signal;
    if (read(descriptor, &signal, sizeof signal) <= 0)
        return false;
    if (signal.ssi_signo == SIGINT && isatty(STDOUT_FILENO))
        putchar('\n');
    return true;
}
