/* look/groups.h: the multicast groups of this network namespace. */
#include "look/groups.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum { FDS_MAX = 8 };

static int opened[FDS_MAX];
static int opened_count;

static void close_all(void)
{
    while (opened_count > 0)
        close(opened[--opened_count]);
    unit_tear_down();
}

/* A group that hardly anybody else is a member of, another for each process and test. */
static struct in_addr some_group(void)
{
    static unsigned int number;
    return (struct in_addr){htonl(0xefff0000 | (((unsigned int)getpid() * 8 + number++) & 0xffff))};
}

static int loopback(void)
{
    return (int)if_nametoindex("lo");
}

static void join(struct in_addr group)
{
    struct ip_mreqn membership = {.imr_multiaddr = group, .imr_ifindex = loopback()};
    int fd = opened[opened_count++] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) == 0);
}

static void members_are_counted_and_leave_when_they_close(void)
{
    struct in_addr group = some_group();
    assert_number(groups_users(loopback(), group), 0);
    join(group);
    assert_number(groups_users(loopback(), group), 1);
    join(group);
    assert_number(groups_users(loopback(), group), 2);
    close(opened[--opened_count]);
    assert_number(groups_users(loopback(), group), 1);
}

static void interfaces_and_groups_are_told_apart(void)
{
    struct in_addr group = some_group();
    struct in_addr other = some_group();
    join(group);
    assert_number(groups_users(loopback() + 1000, group), 0);
    assert_number(groups_users(loopback(), other), 0);
    join(other);
    assert_number(groups_users(loopback(), group), 1);
    assert_number(groups_users(loopback(), other), 1);
}

static bool is_on_loopback(const struct membership *membership, void *context)
{
    *(struct membership *)context = *membership;
    return membership->index == loopback() && membership->group.s_addr == htonl(INADDR_ALLHOSTS_GROUP);
}

static void an_interface_is_named(void)
{
    struct membership found = {0};
    CU_ASSERT_FATAL(groups_find(is_on_loopback, &found));
    assert_text(found.interface, "lo");
}

static CU_TestInfo tests[] = {
    {"members are counted, and leave when they close", members_are_counted_and_leave_when_they_close},
    {"interfaces and groups are told apart", interfaces_and_groups_are_told_apart},
    {"an interface is named", an_interface_is_named},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo groups_suite = {"groups", NULL, NULL, NULL, close_all, tests};
