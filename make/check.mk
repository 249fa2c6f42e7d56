# check.mk - unit tests: foo_test.c beside foo.c, one program each.

UNIT_TESTS := $(patsubst %.c,$(BUILD)/test/%,$(wildcard lib/*/*_test.c \
	proto/*_test.c services/*/*_test.c tools/*/*_test.c))

# A service's test is linked with all of its folder but main.c.
.SECONDEXPANSION:
test_objs = $(filter-out %/main.o,$(call objs,$(patsubst %/,%,$(dir $(1)))))
test_libs = $(LIBS_$(notdir $(patsubst %/,%,$(dir $(1)))))

$(BUILD)/test/services/%: $(BUILD)/obj/services/%.o \
		$$(call test_objs,services/$$*.c) $(TESTLIB_OBJS) \
		$(BUILD)/lib/libvoxhttp.a $(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(call test_libs,services/$*.c) $(LIBS_http) $(COMMON_LIBS)
$(BUILD)/test/tools/%: $(BUILD)/obj/tools/%.o \
		$$(call test_objs,tools/$$*.c) $(PURE_OBJS) $(TESTLIB_OBJS) \
		$(BUILD)/lib/libvoxhttp.a $(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(call test_libs,tools/$*.c) $(LIBS_http) $(COMMON_LIBS)
$(BUILD)/test/%: $(BUILD)/obj/%.o $(TESTLIB_OBJS) $(BUILD)/lib/libvoxhttp.a \
		$(BUILD)/lib/libvox.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS_http) $(COMMON_LIBS)

unit: $(UNIT_TESTS) ## unit tests
	@status=0; for t in $(UNIT_TESTS); do $$t || status=1; done; exit $$status
