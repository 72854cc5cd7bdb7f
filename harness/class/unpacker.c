/* The unpacker: a program of its own, which reads one archive and tells what is in it. See class/unpack.h.
 *
 *     unpacker list|take|metadata SECONDS UID < ARCHIVE 3> LINES
 *
 * It trusts nothing that it reads, and nobody trusts it: it runs in a world of its own, in a cage. It is the one program
 * of the kit that is linked with libarchive.
 */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <iconv.h>
#include <jansson.h>
#include <locale.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/cage.h"
#include "class/metadata.h"
#include "class/names.h"
#include "class/submission.h"
#include "class/unpack.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
enum { OWN_MEMORY = true }; /* a sanitizer has no memory below a limit */
#else
enum { OWN_MEMORY = false };
#endif

static FILE *lines;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "unpacker: could not %s: %s\n", what, strerror(errno));
    exit(3);
}

static void tell(json_t *line)
{
    if (line == NULL || json_dumpf(line, lines, JSON_COMPACT | JSON_ENSURE_ASCII) == -1 || fputc('\n', lines) == EOF)
        give_up("tell what is there");
    json_decref(line);
}

static json_t *shown(const char *words)
{
    char *text = name_shown(words, strlen(words));
    json_t *value = text == NULL ? NULL : json_string(text);
    free(text);
    return value;
}

/* ------------------------------------------------ names */

static bool is_utf8(const char *bytes)
{
    json_t *value = json_string(bytes);
    json_decref(value);
    return value != NULL;
}

/* Old zip programs write names in the characters of the first PC, and do not say so. */
static char *from_cp437(const char *bytes)
{
    size_t left = strlen(bytes);
    size_t room = left * 3;
    char *text = calloc(room + 1, 1);
    char *to = text;
    iconv_t converter = iconv_open("UTF-8", "CP437");
    if (text == NULL || converter == (iconv_t)-1 ||
        iconv(converter, &(char *){(char *)(size_t)bytes}, &left, &to, &room) == (size_t)-1) {
        free(text);
        text = NULL;
    }
    if (converter != (iconv_t)-1)
        iconv_close(converter);
    return text;
}

/* The path with "/" alone between folders; the caller frees it. */
static char *path_of_entry(struct archive *archive, struct archive_entry *entry)
{
    const char *raw = archive_entry_pathname(entry);
    if (raw == NULL)
        raw = archive_entry_pathname_utf8(entry);
    if (raw == NULL)
        return NULL;
    bool is_zip = (archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP;
    char *path = is_zip && !is_utf8(raw) ? from_cp437(raw) : NULL;
    if (path == NULL)
        path = strdup(raw);
    for (char *at = path; at != NULL && (at = strchr(at, '\\')) != NULL;)
        *at = '/';
    return path;
}

static const char *kind_of(struct archive_entry *entry)
{
    if (archive_entry_hardlink(entry) != NULL)
        return "hardlink";
    switch (archive_entry_filetype(entry)) {
    case 0: /* not every format knows */
    case AE_IFREG: return "file";
    case AE_IFDIR: return "folder";
    case AE_IFLNK: return "symlink";
    case AE_IFCHR:
    case AE_IFBLK: return "device";
    case AE_IFIFO: return "fifo";
    case AE_IFSOCK: return "socket";
    default: return "unknown";
    }
}

/* ------------------------------------------------ data */

static const char *words_of(struct archive *archive)
{
    const char *words = archive_error_string(archive);
    return words == NULL ? "it is broken" : words;
}

/* How much of an entry is wanted; 0: nothing. One byte more than is allowed shows that it is too much. */
static size_t wanted(enum unpack_way way, enum name name)
{
    if (way == UNPACK_LIST)
        return name == NAME_METADATA ? UNPACK_METADATA_MAX : 0;
    return name == NAME_SOURCE ? HANDED_IN_FILE_MAX + 1 : name == NAME_ARCHIVE ? HANDED_IN_TOTAL_MAX + 1 : 0;
}

/* Tells an entry's data, in pieces. */
static void tell_data(struct archive *archive, size_t left)
{
    static unsigned char piece[UNPACK_PIECE];
    static char text[UNPACK_PIECE / 3 * 4 + 4];
    while (left > 0) {
        ssize_t n = archive_read_data(archive, piece, left < sizeof piece ? left : sizeof piece);
        if (n == ARCHIVE_RETRY)
            continue;
        if (n < 0)
            tell(json_pack("{so}", "problem", shown(words_of(archive))));
        if (n <= 0)
            return;
        if (b64_ntop(piece, (size_t)n, text, sizeof text) == -1 || fprintf(lines, "{\"data\":\"%s\"}\n", text) < 0)
            give_up("tell what is there");
        left -= (size_t)n;
    }
}

static void tell_entry(struct archive *archive, struct archive_entry *entry, enum unpack_way way, size_t number)
{
    char *path = path_of_entry(archive, entry);
    enum name name = path == NULL ? NAME_OTHER : name_of(path);
    const char *kind = kind_of(entry);
    bool encrypted = archive_entry_is_encrypted(entry) != 0;
    if (path == NULL || name != NAME_HIDDEN) {
        json_t *line = json_pack("{sI ss so sI sI}", "entry", (json_int_t)number, "kind", kind, "path",
                                 shown(path == NULL ? "" : path), "size",
                                 (json_int_t)(archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1),
                                 "time",
                                 (json_int_t)(archive_entry_mtime_is_set(entry) ? archive_entry_mtime(entry) : 0));
        if (path == NULL)
            json_object_set_new(line, "problem", json_string("its name can't be read"));
        else if (encrypted)
            json_object_set_new(line, "problem", json_string("it is encrypted: hand it in without a password"));
        tell(line);
        if (strcmp(kind, "file") == 0 && !encrypted)
            tell_data(archive, wanted(way, name));
    }
    free(path);
}

/* ------------------------------------------------ the archive */

static struct archive *reader(void)
{
    struct archive *archive = archive_read_new();
    if (archive == NULL)
        give_up("begin");
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_format_zip(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_7zip(archive);
    return archive;
}

static void tell_end(const char *problem)
{
    tell(problem == NULL ? json_pack("{sn}", "end") : json_pack("{so}", "end", shown(problem)));
}

static void tell_archive(const void *data, size_t length, enum unpack_way way)
{
    struct archive *archive = reader();
    struct archive_entry *entry;
    if (archive_read_open_memory(archive, data, length) != ARCHIVE_OK) {
        tell_end(words_of(archive));
        return;
    }
    size_t number = 0;
    int got = ARCHIVE_OK;
    for (; number < UNPACK_ENTRIES_MAX; number++) {
        got = archive_read_next_header(archive, &entry);
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN && got != ARCHIVE_RETRY)
            break;
        if (got != ARCHIVE_RETRY)
            tell_entry(archive, entry, way, number);
    }
    if (number == UNPACK_ENTRIES_MAX)
        tell_end("it has more than 250,000 entries");
    else
        tell_end(got == ARCHIVE_EOF ? NULL : words_of(archive));
    archive_read_free(archive);
}

static void enter_cage(const char *seconds, const char *uid)
{
    rlim_t limit = strtoul(seconds, NULL, 10);
    long other = strtol(uid, NULL, 10);
    setrlimit(RLIMIT_CPU, &(struct rlimit){limit, limit});
    const char *undone = other == -1 ? NULL : cage_become((unsigned int)other);
    if (undone == NULL)
        undone = cage_enter(false, OWN_MEMORY, 1);
    if (undone != NULL)
        give_up(undone);
}

int main(int argc, char *argv[])
{
    static const char *const ways[] = {[UNPACK_LIST] = "list", [UNPACK_TAKE] = "take", [UNPACK_METADATA] = "metadata"};
    enum unpack_way way = UNPACK_LIST;
    while (argc == 4 && way <= UNPACK_METADATA && strcmp(argv[1], ways[way]) != 0)
        way++;
    if (argc != 4 || way > UNPACK_METADATA) {
        fprintf(stderr, "unpacker: it is run by sockeye, not by people\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    setlocale(LC_CTYPE, "C.UTF-8");
    enter_cage(argv[2], argv[3]);
    struct stat status;
    lines = fdopen(3, "w");
    if (lines == NULL || fstat(0, &status) == -1)
        give_up("read the archive");
    size_t length = (size_t)status.st_size;
    const void *data = length == 0 ? "" : mmap(NULL, length, PROT_READ, MAP_PRIVATE, 0, 0);
    if (data == MAP_FAILED)
        give_up("read the archive");
    if (length == 0)
        tell_end("it is empty");
    else if (way == UNPACK_METADATA)
        tell_end(metadata_tell(data, length, tell));
    else
        tell_archive(data, length, way);
    return fclose(lines) == 0 ? 0 : 3;
}
