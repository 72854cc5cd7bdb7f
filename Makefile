# Sockeye: `make help` lists what can be made.

CC      ?= cc
BUILD   := build
VERSION := $(shell cat VERSION)
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
CFLAGS  ?= -g -O2
LIBS    := jansson expat libdw libseccomp libmd
KIT_CFLAGS := -std=gnu17 $(WARN) -Iharness -MMD -MP -DKIT_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(LIBS) 2>/dev/null)

# The worker plays checks; sockeye is everything else. Both know the checks: one plays them, one lists them.
CHECK_OBJECTS   := $(patsubst %.c,$(BUILD)/%.o,$(wildcard harness/look/*.c harness/check/*.c lessons/*/check.c))
WORKER_OBJECTS  := $(CHECK_OBJECTS) $(patsubst %,$(BUILD)/harness/run/%.o,worker network path)
SOCKEYE_OBJECTS := $(CHECK_OBJECTS) $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/worker.c,$(wildcard harness/*.c \
                   harness/run/*.c harness/record/*.c harness/report/*.c harness/commands/*.c)))

all: sockeye

sockeye: $(SOCKEYE_OBJECTS) $(BUILD)/worker
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(SOCKEYE_OBJECTS) -ljansson -lexpat -ldw -lelf -lseccomp -lmd

$(BUILD)/worker: $(WORKER_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(WORKER_OBJECTS) -ljansson -lexpat -ldw -lelf -lseccomp

$(BUILD)/harness/%.o: harness/%.c
	@mkdir -p $(@D)
	$(CC) $(KIT_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/lessons/%/check.o: lessons/%/check.c
	@mkdir -p $(@D)
	$(CC) $(KIT_CFLAGS) $(CFLAGS) -DLESSON_FOLDER='"$*"' -c -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
