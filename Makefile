# Sockeye. `make` builds ./sockeye, `make test` tests it, `make help` lists the rest; V=1 shows every command.

BUILD  := build
CFLAGS ?= -g -O2
WARN   := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
# -z now: a function of a library is looked up once, and not again in each process that is forked for a check.
LIBS   := -Wl,--as-needed,-z,now -ljansson -lexpat -lseccomp -lmd -lresolv -lsqlite3 -lconfig -lz -lm
KIT_CFLAGS := -std=gnu17 $(WARN) -Iharness -DKIT_VERSION='"$(shell cat VERSION)"'
Q := $(if $(V),,@)
MAKEFLAGS += --no-print-directory -j$(shell nproc)
$(if $(filter clean,$(MAKECMDGOALS)),$(eval .NOTPARALLEL:))

# The executable lies at the root. With another BUILD it lies there: such a build shows only that it can be built.
SOCKEYE := $(if $(filter build,$(BUILD)),sockeye,$(BUILD)/sockeye)

# What this run of make needs from ./dependencies; scripts/need installs it.
NEEDS := build grade $(if $(filter test sanitize coverage bench,$(MAKECMDGOALS)),test pack) \
         $(if $(filter gradescope,$(MAKECMDGOALS)),pack) \
         $(filter docs lint coverage,$(MAKECMDGOALS)) $(if $(filter book-test,$(MAKECMDGOALS)),docs) \
         $(if $(filter book-test page-test,$(MAKECMDGOALS)),browser) $(if $(filter format,$(MAKECMDGOALS)),lint)

# The harness is an archive, from which its programs take what they use. The checks of the lessons are not in it:
# they register themselves, so they are linked whole, into the worker that plays them and into sockeye that lists them.
# So are their peers, into sockeye.
objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $1))
PAGES   := $(BUILD)/harness/report/page.o
MAINS   := $(call objects,harness/sockeye.c harness/run/worker.c harness/class/unpacker.c)
HARNESS := $(filter-out $(MAINS),$(call objects,harness/*/*.c)) $(PAGES)
CHECKS  := $(call objects,lessons/*/check.c)
PEERS   := $(call objects,lessons/*/peer.c)

# So are the verbs, and their names are to be seen: checks that are loaded when a program runs find them there.
VERBS   := $(call objects,harness/check/*.c)
PLAYS   := $(call objects,harness/peer/*.c)

# A test program is a folder tests/NAME with NAME.c or main.c, or one file tests/NAME.c; it becomes $(BUILD)/NAME.
FOLDERS  := $(foreach d,$(notdir $(wildcard tests/*)),$(if $(wildcard tests/$d/$d.c tests/$d/main.c),$d))
PROGRAMS := $(patsubst %,$(BUILD)/%,$(FOLDERS) $(basename $(notdir $(wildcard tests/*.c))))
TESTS    := $(call objects,tests/*.c $(FOLDERS:%=tests/%/*.c))

# The suites of `make test`, in this order, two at a time: the judgement, which takes longest, first. It plays all variants
# and every fourth mistake, most of them against those checks alone that they must lose; in plain mode, whose checks are
# the same, every twelfth of either. `make judgement` plays all, against all.
JUDGEMENT := $(filter %/judgement,$(PROGRAMS))
SUITES := $(JUDGEMENT:%="% --sample 40 --mistakes 4") $(wildcard tests/suites/* tests/*/*.sh) \
          $(JUDGEMENT:%="% --plain --named --every 12 --no-memcheck") $(filter-out %/judgement,$(FOLDERS:%=$(BUILD)/%))

# Each stage of a build is told once, with the first file that is made in it.
tell = $(if $(told_$(subst $() ,_,$1)),,$(eval told_$(subst $() ,_,$1) := 1)$(info $1))

all: $(SOCKEYE) ## builds ./sockeye and shows the board (the default)
	@./sockeye board

programs: $(SOCKEYE) $(PROGRAMS) ## builds ./sockeye and the programs that the tests need

$(SOCKEYE): $(BUILD)/harness/sockeye.o $(CHECKS) $(PEERS) $(VERBS) $(PLAYS) $(BUILD)/harness.a $(BUILD)/worker $(BUILD)/unpacker $(BUILD)/symbols
	$(call tell,linking $@)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@.new $(filter-out %/worker %/unpacker %/symbols,$^) $(LIBS) && mv $@.new $@

$(BUILD)/worker: $(BUILD)/harness/run/worker.o $(CHECKS) $(VERBS) $(BUILD)/harness.a
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@.new $^ $(LIBS) && mv $@.new $@

# A program of its own: only there does anything of libarchive run, and workers start without it.
$(BUILD)/unpacker: $(BUILD)/harness/class/unpacker.o $(BUILD)/harness.a
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $^ $(LIBS) -larchive -lyaml && mv $@.new $@

$(BUILD)/symbols: scripts/symbols $(wildcard /usr/lib/debug/.build-id) | need
	@mkdir -p $(@D)
	$Qscripts/symbols $@

$(BUILD)/harness.a: $(HARNESS)
	$Qrm -f $@ && $(AR) rcs $@ $^

.SECONDEXPANSION:
$(PROGRAMS): $(BUILD)/%: $$(call objects,tests/$$*.c tests/$$*/*.c) $(BUILD)/harness.a
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(if $(filter unit,$*),-lcunit)

$(BUILD)/%.o: %.c | need
	$(call tell,$(if $(filter tests/%,$<),compiling the tests,compiling Sockeye))
	@mkdir -p $(@D)
	$Q$(CC) $(KIT_CFLAGS) $(FLAGS_$(firstword $(subst /, ,$<))) -MMD -MP $(CFLAGS) -c -o $@ $<

# The class page's HTML, style and script become part of the executable.
$(PAGES): harness/report/page.S $(wildcard harness/report/page/*)
	@mkdir -p $(@D)
	$Q$(CC) -c -o $@ $<

FLAGS_lessons = -DLESSON_FOLDER='"$(notdir $(<D))"'
FLAGS_tests   = -DUNIT_SOURCES='"$(abspath tests/unit)"'

need: ## installs what is missing of ./dependencies, for what is made
	@scripts/need $(NEEDS)
	@$(if $(filter test,$(MAKECMDGOALS)),scripts/need strangers; scripts/unpack)

test: programs ## runs all tests
	@tests/run $(SUITES)

judgement: programs ## plays every wrong program against all checks, in both modes (make test: a part of them)
	@tests/run $(JUDGEMENT) $(JUDGEMENT:%="% --plain")

docs: $(SOCKEYE) ## makes the book: build/docs/html/index.html
	@docs/build

gradescope: need ## packs build/autograder.zip for Gradescope; LESSONS="1 7" chooses lessons, all without
	@scripts/gradescope/pack $(or $(LESSONS),all)

# What ends up beside the worker when it is installed.
HELPERS := $(BUILD)/worker $(BUILD)/unpacker $(BUILD)/symbols

install: $(SOCKEYE) ## installs the kit for everybody: PREFIX (/usr/local), DESTDIR, SOLUTIONS=no
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SOLUTIONS='$(SOLUTIONS)' scripts/install $(HELPERS)

uninstall: ## takes it away again
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/install --remove

book-test: docs tests/browser/node_modules/.package-lock.json ## makes the book and reads all of it in a browser; SAMPLE=8: every 8th of those that are made alike
	@tests/run "tests/browser/book $(if $(SAMPLE),--sample $(SAMPLE))"

page-test: programs tests/browser/node_modules/.package-lock.json ## looks at a class page of 200 students in a browser
	@tests/run tests/browser/class

tests/browser/node_modules/.package-lock.json: tests/browser/package-lock.json | need
	$Qcd tests/browser && npm ci --silent --no-audit --no-fund

bench: $(SOCKEYE) ## measures what grading costs beyond compilers and programs
	@tests/bench

# The house's own C: the wrong programs under tests/ are wrong on purpose.
C_FILES := $(wildcard harness/*.c harness/*/*.c lessons/*/*.c solutions/*/*.c tests/*.c $(FOLDERS:%=tests/%/*.c))
H_FILES := $(wildcard harness/*.h harness/*/*.h tests/*/*.h)
# Checks and what learners read are laid out by hand, and the patches of tests/mistakes/ fit the solutions to the line.
FORMATTED := $(filter-out lessons/% solutions/%,$(C_FILES)) $(H_FILES)
SCRIPTS := $(shell grep -slE '^.!/bin/(ba)?sh' .ci/* docs/* scripts/* scripts/*/* tests/* tests/*/*)

# Of cppcheck: it does not see which functions never return, and can't read checks.
CRIED_WOLF := nullPointerRedundantCheck va_end_missing constStatement uninitvar ctuuninitvar

lint: $(patsubst %,$(BUILD)/lint/%,$(filter-out tests/unit/%,$(C_FILES))) | need ## reads the C and the scripts for bugs and style
	$(call tell,shellcheck)
	$Qshellcheck -e SC2016 $(SCRIPTS)
	$(call tell,cppcheck)
	$Qcppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --std=c11 -Iharness \
	    $(addprefix --suppress=,$(CRIED_WOLF)) $(filter-out %/check.c lessons/%/peer.c tests/unit/%,$(C_FILES))
	$(call tell,clang-format)
	$Qclang-format --dry-run -Werror $(FORMATTED)

# How far the analyzer follows one function: a seventh of what is usual, to save time. TIDY= lets it go all the way.
TIDY := -Xclang -analyzer-config -Xclang max-nodes=30000

# A file that clang-tidy has nothing to say of is not read again before it changes, or a header does.
$(BUILD)/lint/%: % $(H_FILES) .clang-tidy | need
	$(call tell,clang-tidy)
	@mkdir -p $(@D)
	$Qclang-tidy --quiet $< -- $(TIDY) $(KIT_CFLAGS) $(FLAGS_$(firstword $(subst /, ,$<))) 2> $@.log || { cat $@.log; exit 1; }
	@touch $@

format: need ## puts the C into the style of .clang-format
	$Qclang-format -i $(FORMATTED)

sanitize: need ## builds in build/sanitize with ASan and UBSan, and tests that
	@scripts/instrumented sanitize

coverage: need ## says how much of the harness the tests reach
	@scripts/instrumented coverage

clean: ## removes what was built; your work stays
	rm -rf build sockeye

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' Makefile | while IFS=@ read -r a b; do printf '%-18s %s\n' "$$a" "$$b"; done

.PHONY: all programs need test judgement docs gradescope book-test page-test install uninstall bench lint format sanitize coverage clean help

-include $(patsubst %.o,%.d,$(MAINS) $(HARNESS) $(CHECKS) $(PEERS) $(TESTS))
