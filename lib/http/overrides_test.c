/*
 * overrides_test.c - what a URL's fragment makes of a request.
 */
#include "lib/http/overrides.h"

#include "lib/test/test.h"

#include <string.h>

static const struct overrides plain = {5000, 10000, 15000, 1, RETRY_CT};
static char error[OVERRIDES_ERROR_BYTES];

static const struct {
	const char *url;
	struct overrides holds;
} fine[] = {
	{"http://a/", {5000, 10000, 15000, 1, RETRY_CT}},
	{"http://a/#", {5000, 10000, 15000, 1, RETRY_CT}},
	{"http://a/#section-2", {5000, 10000, 15000, 1, RETRY_CT}},
	{"http://a/?ct=1&rc=5", {5000, 10000, 15000, 1, RETRY_CT}},
	{"http://a/#ct=100", {100, 10000, 15000, 1, RETRY_CT}},
	{"http://a/#ot=10000", {10000, 10000, 15000, 1, RETRY_CT}},
	{"http://a/#rt=15000&tt=100&rc=0", {5000, 15000, 100, 0, RETRY_CT}},
	{"http://a/?q#rc=5&rp=all", {5000, 10000, 15000, 5, RETRY_ALL}},
	{"a#rp=4xx,5xx", {5000, 10000, 15000, 1, RETRY_4XX | RETRY_5XX}},
	{"a#RP=5XX%2Crt", {5000, 10000, 15000, 1, RETRY_5XX | RETRY_RT}},
	{"a#rp=rt,%20ct,", {5000, 10000, 15000, 1, RETRY_RT | RETRY_CT}},
	{"a#ct=200&ot=300&ct=400", {400, 10000, 15000, 1, RETRY_CT}},
	{"a#sni=y&e=dublin,ashburn", {5000, 10000, 15000, 1, RETRY_CT}},
	{"a#&&tt=7000&top", {5000, 10000, 7000, 1, RETRY_CT}},
};

static void check_same(const char *url, const struct overrides *is,
		       const struct overrides *wanted)
{
	bool same = is->connect_ms == wanted->connect_ms &&
		    is->read_ms == wanted->read_ms &&
		    is->total_ms == wanted->total_ms &&
		    is->retries == wanted->retries &&
		    is->policy == wanted->policy;
	CHECK_TEXT(same ? url : "", url);
}

TEST(a_fragment_says_how_its_url_is_asked_for)
{
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		struct overrides overrides = plain;
		CHECK(overrides_read(fine[i].url, &overrides, error));
		CHECK_TEXT(error, "");
		check_same(fine[i].url, &overrides, &fine[i].holds);
	}
}

static const struct {
	const char *url, *error;
	struct overrides holds;
} wrong[] = {
	{"a#ct=99",
	 "'ct=99' in the URL's fragment: too small, the smallest is taken: "
	 "write 100 to 10000 (ms)",
	 {100, 10000, 15000, 1, RETRY_CT}},
	{"a#rt=60000&tt=-1",
	 "'rt=60000' in the URL's fragment: too large, the largest is taken: "
	 "write 100 to 15000 (ms)",
	 {5000, 15000, 100, 1, RETRY_CT}},
	{"a#rc=6",
	 "'rc=6' in the URL's fragment: too large, the largest is taken: "
	 "write 0 to 5",
	 {5000, 10000, 15000, 5, RETRY_CT}},
	{"a#tt=2s&rc=2",
	 "'tt=2s' in the URL's fragment: no number: write 100 to 15000 (ms)",
	 {5000, 10000, 15000, 2, RETRY_CT}},
	{"a#tt=",
	 "'tt=' in the URL's fragment: no number: write 100 to 15000 (ms)",
	 {5000, 10000, 15000, 1, RETRY_CT}},
	{"a#rp=6xx",
	 "'rp=6xx' in the URL's fragment: words are 4xx, 5xx, ct, rt and all",
	 {5000, 10000, 15000, 1, RETRY_CT}},
	{"a#rp=nono,5xx",
	 "'rp=nono,5xx' in the URL's fragment: words are 4xx, 5xx, ct, rt and "
	 "all",
	 {5000, 10000, 15000, 1, RETRY_5XX}},
	{"a#rp=",
	 "'rp=' in the URL's fragment: no word",
	 {5000, 10000, 15000, 1, RETRY_CT}},
	{"a#retries=3",
	 "'retries=3' in the URL's fragment: known are ct, ot, rt, tt, rc and "
	 "rp",
	 {5000, 10000, 15000, 1, RETRY_CT}},
	{"a#rc=%0a2",
	 "'...=...' in the URL's fragment: longer than any that is known",
	 {5000, 10000, 15000, 1, RETRY_CT}},
};

TEST(what_a_fragment_has_wrong_is_told_and_the_rest_holds)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct overrides overrides = plain;
		CHECK(!overrides_read(wrong[i].url, &overrides, error));
		CHECK_TEXT(error, wrong[i].error);
		check_same(wrong[i].url, &overrides, &wrong[i].holds);
		overrides = plain;
		CHECK(!overrides_read(wrong[i].url, &overrides, NULL));
	}
}

TEST_MAIN()
