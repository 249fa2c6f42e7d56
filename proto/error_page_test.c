/*
 * error_page_test.c - every error number has a page that says something.
 */
#include "proto/error_page.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <stdio.h>
#include <string.h>

static unsigned count_of(const char *text, const char *word)
{
	unsigned count = 0;
	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		count++;
	}
	return count;
}

TEST(every_error_has_a_page)
{
	for (size_t i = 0; proto_errors[i].code; i++) {
		struct buf page = BUF_INIT(16384);
		char title[32];
		str_format(title, sizeof(title), "# %d ", proto_errors[i].code);
		if (!CHECK(error_page_write(proto_errors[i].code, NULL, &page)))
			fprintf(stderr, "  add a row to error_pages.def: %d\n",
				proto_errors[i].code);
		else
			CHECK(str_starts(page.data, title));
		CHECK(count_of(buf_text(&page), "\n- ") >= 3);
		CHECK_INT(count_of(buf_text(&page), "\n## "), 3);
		CHECK(!page.full);
		buf_free(&page);
	}
}

TEST(what_looks_like_markup_is_shown_as_it_is)
{
	struct buf page = BUF_INIT(16384);
	CHECK(error_page_write(ERR_DIAL_NO_NOUN, "a note", &page));
	CHECK(str_starts(page.data, "# 13201 Dial without a target\n\na note\n"
				    "\nA &lt;Dial> had nobody"));
	CHECK(strstr(page.data, "\n```\nA error [13201 Dial without a target] "
				"line 2: <Dial> has no <Sip>"));
	buf_free(&page);
}

TEST(an_error_of_the_api_is_shown_as_its_answer)
{
	struct buf page = BUF_INIT(16384);
	CHECK(error_page_write(ERR_CALL_NO_TO, NULL, &page));
	CHECK(strstr(page.data,
		     "HTTP 400 {\"code\":21201,\"message\":\"To is missing: "
		     "give a SIP URI\",\"more_info\":\"…/errors/21201\","
		     "\"status\":400}\n"));
	buf_free(&page);
}

TEST(an_unknown_number_has_no_page)
{
	struct buf page = BUF_INIT(100);
	CHECK(!error_page_write(99999, NULL, &page));
	CHECK_TEXT(buf_text(&page), "");
	buf_free(&page);
}

TEST_MAIN()
