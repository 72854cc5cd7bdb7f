/* Different: one recvmsg() a byte, with a big control buffer; the file is read by stdio; perror; sends NAME by writev. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (argc != 3 || strlen(argv[1]) >= sizeof a.sun_path) {
        fprintf(stderr, "usage: fd_client SOCKET NAME\n");
        return 2;
    }
    while (open("/dev/null", O_RDWR) < 3)
        ;
    signal(SIGPIPE, SIG_IGN);
    strcpy(a.sun_path, argv[1]);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (s == -1 || connect(s, (struct sockaddr *)&a, sizeof a) == -1) {
        perror(argv[1]);
        return 1;
    }
    struct iovec question[2] = {{argv[2], strlen(argv[2])}, {"\n", 1}};
    if (writev(s, question, 2) == -1) {
        perror(argv[1]);
        return 1;
    }
    char line[500] = "";
    size_t n = 0;
    int files[64];
    size_t count = 0;
    do {
        char control[CMSG_SPACE(60 * sizeof(int))] __attribute__((aligned(8)));
        struct iovec byte = {line + n, 1};
        struct msghdr m = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        ssize_t r = recvmsg(s, &m, 0);
        if (r <= 0) {
            fprintf(stderr, "fd_client: %s: %s\n", argv[1], r == 0 ? "no answer" : strerror(errno));
            return 1;
        }
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        if (c != NULL && c->cmsg_type == SCM_RIGHTS) {
            size_t more = (c->cmsg_len - sizeof *c) / sizeof(int);
            if (count + more > sizeof files / sizeof *files)
                more = sizeof files / sizeof *files - count;
            memcpy(files + count, CMSG_DATA(c), more * sizeof(int));
            count += more;
        }
    } while (line[n] != '\n' && ++n < sizeof line - 1);
    line[n] = '\0';
    int right = strcmp(line, "ok") == 0 && count == 1;
    for (size_t i = right; i < count; i++)
        close(files[i]);
    if (!right) {
        fprintf(stderr, "fd_client: %s: %s\n", argv[2], strcmp(line, "ok") == 0 ? "not one descriptor" : line);
        return 1;
    }
    FILE *file = fdopen(files[0], "r");
    char buffer[3000];
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
        fwrite(buffer, 1, n, stdout);
    if (ferror(file) || ferror(stdout) || fflush(stdout) == EOF) {
        perror(argv[2]);
        return 1;
    }
    fclose(file);
    close(s);
    return 0;
}
