# packages.mk - what must be installed, before anything else is looked at.
#
# The stamp is an included makefile: make brings it up to date first, which
# installs what is missing, and then reads itself again with pkg-config there.

PACKAGES_build := build
PACKAGES_demo  := build demo
PACKAGES_test  := build demo test

PACKAGE_GROUP := $(if $(filter test lint stories load bench fuzz recordings \
	bench-media replays story check unit,$(MAKECMDGOALS)),test,$(if $(filter run demo,\
	$(MAKECMDGOALS)),demo,build))
PACKAGE_STAMP := $(BUILD)/packages-$(PACKAGE_GROUP).mk

ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)
include $(PACKAGE_STAMP)
endif

$(BUILD)/packages-%.mk: make/packages.list tools/packages.sh
	@tools/packages.sh $(PACKAGES_$*)
	@mkdir -p $(@D)
	@echo "# packages of group $* are installed" > $@
