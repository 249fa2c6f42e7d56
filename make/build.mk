# build.mk - compiles every folder and links every program.

# A program's folder may have rooms: one level of folders of its own.
src  = $(filter-out %_test.c %_fuzz.c,$(wildcard $(1)/*.c $(1)/*/*.c))
objs = $(patsubst %.c,$(BUILD)/obj/%.o,$(call src,$(1)))

BASE_OBJS    := $(call objs,lib/base)
PROTO_OBJS   := $(call objs,proto)
RUNTIME_OBJS := $(call objs,lib/runtime)
MARKUP_OBJS  := $(call objs,lib/markup)
HTTP_OBJS    := $(call objs,lib/http)
TESTLIB_OBJS := $(call objs,lib/test)
COMMON_LIBS  := $(LIBS_runtime) $(LIBS_proto) $(LIBS_base)

# The interpreter's pure part is linked into voxctl too: replay and lint.
PURE_OBJS := $(filter-out $(BUILD)/obj/services/interpreter/main.o \
	$(BUILD)/obj/services/interpreter/owner%.o,$(call objs,services/interpreter))

BINS := $(SERVICES:%=$(BUILD)/bin/%) $(BUILD)/bin/voxctl

# `make V=1` shows the whole commands.
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)  $(patsubst $(BUILD)/%,%,$@)")

.DEFAULT_GOAL := all
all: $(BINS) ## build every program into build/bin

$(BUILD)/lib/libvox.a: $(BASE_OBJS) $(PROTO_OBJS) $(RUNTIME_OBJS) $(MARKUP_OBJS)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^
$(BUILD)/lib/libvoxhttp.a: $(HTTP_OBJS)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

# One rule a program: its folder's objects, the libraries it may use.
define program
$(BUILD)/bin/$(1): $(call objs,services/$(1)) $(2) $(BUILD)/lib/libvox.a
	@mkdir -p $$(@D)
	$$(call say,LD)
	$$(Q)$$(CC) $$(CFLAGS) $$(SAN) $$(LDFLAGS) -o $$@ $$^ $$(LIBS_$(1)) $(3) $$(COMMON_LIBS)
endef
$(eval $(call program,fetcher,$(BUILD)/lib/libvoxhttp.a,$(LIBS_http)))
$(eval $(call program,callbackd,$(BUILD)/lib/libvoxhttp.a,$(LIBS_http)))
$(eval $(call program,interpreter,,))
$(eval $(call program,sipgw,,))
$(eval $(call program,mediad,$(BUILD)/lib/libvoxhttp.a,$(LIBS_http)))
$(eval $(call program,apid,,))

$(BUILD)/bin/voxctl: $(call objs,tools/voxctl) $(PURE_OBJS) \
		$(BUILD)/lib/libvoxhttp.a $(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS_voxctl) $(LIBS_http) $(COMMON_LIBS)

# G.729's library is under the GPL, the rest is not: its codec is an object of
# its own, made where the library is, and loaded if it is there.
MODULES := $(if $(wildcard /usr/include/bcg729/encoder.h),$(BUILD)/lib/voxbus/g729.so)
all: $(MODULES)
$(BUILD)/lib/voxbus/g729.so: $(BUILD)/obj/modules/g729/g729.o
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -shared -o $@ $^ -lbcg729
$(BUILD)/obj/modules/%.o: CFLAGS += -fPIC

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(STD) $(WARN) $(CFLAGS) $(SAN) $(CPPFLAGS) $(SYS_INCLUDES) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
