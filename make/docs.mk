# docs.mk - the reference pages that are printed from the tables.

PAGES := messages:proto/README.md errors:docs/errors/README.md \
	settings:docs/settings.md

docs: $(BUILD)/bin/voxctl ## print the reference pages from the tables
	@for page in $(PAGES); do \
		mkdir -p $$(dirname $${page#*:}) && \
		$(BUILD)/bin/voxctl catalogue $${page%%:*} > $${page#*:} || \
		exit 1; done

docs-check: $(BUILD)/bin/voxctl ## the reference pages are up to date
	@for page in $(PAGES); do \
		$(BUILD)/bin/voxctl catalogue $${page%%:*} | \
		diff -u $${page#*:} - || \
		{ echo "$${page#*:} is not up to date: make docs"; exit 1; }; \
	done

.PHONY: docs docs-check
