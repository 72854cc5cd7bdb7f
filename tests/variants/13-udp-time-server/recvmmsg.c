/* Many datagrams at a time: poll() first, then recvmmsg() and sendmmsg(); a pipe tells of signals. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MANY 16

static int wake[2];

static void handler(int sig)
{
    int saved = errno;
    if (write(wake[1], &sig, 1) == -1)
        errno = saved; /* it is full: somebody will wake up anyhow */
    errno = saved;
}

static int bad(void)
{
    fprintf(stderr, "usage: udp_time_server [ADDRESS] PORT\n");
    return 2;
}

static void serve_some(int fd)
{
    struct mmsghdr messages[MANY];
    struct sockaddr_storage senders[MANY];
    struct iovec room[MANY];
    char nothing[MANY];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < MANY; i++) {
        room[i] = (struct iovec){&nothing[i], 1};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &senders[i], .msg_namelen = sizeof senders[i], .msg_iov = &room[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(fd, messages, MANY, MSG_DONTWAIT, NULL);
    uint32_t now = htonl((uint32_t)(time(NULL) + 2208988800LL));
    for (int i = 0; i < n; i++)
        room[i] = (struct iovec){&now, 4};
    for (int done = 0; done < n;) {
        int sent = sendmmsg(fd, messages + done, (unsigned)(n - done), 0);
        if (sent == -1)
            perror("sendmmsg");
        done += sent > 0 ? sent : 1; /* one that can't be sent is left out */
    }
}

int main(int argc, char *argv[])
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *own;
    struct in6_addr any;
    int null = open("/dev/null", O_RDWR);
    while (null >= 0 && null < 3)
        null = dup(null);
    close(null);
    if (argc != 2 && argc != 3)
        return bad();
    const char *host = argc == 3 ? argv[1] : "0.0.0.0", *port = argv[argc - 1];
    if (inet_pton(AF_INET, host, &any) != 1 && inet_pton(AF_INET6, host, &any) != 1)
        return bad();
    if (port[strspn(port, "0123456789")] != '\0' || strlen(port) > 5 || atoi(port) < 1 || atoi(port) > 65535)
        return bad();
    if (getaddrinfo(host, port, &hints, &own) != 0)
        return bad();

    int fd = socket(own->ai_family, own->ai_socktype, 0);
    if (fd == -1 || bind(fd, own->ai_addr, own->ai_addrlen) == -1) {
        fprintf(stderr, "udp_time_server: can't bind to port %s of %s: %s\n", port, host, strerror(errno));
        freeaddrinfo(own);
        return 1;
    }
    freeaddrinfo(own);

    if (pipe2(wake, O_NONBLOCK | O_CLOEXEC) == -1)
        return 1;
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigset_t mine;
    sigemptyset(&mine);
    sigaddset(&mine, SIGTERM);
    sigaddset(&mine, SIGINT);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGINT, &act, NULL);
    sigprocmask(SIG_UNBLOCK, &mine, NULL);

    struct pollfd both[2] = {{wake[0], POLLIN, 0}, {fd, POLLIN, 0}};
    while (both[0].revents == 0) {
        if (poll(both, 2, -1) > 0 && both[1].revents != 0)
            serve_some(fd);
        else if (errno == EINTR)
            continue;
    }
    close(fd);
    close(wake[0]);
    close(wake[1]);
    return 0;
}
