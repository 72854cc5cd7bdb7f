#define _GNU_SOURCE
#include "report/html.h"

#include <netinet/in.h>
#include <resolv.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "export/text.h"

/* HTML takes XML's escapes, and nothing of ours is between single quotes. */
void html_text(FILE *out, const char *text)
{
    xml_text(out, text, true);
}

void html_format(FILE *out, const char *format, ...)
{
    char text[2000];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    html_text(out, text);
}

static const struct hole *hole_named(const struct hole *holes, const char *name, size_t length)
{
    while (holes->name != NULL && (strlen(holes->name) != length || strncmp(holes->name, name, length) != 0))
        holes++;
    return holes->name == NULL ? NULL : holes;
}

void html_template(FILE *out, const char *text, const struct hole *holes, void *context)
{
    const char *begin;
    while ((begin = strstr(text, "{{")) != NULL) {
        const char *name = begin + 2;
        size_t length = strcspn(name, "}");
        const struct hole *hole = hole_named(holes, name, length);
        fwrite(text, 1, (size_t)(begin - text), out);
        if (hole != NULL)
            hole->fill(out, context);
        text = name + length + 2;
    }
    fputs(text, out);
}

void later_begin(struct later *later)
{
    later->html = open_memstream(&later->text, &later->length);
}

void later_end(struct later *later, FILE *out, const char *id)
{
    fclose(later->html);
    uLongf length = compressBound(later->length);
    size_t room = length / 3 * 4 + 8;
    unsigned char *packed = malloc(length);
    char *text = malloc(room);
    if (packed != NULL && text != NULL &&
        compress(packed, &length, (unsigned char *)later->text, later->length) == Z_OK &&
        b64_ntop(packed, length, text, room) != -1)
        fprintf(out, "<script type=\"application/zlib\" id=\"%s\">%s</script>\n", id, text);
    free(text);
    free(packed);
    free(later->text);
}

void html_policy(FILE *out, void *context)
{
    (void)context;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char text[64];
    SHA2_CTX state;
    SHA256Init(&state);
    SHA256Update(&state, (const unsigned char *)page_js, strlen(page_js));
    SHA256Final(digest, &state);
    b64_ntop(digest, sizeof digest, text, sizeof text);
    fprintf(out, "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-%s'", text);
}

void html_css(FILE *out, void *context)
{
    (void)context;
    fputs(page_css, out);
}

void html_js(FILE *out, void *context)
{
    (void)context;
    fputs(page_js, out);
}
