/* Another way: stdio on the connection. fdopen() twice, fputs() and fflush() for the line, fread() and fwrite()
 * for the answer; stdout is flushed, and its errors are looked for, at the end. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *address, *port_text;

static void complain(const char *what)
{
    fprintf(stderr, "tcp_client: %s (%s, port %s): %s\n", what, address, port_text, strerror(errno));
}

static int usage(void)
{
    fprintf(stderr, "usage: tcp_client ADDRESS PORT LINE\n");
    return 2;
}

/* Leaves no descriptor from 0 to 2 closed. What stands in for stdout cannot be written to. */
static void fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd < 3);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char *argv[])
{
    if (argc != 4)
        return usage();
    address = argv[1];
    port_text = argv[2];

    char *end;
    errno = 0;
    long port = strtol(port_text, &end, 10);
    if (!isdigit((unsigned char)port_text[0]) || *end != '\0' || errno != 0 || port < 1 || port > 65535)
        return usage();
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
    if (inet_pton(AF_INET, address, &server.sin_addr) <= 0)
        return usage();

    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        complain("socket");
        return 1;
    }
    if (connect(fd, (const struct sockaddr *)&server, sizeof server) != 0) {
        complain("connect");
        close(fd);
        return 1;
    }
    int copy = dup(fd);
    FILE *in = fdopen(fd, "rb");
    FILE *out = copy < 0 ? NULL : fdopen(copy, "wb");
    if (in == NULL || out == NULL) {
        complain("fdopen");
        return 1;
    }

    int status = 0;
    if (fputs(argv[3], out) == EOF || putc('\n', out) == EOF || fflush(out) == EOF) {
        complain("send");
        status = 1;
    }
    fclose(out);

    char block[1000];
    size_t n;
    while ((n = fread(block, 1, sizeof block, in)) > 0) {
        if (fwrite(block, 1, n, stdout) < n)
            break;
    }
    if (ferror(in)) {
        complain("receive");
        status = 1;
    }
    if (fflush(stdout) == EOF || ferror(stdout)) {
        complain("write the answer");
        status = 1;
    }
    fclose(in);
    return status;
}
