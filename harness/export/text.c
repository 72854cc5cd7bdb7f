#include "export/text.h"

#include <string.h>

#include "record/utf8.h"

/* The character of three bytes at the start of @p text; 0 if there is no such. */
static unsigned int three_bytes(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    return utf8_bytes(text) == 3 ? (c[0] & 0xfU) << 12 | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU) : 0;
}

static const char *xml_entity(char c, bool attribute)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return attribute ? "&quot;" : NULL;
    case '\r': return "&#13;"; /* or a parser makes a newline of it */
    case '\n': return attribute ? "&#10;" : NULL;
    case '\t': return attribute ? "&#9;" : NULL;
    default: return NULL;
    }
}

void xml_text(FILE *out, const char *text, bool attribute)
{
    while (*text != '\0') {
        int bytes = utf8_bytes(text);
        const char *entity = xml_entity(*text, attribute);
        bool control = (unsigned char)*text < ' ' && *text != '\n' && *text != '\t';
        if (entity != NULL)
            fputs(entity, out);
        else if (bytes == 0 || control || three_bytes(text) >= 0xfffe)
            fprintf(out, "\\%03o", (unsigned char)*text), bytes = 1;
        else
            fwrite(text, 1, (size_t)bytes, out);
        text += bytes;
    }
}

/* Line ends beside the newline, the byte order mark, and what is no character: YAML does not take them as they are. */
static bool yaml_is_special(unsigned int character)
{
    return character == 0x2028 || character == 0x2029 || character == 0xfeff || character >= 0xfffe;
}

/* In YAML \xNN is a character, not a byte; so are the C1 controls, U+0080 to U+009F, which are not printable either. */
static bool yaml_escape(FILE *out, const char *text, int bytes)
{
    unsigned char c = (unsigned char)text[0];
    if (c == '\n')
        fputs("\\n", out);
    else if (c == '\t')
        fputs("\\t", out);
    else if (c == '"' || c == '\\')
        fprintf(out, "\\%c", c);
    else if (c < ' ' || c == 0x7f || bytes == 0)
        fprintf(out, "\\x%02x", c);
    else if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
        fprintf(out, "\\x%02x", (unsigned char)text[1]);
    else if (yaml_is_special(three_bytes(text)))
        fprintf(out, "\\u%04x", three_bytes(text));
    else
        return false;
    return true;
}

void yaml_text(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text != '\0') {
        int bytes = utf8_bytes(text);
        if (!yaml_escape(out, text, bytes))
            fwrite(text, 1, (size_t)bytes, out);
        text += bytes == 0 ? 1 : bytes;
    }
    fputc('"', out);
}

void yaml_block(FILE *out, const char *text, int indent)
{
    text += strspn(text, " \n"); /* its first line tells how far it is indented */
    for (bool begins = true; *text != '\0';) {
        int bytes = utf8_bytes(text);
        bool control = ((unsigned char)*text < ' ' && *text != '\n' && *text != '\t') || *text == 0x7f ||
                       (bytes == 2 && *text == '\xc2' && (unsigned char)text[1] < 0xa0);
        if (begins)
            fprintf(out, "%*s", indent, "");
        if (bytes == 0 || control || yaml_is_special(three_bytes(text)))
            fputc('?', out);
        else
            fwrite(text, 1, (size_t)bytes, out);
        begins = *text == '\n';
        text += bytes == 0 ? 1 : bytes;
    }
}
