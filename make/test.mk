# test.mk - everything around the daemons: lint, stories, load, bench, demo.

PYTHON := /usr/bin/python3
# What Python's programs below call: this flavour's binaries.
STORY  := VOXBUS_BUILD=$(abspath $(BUILD)) $(PYTHON)

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "%-12s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST) | sort -u

clean: ## remove what was built
	rm -rf $(BUILD)

# --- rules of style ---------------------------------------------------------
lint: ## layers, sizes, words, format, cppcheck, pages, manifests
	@$(PYTHON) tools/lint.py --largest

format: ## write the C files as clang-format wants them
	clang-format -i $(shell git ls-files '*.c' '*.h')

# --- calls ------------------------------------------------------------------
run: all ## build, start everything, tell a first call, stay up until Ctrl-C
	@$(STORY) examples/dial-sip/first_call.py

demo: all ## the same call, then end: exit status 0 if it works
	@$(STORY) examples/dial-sip/first_call.py --once

# The vendors' clients for the REST API, as npm has them.
SDK := $(BUILD)/sdk/installed
$(SDK): tests/sdk/package.json tests/sdk/package-lock.json
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@cd $(@D) && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

# What the stories' own phones say and hear in other codecs than G.711; and what
# codecs cost.
CODER := $(BUILD)/tests/coder
$(CODER): $(BUILD)/obj/tests/fakes/coder.o
$(BUILD)/tests/codecs: $(BUILD)/obj/tests/bench/codecs.o
$(CODER) $(BUILD)/tests/codecs: $(BUILD)/parts/services/mediad.a \
		$(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ \
		$(filter %.o,$^) $(filter %.a,$^) $(LIBS_mediad) $(COMMON_LIBS)

# Sends requests through lib/http to whatever host, for the vendors' packages to
# verify.
SENDER := $(BUILD)/tests/sender
$(SENDER): $(BUILD)/obj/tests/fakes/sender.o $(BUILD)/lib/libvoxhttp.a \
		$(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -rdynamic -o $@ $^ $(LIBS_http) \
		$(COMMON_LIBS)

stories: all $(SDK) $(CODER) $(SENDER) ## end to end: the real daemons, SIPp, baresip
	@$(STORY) -m pytest -q -p no:cacheprovider tests/stories

story: all $(SDK) $(CODER) $(SENDER) ## one of them: make story NAME=test_callee_is_busy
	@$(STORY) -m pytest -q -p no:cacheprovider tests/stories -k '$(NAME)' -s

.PHONY: all unit help clean lint format run demo stories story

# --- fuzzing: foo_fuzz.c beside foo.c -----------------------------------------
FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst %.c,$(BUILD)/fuzzer/%,$(wildcard lib/*/*_fuzz.c \
	proto/*_fuzz.c services/*/*_fuzz.c services/*/*/*_fuzz.c))
FUZZ_MAKE := $(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang \
	CFLAGS='-O1 -g -fno-omit-frame-pointer -DFUZZING' \
	SAN='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined'

$(BUILD)/fuzzer/services/%: $(BUILD)/obj/services/%.o \
		$$(call test_part,services/$$*.c) \
		$(BUILD)/lib/libvoxhttp.a $(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) -fsanitize=fuzzer -o $@ $^ \
		$(call test_libs,services/$*.c) $(LIBS_http) $(COMMON_LIBS)
$(BUILD)/fuzzer/%: $(BUILD)/obj/%.o $(BUILD)/lib/libvoxhttp.a \
		$(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) -fsanitize=fuzzer -o $@ $^ \
		$(call test_libs,$*.c) $(LIBS_http) $(COMMON_LIBS)

fuzzers: $(FUZZERS) $(MODULES)
fuzz: ## one minute of fuzzing, spread over the parsers (FUZZ_SECONDS)
	@+$(FUZZ_MAKE) -s fuzzers
	@$(PYTHON) tests/fuzz.py --seconds $(FUZZ_SECONDS) $(BUILD)/fuzz/fuzzer

# --- recorded calls -------------------------------------------------------------
replays: $(BUILD)/bin/voxctl ## replay every call of tests/recordings
	@for call in tests/recordings/*.jsonl; do \
		$(BUILD)/bin/voxctl replay $$call || exit 1; done

recordings: all ## record the calls of tests/recordings anew
	@$(STORY) tests/record.py

# --- load and figures -------------------------------------------------------------
$(BUILD)/tests/appserver: tests/fakes/appserver.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(SAN) -o $@ $<

load: all $(BUILD)/tests/appserver ## three rounds of 1,000 SIPp calls with sound and callbacks
	@$(STORY) -m pytest -q -p no:cacheprovider -s tests/load/test_thousand_calls.py

load-webhooks: all $(BUILD)/tests/appserver ## 500 webhooks a second while a host hangs; with kills; five minutes
	@$(STORY) -m pytest -q -p no:cacheprovider -s tests/load/test_webhooks_at_500.py

bench: all $(BUILD)/tests/appserver ## what a call costs; BENCH=--tsv for tabs, BENCH=delay for a part
	@$(STORY) tests/bench/bench.py $(BENCH)

$(BUILD)/tests/streams: tests/bench/streams.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(SAN) -o $@ $< -lsrtp2

bench-media: all $(BUILD)/tests/streams $(BUILD)/tests/codecs ## streams per core beside rtpengine; BENCH=relay for a part, BENCH=spray: a stranger's packets
ifneq ($(BENCH),spray)
	@$(BUILD)/tests/codecs
	@$(STORY) tests/bench/media.py $(BENCH)
endif
ifneq ($(filter spray,$(or $(BENCH),spray)),)
	@$(STORY) tests/bench/spray.py
endif

bench-webhooks: all $(BUILD)/tests/appserver ## deliveries/s per core, bytes per waiting delivery
	@$(STORY) tests/bench/webhooks.py $(BENCH)

# --- everything -------------------------------------------------------------------
test: ## everything, from lint to fuzzing, in under 25 minutes
	@$(PYTHON) tests/all.py

bare: ## make demo on a bare Debian 12 in a chroot (GOAL=test: make test)
	tests/bare.sh $(GOAL)

.PHONY: bare fuzzers fuzz replays recordings load load-webhooks bench bench-media bench-webhooks test
