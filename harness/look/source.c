#define _GNU_SOURCE
#include "look/source.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/utf8.h"

/* libdw, loaded when a line is looked for: with all that it needs it would be a fifth of what each worker takes to start. */
static void *libdw;
#define DW(function) ((__typeof__(&(function)))dlsym(libdw, #function))

struct search {
    const char *program;
    bool found;
    struct source source;
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* glibc's own names for its calls: __libc_recv, __GI___read, __accept4 … */
static const char *public_name(const char *symbol)
{
    static const char *const prefixes[] = {"__GI_", "__libc_", "_IO_new_file_", "__", "_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(symbol, prefixes[i], strlen(prefixes[i])) == 0)
            symbol += strlen(prefixes[i]);
    }
    return symbol;
}

/* The function in whose text a place stands: at -O1 its code may have become part of its caller's. NULL: not known. */
static const char *function_at(Dwfl_Module *module, Dwarf_Addr pc)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = DW(dwfl_module_addrdie)(module, pc, &bias);
    Dwarf_Die *scopes = NULL;
    int count = unit == NULL ? 0 : DW(dwarf_getscopes)(unit, pc - bias, &scopes);
    const char *name = NULL;
    for (int i = 0; i < count && name == NULL; i++) { /* the innermost first */
        int tag = DW(dwarf_tag)(&scopes[i]);
        if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram)
            name = DW(dwarf_diename)(&scopes[i]);
    }
    free(scopes);
    return name;
}

static int look_at_frame(Dwfl_Frame *frame, void *context)
{
    struct search *search = context;
    Dwarf_Addr pc;
    bool activation;
    if (!DW(dwfl_frame_pc)(frame, &pc, &activation))
        return DWARF_CB_ABORT;
    if (!activation)
        pc--; /* the call itself, not the instruction after it */

    Dwfl *dwfl = DW(dwfl_thread_dwfl)(DW(dwfl_frame_thread)(frame));
    Dwfl_Module *module = DW(dwfl_addrmodule)(dwfl, pc);
    if (module == NULL)
        return DWARF_CB_OK;
    const char *module_name = DW(dwfl_module_info)(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    const char *function = DW(dwfl_module_addrname)(module, pc);
    bool is_its_own = module_name != NULL && strcmp(base_name(module_name), search->program) == 0;
    Dwfl_Line *line = is_its_own ? DW(dwfl_module_getsrc)(module, pc) : NULL;
    if (line == NULL) {
        if (function != NULL) /* the last one before the program's own code is what that code has called */
            utf8_line(search->source.call, sizeof search->source.call, public_name(function));
        return DWARF_CB_OK;
    }
    const char *file = DW(dwfl_lineinfo)(line, NULL, &search->source.line, NULL, NULL, NULL);
    utf8_line(search->source.file, sizeof search->source.file, file == NULL ? "" : base_name(file));
    const char *inlined = function_at(module, pc);
    function = inlined != NULL ? inlined : function;
    utf8_line(search->source.function, sizeof search->source.function, function == NULL ? "" : function);
    search->found = true;
    return DWARF_CB_ABORT;
}

static bool search_thread(pid_t pid, pid_t tid, struct search *search)
{
    static char *no_debug_folders = "";
    libdw = dlopen("libdw.so.1", RTLD_NOW);
    if (libdw == NULL)
        return false;
    const Dwfl_Callbacks callbacks = {
        .find_elf = DW(dwfl_linux_proc_find_elf),
        .find_debuginfo = DW(dwfl_standard_find_debuginfo),
        .debuginfo_path = &no_debug_folders,
    };
    Dwfl *dwfl = DW(dwfl_begin)(&callbacks);
    if (dwfl == NULL)
        return false;
    if (DW(dwfl_linux_proc_report)(dwfl, pid) == 0 && DW(dwfl_report_end)(dwfl, NULL, NULL) == 0 &&
        DW(dwfl_linux_proc_attach)(dwfl, pid, false) == 0)
        DW(dwfl_getthread_frames)(dwfl, tid, look_at_frame, search);
    DW(dwfl_end)(dwfl);
    return search->found;
}

static void make_line(char *words, size_t size)
{
    char copy[sizeof(struct source)];
    words[size - 1] = '\0';
    snprintf(copy, sizeof copy, "%s", words);
    utf8_line(words, size, copy);
}

bool source_find(pid_t pid, pid_t tid, const char *program, struct source *source)
{
    int result[2];
    if (pipe2(result, O_CLOEXEC) == -1)
        return false;
    pid_t helper = fork();
    if (helper == 0) {
        dup2(result[1], 3); /* keeps nothing of its parent's but the way back */
        close_range(4, ~0U, 0);
        struct rlimit two_seconds = {2, 2};
        setrlimit(RLIMIT_CPU, &two_seconds);
        struct search search = {.program = program};
        if (search_thread(pid, tid, &search) && write(3, &search.source, sizeof search.source) == -1)
            _exit(1);
        _exit(0);
    }
    close(result[1]);
    bool found = false;
    if (helper > 0) {
        struct pollfd ready = {.fd = result[0], .events = POLLIN};
        found = poll(&ready, 1, 2000) == 1 && read(result[0], source, sizeof *source) == (ssize_t)sizeof *source;
        kill(helper, SIGKILL);
        waitpid(helper, NULL, 0);
    }
    close(result[0]);
    if (found) { /* by who has read what may be hostile */
        make_line(source->file, sizeof source->file);
        make_line(source->function, sizeof source->function);
        make_line(source->call, sizeof source->call);
    }
    return found;
}
