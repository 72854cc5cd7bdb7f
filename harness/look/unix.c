#define _GNU_SOURCE
#include "look/unix.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "look/diag.h"

enum { ACCEPTS_CONNECTIONS = 1 << 16 }; /* __SO_ACCEPTCON, in the flags of /proc/net/unix */

struct request {
    struct nlmsghdr header;
    struct unix_diag_req body;
};

static enum diag_answer send_request(const struct request *request)
{
    int fd = diag_netlink();
    return fd != -1 && send(fd, request, sizeof *request, 0) == (ssize_t)sizeof *request ? DIAG_FOUND
                                                                                         : DIAG_UNAVAILABLE;
}

/* The kernel packs a device's numbers otherwise than stat(2) does. */
static bool is_file(const struct unix_diag_vfs *vfs, const struct stat *file)
{
    return vfs->udiag_vfs_ino == (__u32)file->st_ino &&
           vfs->udiag_vfs_dev == (major(file->st_dev) << 20 | minor(file->st_dev));
}

enum unix_listener unix_listener(const struct stat *file)
{
    struct request request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = AF_UNIX, .udiag_states = 1U << SOCKET_STATE_LISTEN, .udiag_show = UDIAG_SHOW_VFS}};
    if (send_request(&request) == DIAG_UNAVAILABLE)
        return UNIX_UNKNOWN;
    enum unix_listener answer = UNIX_NOBODY;
    for (;;) {
        _Alignas(struct nlmsghdr) char buffer[16384];
        ssize_t length = recv(diag_netlink(), buffer, sizeof buffer, 0);
        if (length <= 0)
            return UNIX_UNKNOWN;
        const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
        for (; NLMSG_OK(header, (size_t)length); header = NLMSG_NEXT(header, length)) {
            if (header->nlmsg_type == NLMSG_DONE)
                return answer;
            if (header->nlmsg_type == NLMSG_ERROR)
                return UNIX_UNKNOWN;
            struct unix_diag_vfs vfs;
            if (diag_attribute(header, sizeof(struct unix_diag_msg), UNIX_DIAG_VFS, &vfs, sizeof vfs) &&
                is_file(&vfs, file))
                answer = UNIX_LISTENS;
        }
    }
}

bool unix_is_listening(unsigned long inode)
{
    FILE *list = fopen("/proc/net/unix", "re");
    char line[512];
    bool found = false;
    while (list != NULL && !found && fgets(line, sizeof line, list) != NULL) {
        unsigned long own;
        unsigned int flags;
        found = sscanf(line, "%*s %*x %*x %x %*x %*x %lu", &flags, &own) == 2 && own == inode &&
                (flags & ACCEPTS_CONNECTIONS) != 0;
    }
    if (list != NULL)
        fclose(list);
    return found;
}

/* The inode of the socket that @p inode is connected to; 0 if nobody holds that. */
static enum diag_answer peer_of(unsigned long inode, unsigned long *peer)
{
    struct request request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = AF_UNIX,
                 .udiag_states = ~0U,
                 .udiag_ino = (__u32)inode,
                 .udiag_show = UDIAG_SHOW_PEER,
                 .udiag_cookie = {~0U, ~0U}}};
    _Alignas(struct nlmsghdr) char buffer[4096];
    if (send_request(&request) == DIAG_UNAVAILABLE)
        return DIAG_UNAVAILABLE;
    ssize_t length = recv(diag_netlink(), buffer, sizeof buffer, 0);
    const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
    if (length <= 0 || !NLMSG_OK(header, (size_t)length) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return DIAG_UNAVAILABLE;
    __u32 found = 0;
    diag_attribute(header, sizeof(struct unix_diag_msg), UNIX_DIAG_PEER, &found, sizeof found);
    *peer = found;
    return DIAG_FOUND;
}

bool unix_other_end(int fd, struct socket_row *row)
{
    struct stat own;
    int unread = 0;
    *row = (struct socket_row){.kind = SOCKET_UNIX, .state = SOCKET_STATE_ESTABLISHED};
    if (fstat(fd, &own) == -1 || ioctl(fd, SIOCOUTQ, &unread) == -1)
        return false;
    row->receiving = (unsigned long)unread;
    if (peer_of((unsigned long)own.st_ino, &row->inode) == DIAG_UNAVAILABLE) {
        struct pollfd hangup = {.fd = fd};
        bool closed = poll(&hangup, 1, 0) == 1 && (hangup.revents & POLLHUP) != 0;
        row->inode = closed ? 0 : ~0UL; /* somebody holds it: who, is not known */
    }
    return true;
}
