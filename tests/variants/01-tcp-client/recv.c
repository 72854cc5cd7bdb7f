/* Another way: send() and recv() in place of write() and read(), the line and its newline in one buffer, the
 * answer in a large buffer on the heap. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16 };

static bool send_all(int sock, const char *bytes, size_t count)
{
    size_t sent = 0;
    while (sent < count) {
        ssize_t n = send(sock, bytes + sent, count - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

static bool output(const char *bytes, size_t count)
{
    size_t written = 0;
    while (written < count) {
        ssize_t n = write(STDOUT_FILENO, bytes + written, count - written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        written += (size_t)n;
    }
    return true;
}

static bool valid_port(const char *text, unsigned short *port)
{
    unsigned long value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (unsigned long)(*text - '0');
        if (value > 65535)
            return false;
    }
    *port = (unsigned short)value;
    return value != 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to;
    unsigned short port;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    if (argc != 4 || !valid_port(argv[2], &port) || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        fputs("usage: tcp_client ADDRESS PORT LINE (an IPv4 address, a port from 1 to 65535)\n", stderr);
        return 2;
    }
    to.sin_port = htons(port);
    signal(SIGPIPE, SIG_IGN);

    size_t length = strlen(argv[3]);
    char *message = malloc(length + 1), *buffer = malloc(BUFFER_SIZE);
    int sock = -1, result = EXIT_FAILURE;
    if (message == NULL || buffer == NULL) {
        fprintf(stderr, "tcp_client: %s:%s: no memory\n", argv[1], argv[2]);
        goto out;
    }
    memcpy(message, argv[3], length);
    message[length] = '\n';

    int low[3], lows = 0;       /* the numbers 0, 1 and 2 are not for the socket */
    while ((sock = socket(PF_INET, SOCK_STREAM, IPPROTO_TCP)) >= 0 && sock < 3)
        low[lows++] = sock;
    while (lows > 0)
        close(low[--lows]);
    if (sock < 0 || connect(sock, (struct sockaddr *)&to, sizeof to) < 0) {
        fprintf(stderr, "tcp_client: %s:%s: %s\n", argv[1], argv[2], strerror(errno));
        goto out;
    }
    bool sent = send_all(sock, message, length + 1);
    if (!sent)
        fprintf(stderr, "tcp_client: sending to %s:%s: %s\n", argv[1], argv[2], strerror(errno));
    for (;;) {
        ssize_t n = recv(sock, buffer, BUFFER_SIZE, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fprintf(stderr, "tcp_client: receiving from %s:%s: %s\n", argv[1], argv[2], strerror(errno));
            goto out;
        }
        if (n == 0)
            break;
        if (!output(buffer, (size_t)n)) {
            fprintf(stderr, "tcp_client: printing what %s:%s sent: %s\n", argv[1], argv[2], strerror(errno));
            goto out;
        }
    }
    if (sent)
        result = EXIT_SUCCESS;
out:
    if (sock >= 0)
        close(sock);
    free(buffer);
    free(message);
    return result;
}
