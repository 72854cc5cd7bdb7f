#include "report/wire_html.h"

#include <string.h>

#include "record/result.h"
#include "report/html.h"
#include "report/wire.h"

enum { BYTES_SHOWN = 120 };

/* A step's words; long ones are cut, which is said. */
static void words_html(FILE *out, const struct wire_step *step)
{
    size_t length = strlen(step->words);
    size_t cut = BYTES_SHOWN;
    int bytes = result_number(step->event, "bytes");
    if (length <= BYTES_SHOWN) {
        html_text(out, step->words);
        return;
    }
    while (((unsigned char)step->words[cut] & 0xc0) == 0x80)
        cut--;
    html_format(out, "%.*s…", (int)cut, step->words);
    if (bytes > 0)
        fprintf(out, " <small>(%d bytes)</small>", bytes);
}

static void step_html(void *context, const struct wire_step *step)
{
    FILE *out = context;
    const char *from = result_text(step->event, "from");
    const char *to = result_text(step->event, "to");
    bool to_you = strcmp(to, "you") == 0;
    fprintf(out, "<li class=\"%s\"><span>", !step->is_message ? "step" : to_you ? "in" : "out");
    if (step->is_message) {
        fputs("<span class=\"sr\">", out);
        html_format(out, "%s to %s: ", from, to);
        fputs("</span>", out);
    }
    words_html(out, step);
    fprintf(out, "</span><time>%.3f<span class=\"sr\"> s</span></time>",
            json_real_value(json_object_get(step->event, "t")));
    if (step->is_message) {
        fputs("<i aria-hidden=\"true\">", out);
        html_text(out, to_you ? from : to);
        fputs("</i>", out);
    }
    fputs("</li>\n", out);
}

void wire_html(FILE *out, const json_t *wire, int max)
{
    if (json_array_size(wire) == 0)
        return;
    fputs("<div class=\"wire\" role=\"group\" aria-label=\"The conversation\">\n"
          "<p aria-hidden=\"true\"><span>program</span><span>peer</span></p>\n",
          out);
    fputs("<ol>\n", out);
    int earlier = wire_tell(wire, max, step_html, out);
    fputs("</ol>\n", out);
    if (earlier > 0)
        fprintf(out, "<p class=\"earlier\">These are the last steps; %d earlier one%s left out.</p>\n", earlier,
                earlier == 1 ? " is" : "s are");
    fputs("</div>\n", out);
}
