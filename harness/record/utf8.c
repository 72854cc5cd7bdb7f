#include "record/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
int utf8_bytes(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    int bytes = c[0] == 0     ? 0
                : c[0] < 0x80 ? 1
                : c[0] < 0xc2 ? 0
                : c[0] < 0xe0 ? 2
                : c[0] < 0xf0 ? 3
                : c[0] < 0xf5 ? 4
                              : 0;
    for (int i = 1; i < bytes; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    bool beyond = (c[0] == 0xed && c[1] >= 0xa0) || (c[0] == 0xf4 && c[1] >= 0x90);
    return bytes > 2 && (overlong || beyond) ? 0 : bytes;
}

void utf8_mend(char *text)
{
    while (*text != '\0') {
        int bytes = utf8_bytes(text);
        if (bytes == 0)
            *text = '?';
        text += bytes == 0 ? 1 : bytes;
    }
}

/* C0, DEL, and U+0080 to U+009F, of which terminals make something, too. */
static bool is_control(const char *text)
{
    unsigned char c = (unsigned char)text[0];
    return c < ' ' || c == 0x7f || (c == 0xc2 && (unsigned char)text[1] < 0xa0);
}

void utf8_line(char *to, size_t size, const char *from)
{
    size_t used = 0;
    while (*from != '\0') {
        char character[16] = "";
        int bytes = utf8_bytes(from);
        int taken = bytes == 0 ? 1 : bytes;
        bool plain = bytes > 0 && !is_control(from);
        if (plain)
            memcpy(character, from, (size_t)bytes);
        for (int i = 0; !plain && i < taken; i++)
            sprintf(character + 4 * i, "\\%03o", (unsigned char)from[i]);
        size_t length = strlen(character);
        if (used + length >= size)
            break;
        memcpy(to + used, character, length);
        used += length;
        from += taken;
    }
    to[used] = '\0';
}
