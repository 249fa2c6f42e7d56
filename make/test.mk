# test.mk - everything around the daemons: lint, stories, load, bench, demo.

PYTHON := /usr/bin/python3

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "%-12s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST) | sort -u

clean: ## remove what was built
	rm -rf $(BUILD)

.PHONY: all unit help clean
