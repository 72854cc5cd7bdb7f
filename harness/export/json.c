/* JSON: the documents themselves, as docs/result-v1.md tells them, hidden checks and all. */
#include "export/export.h"

int export_json(struct export *export)
{
    if (json_dumpf(export->documents, export->out, JSON_INDENT(1)) == -1 || fputc('\n', export->out) == EOF)
        return export_fails(export, "no memory");
    return 0;
}
