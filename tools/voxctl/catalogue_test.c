/*
 * catalogue_test.c - nothing of the tables is missing in the pages.
 */
#include "tools/voxctl/catalogue.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

TEST(every_message_field_and_word_is_in_the_catalogue)
{
	struct buf page = BUF_INIT(CATALOGUE_MAX);
	char wanted[128];
	catalogue_messages(&page);
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		str_format(wanted, sizeof(wanted), "### %s\n", desc->name);
		const char *at = strstr(buf_text(&page), wanted);
		CHECK(at);
		for (size_t j = 0; at && j < desc->field_count; j++) {
			str_format(wanted, sizeof(wanted), "| `%s` |",
				   desc->fields[j].name);
			CHECK(strstr(at, wanted));
			if (desc->fields[j].part) {
				str_format(wanted, sizeof(wanted), "### %s\n",
					   desc->fields[j].part->name);
				CHECK(strstr(buf_text(&page), wanted));
			}
		}
	}
	CHECK(!page.full);
	buf_free(&page);
}

TEST(every_error_and_setting_has_its_row)
{
	struct buf page = BUF_INIT(CATALOGUE_MAX);
	catalogue_errors(&page);
	CHECK(strstr(buf_text(&page),
		     "| <a id=\"13243\"></a>[13243](13243.md) | "));
	CHECK(strstr(buf_text(&page), "&lt;Response>"));
	buf_clear(&page);
	catalogue_settings(&page);
	CHECK(strstr(buf_text(&page),
		     "| `VOXBUS_SIP_PORT` | `5060` | 1 to 65535 | sipgw | "));
	CHECK(strstr(buf_text(&page), "| `VOXBUS_ADMIN_PORT` | 9101 to 9106"));
	buf_free(&page);
}

TEST(a_page_keeps_its_words_and_gets_its_tables)
{
	static const char page[] =
		"# Page\n<!-- table: attributes Dial -->\nstale\n"
		"<!-- end of table -->\nmore <!-- table: outcomes -->\n"
		"<!-- end of table -->\nend\n";
	struct buf once = BUF_INIT(CATALOGUE_MAX);
	struct buf twice = BUF_INIT(CATALOGUE_MAX);
	char wrong[64];
	CHECK(catalogue_fill(page, &once, wrong, sizeof(wrong)));
	CHECK(str_starts(buf_text(&once), "# Page\n<!-- table: attr"));
	CHECK(!strstr(buf_text(&once), "stale"));
	CHECK(strstr(buf_text(&once), "| `timeout` | 1 to 600 | `30` | 13212"));
	CHECK(strstr(buf_text(&once), "| 486 | `busy` | all |"));
	CHECK(strstr(buf_text(&once), "<!-- end of table -->\nend\n"));
	CHECK(catalogue_fill(buf_text(&once), &twice, wrong, sizeof(wrong)));
	CHECK_TEXT(buf_text(&twice), buf_text(&once));
	CHECK(!catalogue_fill("<!-- table: attributes Foo -->\n"
			      "<!-- end of table -->\n",
			      &once, wrong, sizeof(wrong)));
	CHECK_TEXT(wrong, "attributes Foo");
	CHECK(!catalogue_fill("<!-- table: outcomes -->\n", &once, wrong,
			      sizeof(wrong)));
	buf_free(&once);
	buf_free(&twice);
}

TEST(every_sample_is_valid)
{
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		struct envelope envelope;
		char error[PROTO_ERROR_BYTES] = "";
		bool record = desc->use == PROTO_RECORD;
		char *json = catalogue_sample(desc);
		void *message = proto_new(desc);
		CHECK(json);
		CHECK(json &&
		      proto_decode(desc, json, strlen(json),
				   record ? NULL : &envelope, message, error));
		CHECK_TEXT(error, "");
		free(json);
		proto_free(desc, message);
	}
}

TEST_MAIN()
