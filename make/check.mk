# check.mk - unit tests: foo_test.c beside foo.c, one program each.

UNIT_TESTS := $(patsubst %.c,$(BUILD)/test/%,$(wildcard lib/*/*_test.c \
	proto/*_test.c services/*/*_test.c services/*/*/*_test.c \
	tools/*/*_test.c))

# A folder's test is linked with what it needs of all its folder but main.c: an
# archive, so that a test asks for no more than it calls.
define part
$(BUILD)/parts/$(1).a: $(filter-out %/main.o,$(call objs,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
endef
$(foreach folder,$(SERVICES:%=services/%) tools/voxctl,\
	$(eval $(call part,$(folder))))

.SECONDEXPANSION:
# services/mediad of services/mediad/sound/play_test.c
empty :=
space := $(empty) $(empty)
test_folder = $(subst $(space),/,$(wordlist 1,2,$(subst /, ,$(1))))
test_part   = $(BUILD)/parts/$(call test_folder,$(1)).a
test_libs   = $(LIBS_$(notdir $(call test_folder,$(1))))

# What a test alone compares ours with.
$(BUILD)/test/services/mediad/secure/seal_libsrtp_test: TEST_LIBS := -lsrtp2

$(BUILD)/test/services/%: $(BUILD)/obj/services/%.o \
		$$(call test_part,services/$$*.c) $(TESTLIB_OBJS) \
		$(BUILD)/lib/libvoxhttp.a $(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(call test_libs,services/$*.c) $(TEST_LIBS) $(LIBS_http) $(COMMON_LIBS)
$(BUILD)/test/tools/%: $(BUILD)/obj/tools/%.o $$(call test_part,tools/$$*.c) \
		$(BUILD)/parts/services/interpreter.a $(TESTLIB_OBJS) \
		$(BUILD)/lib/libvoxhttp.a $(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(call test_libs,tools/$*.c) $(LIBS_http) $(COMMON_LIBS)
$(BUILD)/test/%: $(BUILD)/obj/%.o $(TESTLIB_OBJS) $(BUILD)/lib/libvoxhttp.a \
		$(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(call test_libs,$*.c) $(LIBS_http) $(COMMON_LIBS)

unit: $(UNIT_TESTS) $(MODULES) ## unit tests
	@status=0; for t in $(UNIT_TESTS); do $$t || status=1; done; exit $$status
