/* check/tftp.h: datagrams, made and told apart. */
#define _GNU_SOURCE
#include "check/tftp.h"

#include "unit.h"

static bool same(struct bytes a, struct bytes b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

static void datagrams_are_as_the_rfc_has_them(void)
{
    CU_ASSERT(same(tftp_request(TFTP_READ, "x"), literal("\0\1x\0octet\0")));
    CU_ASSERT(same(tftp_request(TFTP_WRITE, "x"), literal("\0\2x\0octet\0")));
    CU_ASSERT(same(tftp_ack(258), literal("\0\4\1\2")));
    CU_ASSERT(same(tftp_error(5, "no"), literal("\0\5\0\5no\0")));
    CU_ASSERT(same(tftp_data(2, join(repeated('a', 512), "bc")), literal("\0\3\0\2bc")));
}

static void block_numbers_have_16_bits(void)
{
    assert_number(tftp_number(tftp_ack(65535)), 65535);
    assert_number(tftp_number(tftp_ack(65536)), 0);
    assert_number(tftp_number(tftp_ack(65537)), 1);
}

static void the_last_block_is_not_full(void)
{
    assert_number(tftp_blocks(bytes("")), 1);
    assert_number(tftp_blocks(repeated('a', 511)), 1);
    assert_number(tftp_blocks(repeated('a', 512)), 2);
    assert_number(tftp_data(2, repeated('a', 512)).length, TFTP_HEADER);
}

static void the_case_of_a_mode_does_not_matter(void)
{
    struct bytes request = tftp_request(TFTP_READ, "x");
    CU_ASSERT(tftp_same_request(request, literal("\0\1x\0OcTeT\0")));
    CU_ASSERT(!tftp_same_request(request, literal("\0\1X\0octet\0")));
    CU_ASSERT(!tftp_same_request(request, literal("\0\1x\0octets")));
    CU_ASSERT(!tftp_same_request(request, literal("\0\1x\0octet")));
    CU_ASSERT(!tftp_same_request(request, bytes("")));
}

static void datagrams_have_words(void)
{
    assert_text(tftp_words(tftp_ack(3)), "ACK 3");
    assert_text(tftp_words(literal("\0\3\0\1x")), "DATA 1 with 1 byte");
    assert_text(tftp_words(literal("\0\5\0\2no NUL")), "ERROR 2 \"no NUL\"");
    assert_text(tftp_words(tftp_request(TFTP_WRITE, "a b")), "a request to write \"a b\"");
    assert_text(tftp_words(literal("\0\4\0")), "3 bytes that are no TFTP");
    assert_text(tftp_words(bytes("")), "0 bytes that are no TFTP");
}

static CU_TestInfo tests[] = {
    {"datagrams are as the RFC has them", datagrams_are_as_the_rfc_has_them},
    {"block numbers have 16 bits", block_numbers_have_16_bits},
    {"the last block is not full", the_last_block_is_not_full},
    {"the case of a mode does not matter", the_case_of_a_mode_does_not_matter},
    {"datagrams have words", datagrams_have_words},
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo tftp_suite = {"tftp", NULL, NULL, NULL, unit_tear_down, tests};
