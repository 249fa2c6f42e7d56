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

stories: all ## end to end: the real daemons, SIPp, baresip
	@$(STORY) -m pytest -q -p no:cacheprovider tests/stories

story: all ## one of them: make story NAME=test_callee_is_busy
	@$(STORY) -m pytest -q -p no:cacheprovider tests/stories -k '$(NAME)' -s

.PHONY: all unit help clean lint format run demo stories story
