#define _GNU_SOURCE
#include "class/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "class/gradebook.h"
#include "class/similar.h"
#include "record/result.h"
#include "report/class_page.h"
#include "report/feedback.h"
#include "report/mark.h"
#include "run/path.h"

struct pages {
    sqlite3 *db;
    const struct kit *kit;
    const char *folder;
    const char *problem; /* the first; NULL as long as all went well */
    bool has_feedback;   /* each student's is written, when the class page first goes through the class */
};

static void failed(struct pages *pages, const char *path)
{
    static char text[PATH_MAX + 100];
    snprintf(text, sizeof text, "%s: %s", path, strerror(errno));
    if (pages->problem == NULL)
        pages->problem = text;
}

/* A file that takes the place of the older one when it is complete. Only its owner may read it. */
struct draft {
    struct path path;
    struct path new;
    FILE *file; /* NULL if it could not be made, which was told */
};

static struct draft draft_begin(struct pages *pages, const char *name, const char *ending)
{
    struct draft draft = {.path = path_of("%s/%s%s", pages->folder, name, ending),
                          .new = path_of("%s/%s%s.new", pages->folder, name, ending)};
    int fd = open(draft.new.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    draft.file = fd == -1 ? NULL : fdopen(fd, "w");
    if (draft.file == NULL)
        failed(pages, draft.new.text);
    return draft;
}

static void draft_end(struct pages *pages, const struct draft *draft)
{
    int broken = ferror(draft->file);
    if (fclose(draft->file) == 0 && !broken && pages->problem == NULL && rename(draft->new.text, draft->path.text) == 0)
        return;
    failed(pages, draft->path.text); /* which tells the first problem; the older file stays */
    unlink(draft->new.text);
}

static void write_feedback(struct pages *pages, const json_t *document)
{
    static const struct {
        const char *ending;
        void (*write)(FILE *out, const json_t *document);
    } kinds[] = {{".html", feedback_html}, {".md", feedback_markdown}};
    struct path name = path_of("feedback/%s", slug_of(result_text(document, "submission")).text);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && pages->problem == NULL; i++) {
        struct draft draft = draft_begin(pages, name.text, kinds[i].ending);
        if (draft.file == NULL)
            return;
        kinds[i].write(draft.file, document);
        draft_end(pages, &draft);
    }
}

struct pass {
    struct pages *pages;
    void (*tell)(void *context, json_t *document);
    void *context;
};

static void tell_also(void *context, json_t *document)
{
    const struct pass *pass = context;
    if (!pass->pages->has_feedback)
        write_feedback(pass->pages, document);
    pass->tell(pass->context, document);
}

static void each(void *of, void (*tell)(void *context, json_t *document), void *context)
{
    struct pass pass = {of, tell, context};
    gradebook_documents(pass.pages->db, tell_also, &pass);
    pass.pages->has_feedback = true;
}

static void alike(void *of, void (*tell)(void *context, json_t *program), void *context)
{
    similar_programs(((struct pages *)of)->db, ((struct pages *)of)->kit, tell, context);
}

int pages_write(sqlite3 *db, const struct kit *kit, const char *folder, const char **problem)
{
    struct pages pages = {.db = db, .kit = kit, .folder = folder};
    if (folder_make(path_of("%s/feedback", folder).text, 0700) == -1)
        failed(&pages, path_of("%s/feedback", folder).text);
    struct draft page = {.file = NULL};
    if (pages.problem == NULL)
        page = draft_begin(&pages, "index", ".html");
    if (page.file != NULL) {
        if (!class_page(page.file, &(struct class_source){each, alike, &pages}))
            failed(&pages, page.path.text);
        draft_end(&pages, &page);
    }
    *problem = pages.problem;
    return pages.problem == NULL ? 0 : -1;
}
