/** sockeye export: results as other systems read them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class/documents.h"
#include "commands/arguments.h"
#include "export/export.h"
#include "sockeye.h"

const char help_export[] =
    "Makes of results what other systems read. RESULT is a file that check --json has written, or - for stdin; it may "
    "hold an array of results, a class. A gradebook will do, too, or the folder that sockeye grade keeps one in. "
    "FORMAT "
    "is one of these:\n"
    "\n"
    "  gradescope\tresults.json of a Gradescope autograder (make gradescope packs one)\n"
    "  classroom50\tresult.json of Classroom 50; takes the environment of its runner\n"
    "  junit\tJUnit XML: GitLab, Jenkins, and others\n"
    "  github\tannotations for GitHub Actions, and a table in $GITHUB_STEP_SUMMARY\n"
    "  tap\tTAP 14, the Test Anything Protocol\n"
    "  check50\tthe JSON of check50\n"
    "  json\tan array of results with the marks of a class, for tools of your own\n"
    "  canvas\tfills in a gradebook that was downloaded from Canvas\n"
    "  moodle\tfills in a grading worksheet that was downloaded from Moodle\n"
    "\n"
    "  -o FILE\twrites it into FILE instead of stdout\n"
    "  --sheet FILE\tthe sheet that canvas or moodle fills in; nothing else in it changes\n"
    "  --column TITLE\tthe sheet's column to fill in, if it can't be told\n"
    "\n"
    "The status is 0 when all results went in, whatever the marks, and 1 when not all did: what is missing is said on "
    "stderr.\n";

enum { SHEET_MAX = 64 << 20 };

struct export_options {
    const struct export_format *format;
    const char *output;
    const char *sheet;
    const char *column;
};

static int no_such_format(const char *word)
{
    char names[300] = "";
    const struct export_format *format;
    for (int i = 0; (format = export_format_at(i)) != NULL; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, " %s", format->name);
    }
    return usage_error("export knows no format '%s'. It knows:%s", word, names);
}

static int read_options(int argc, char *argv[], struct export_options *options)
{
    static const struct option names[] = {
        {"as", required_argument, NULL, 'a'},
        {"output", required_argument, NULL, 'o'},
        {"sheet", required_argument, NULL, 's'},
        {"column", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    int name;
    const char *as = NULL;
    while ((name = argument_option(argc, argv, "o:", names)) != -1) {
        switch (name) {
        case 'a': as = optarg; break;
        case 'o': options->output = optarg; break;
        case 's': options->sheet = optarg; break;
        case 'c': options->column = optarg; break;
        default: return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return usage_error("export which result? %s check --json FILE writes one", sockeye_name());
    if (as == NULL)
        return usage_error("export needs --as FORMAT: %s help export lists them", sockeye_name());
    options->format = export_format_named(as);
    if (options->format == NULL)
        return no_such_format(as);
    if (options->format->sheet && options->sheet == NULL)
        return usage_error("--as %s fills in a sheet: name the one that you downloaded with --sheet FILE", as);
    if (!options->format->sheet && (options->sheet != NULL || options->column != NULL))
        return usage_error("--sheet and --column are for --as canvas and --as moodle, not for %s", as);
    return 0;
}

/* A whole file; NULL with errno. */
static char *read_sheet(const char *name, size_t *length)
{
    FILE *file = fopen(name, "re");
    char *text = NULL;
    *length = 0;
    if (file == NULL)
        return NULL;
    FILE *memory = open_memstream(&text, length);
    char buffer[65536];
    size_t n;
    size_t all = 0;
    while (memory != NULL && all <= SHEET_MAX && (n = fread(buffer, 1, sizeof buffer, file)) > 0)
        all += fwrite(buffer, 1, n, memory);
    int reason = ferror(file) ? errno : all > SHEET_MAX ? EFBIG : 0;
    fclose(file);
    if (memory == NULL || fclose(memory) == EOF || reason != 0) {
        free(text);
        errno = reason == 0 ? ENOMEM : reason;
        return NULL;
    }
    return text;
}

static int write_output(const char *name, const char *text, size_t length)
{
    FILE *file = name == NULL ? stdout : fopen(name, "we");
    if (file == NULL)
        return fault_error("can't write %s: %s", name, strerror(errno));
    bool failed = fwrite(text, 1, length, file) != length || fflush(file) == EOF;
    int reason = errno;
    if (name != NULL && fclose(file) == EOF && !failed) {
        failed = true;
        reason = errno;
    }
    return failed ? fault_error("can't write %s: %s", name == NULL ? "what was exported" : name, strerror(reason)) : 0;
}

/* Returns an exit status. */
static int run_export(const struct export_options *options, struct export *export)
{
    char *text = NULL;
    size_t length;
    export->out = open_memstream(&text, &length);
    if (export->out == NULL)
        return fault_error("no memory");
    int status = export_write(options->format, export);
    if (fclose(export->out) == EOF)
        status = export_fails(export, "no memory");
    size_t i;
    json_t *note;
    json_array_foreach (export->notes, i, note) {
        refusal("%s", json_string_value(note));
    }
    if (status == -1)
        status = refusal("no export: %s", export->problem);
    else if (write_output(options->output, text, length) != 0)
        status = EXIT_FAULT;
    free(text);
    return status;
}

int command_export(const struct kit *kit, int argc, char *argv[])
{
    (void)kit;
    struct export_options options = {0};
    int status = read_options(argc, argv, &options);
    if (status != 0)
        return status;
    json_t *documents = json_array();
    char problem[600];
    for (int i = optind; status == 0 && i < argc; i++) {
        if (documents_read(argv[i], documents, problem, sizeof problem) == -1)
            status = usage_error("%s", problem);
    }
    struct export export = {.documents = documents, .column = options.column, .notes = json_array()};
    char *sheet = NULL;
    if (status == 0 && options.sheet != NULL) {
        sheet = read_sheet(options.sheet, &export.sheet_length);
        export.sheet = sheet;
        if (sheet == NULL)
            status = usage_error("can't read %s: %s", options.sheet, strerror(errno));
    }
    if (status == 0)
        status = run_export(&options, &export);
    free(sheet);
    json_decref(export.notes);
    json_decref(documents);
    return status;
}
