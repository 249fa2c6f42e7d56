# docs.mk - the reference pages that are printed from the tables, and the fuzz
# target of voxctl.

PAGES := messages:proto/README.md errors:docs/errors/README.md \
	settings:docs/settings.md

# Pages of ours whose tables alone are printed.
FILLED := docs/markup.md

docs: $(BUILD)/bin/voxctl ## print the reference pages from the tables
	@for page in $(PAGES); do \
		mkdir -p $$(dirname $${page#*:}) && \
		$(BUILD)/bin/voxctl catalogue $${page%%:*} > $${page#*:} || \
		exit 1; done
	@rm -f docs/errors/[0-9]*.md
	@$(BUILD)/bin/voxctl catalogue --errors docs/errors
	@for page in $(FILLED); do \
		$(BUILD)/bin/voxctl catalogue --fill $$page > $$page.new && \
		mv $$page.new $$page || { rm -f $$page.new; exit 1; }; done

docs-check: $(BUILD)/bin/voxctl ## the reference pages are up to date
	@for page in $(PAGES); do \
		$(BUILD)/bin/voxctl catalogue $${page%%:*} | \
		diff -u $${page#*:} - || \
		{ echo "$${page#*:} is not up to date: make docs"; exit 1; }; \
	done
	@for page in $(FILLED); do \
		$(BUILD)/bin/voxctl catalogue --fill $$page | \
		diff -u $$page - || \
		{ echo "$$page is not up to date: make docs"; exit 1; }; \
	done
	@rm -rf $(BUILD)/errors
	@$(BUILD)/bin/voxctl catalogue --errors $(BUILD)/errors
	@diff -ru -x README.md docs/errors $(BUILD)/errors || \
		{ echo "docs/errors is not up to date: make docs"; exit 1; }
	@$(PYTHON) tools/compatibility.py

# Recordings are strangers' files: a bug report brings one.
VOXCTL_FUZZERS := $(patsubst %.c,$(BUILD)/fuzzer/%,\
	$(wildcard tools/voxctl/*_fuzz.c))
$(VOXCTL_FUZZERS): $(BUILD)/fuzzer/%: $(BUILD)/obj/%.o \
		$(call test_part,tools/voxctl/x.c) $(PURE_OBJS) \
		$(BUILD)/lib/libvoxhttp.a $(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SAN) -fsanitize=fuzzer -o $@ $^ \
		$(LIBS_voxctl) $(LIBS_http) $(COMMON_LIBS)
fuzzers: $(VOXCTL_FUZZERS)

.PHONY: docs docs-check
