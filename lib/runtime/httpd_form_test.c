/*
 * httpd_form_test.c - form bodies as clients send them, and as strangers do.
 */
#include "lib/runtime/httpd_form.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"

#include <string.h>

static void check(const char *body, const char *name, const char *value)
{
	struct form *form = form_parse(body, strlen(body));
	CHECK_TEXT(form_value(form, name), value);
	form_free(form);
}

TEST(a_field_is_found_by_name_and_decoded)
{
	check("To=sip%3Abob%40host&Url=http%3a%2f%2Fa+b", "To", "sip:bob@host");
	check("To=sip%3Abob%40host&Url=http%3a%2f%2Fa+b", "Url", "http://a b");
	check("a=1&b=2", "c", NULL);
	check("a%20b=1", "a b", "1");
}

TEST(the_first_of_several_counts_and_a_field_without_value_is_empty)
{
	check("a=1&a=2", "a", "1");
	check("a&b=2", "a", "");
	check("a=&b=2", "a", "");
	check("=1&b=2", "", NULL);
	check("a=b=c", "a", "b=c");
	check("", "a", NULL);
	check("&&&a=1&&", "a", "1");
}

TEST(a_broken_escape_stands_for_itself)
{
	check("a=100%", "a", "100%");
	check("a=%4", "a", "%4");
	check("a=%zz%41", "a", "%zzA");
}

TEST(names_are_told_in_the_bodys_order)
{
	static const char body[] = "b=1&a%20=&b=2&%00=3";
	struct form *form = form_parse(body, sizeof(body) - 1);
	CHECK_TEXT(form_name_at(form, 0), "b");
	CHECK_TEXT(form_name_at(form, 1), "a ");
	CHECK_TEXT(form_name_at(form, 2), "b");
	CHECK(form_name_at(form, 3) == NULL);
	form_free(form);
}

TEST(a_field_with_a_nul_is_left_out)
{
	check("a=x%00y&b=2", "a", NULL);
	check("a=x%00y&b=2", "b", "2");
	struct form *form = form_parse("a=1\0b=2", 7);
	CHECK(form_value(form, "a") == NULL);
	form_free(form);
}

TEST(at_most_256_fields_are_kept)
{
	struct buf body = BUF_INIT(1 << 16);
	for (unsigned i = 0; i < 300; i++)
		buf_addf(&body, "f%u=%u&", i, i);
	check(buf_text(&body), "f255", "255");
	check(buf_text(&body), "f256", NULL);
	buf_free(&body);
}

TEST_MAIN()
