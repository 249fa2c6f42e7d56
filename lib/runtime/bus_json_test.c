/*
 * bus_json_test.c - tests of the scanner of the server's small JSON answers.
 */
#include "lib/runtime/bus_json.h"

#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

static int64_t number(const char *json, const char *path)
{
	int64_t value = -1;
	bus_json_number(json, strlen(json), path, &value);
	return value;
}

TEST(an_acknowledgement_gives_its_sequence)
{
	CHECK_INT(number("{\"stream\":\"VOX\",\"seq\":12}", "seq"), 12);
	CHECK_INT(number("{ \"stream\" : \"V\" , \"seq\" : 7 , \"duplicate\": "
			 "true}",
			 "seq"),
		  7);
	const char *ack = "{\"stream\":\"V\",\"seq\":7,\"duplicate\": true}";
	CHECK(bus_json_true(ack, strlen(ack), "duplicate"));
	CHECK(!bus_json_true(ack, strlen(ack), "seq"));
	CHECK(!bus_json_has(ack, strlen(ack), "error"));
}

TEST(an_error_is_found_inside)
{
	const char *json =
		"{\"error\":{\"code\":400,\"err_code\":10071,"
		"\"description\":\"wrong \\\"last\\\" sequence: 3\"},"
		"\"stream\":\"KV_x\",\"seq\":0}";
	char text[64];
	CHECK_INT(number(json, "error.err_code"), 10071);
	CHECK_INT(number(json, "error.code"), 400);
	CHECK_INT(number(json, "error.none"), -1);
	CHECK(bus_json_text(json, strlen(json), "error.description", text,
			    sizeof(text)));
	CHECK_TEXT(text, "wrong \\\"last\\\" sequence: 3");
	CHECK_INT(number(json, "seq"), 0);
}

TEST(what_is_nested_before_is_passed_over)
{
	const char *json = "{\"config\":{\"a\":[1,{\"name\":\"x}\"}],\"name\":"
			   "\"inner\"},\"name\":\"outer\",\"num_pending\":4}";
	char text[6];
	CHECK(bus_json_text(json, strlen(json), "name", text, sizeof(text)));
	CHECK_TEXT(text, "outer");
	CHECK_INT(number(json, "num_pending"), 4);
}

TEST(every_cut_of_an_answer_is_refused_or_harmless)
{
	const char *json = "{\"a\":{\"b\":[1,2,{\"c\":\"d\\\"\"}]},\"seq\":12}";
	for (size_t size = 0; size < strlen(json); size++) {
		char *copy =
			malloc(size + 1); /* so that ASan sees an overrun */
		memcpy(copy, json, size);
		int64_t value = -1;
		CHECK(!bus_json_number(copy, size, "seq", &value) ||
		      value == 1 || value == 12);
		free(copy);
	}
	CHECK_INT(number("", "seq"), -1);
	CHECK_INT(number("[1]", "seq"), -1);
	CHECK_INT(number("{\"seq\":}", "seq"), -1);
	CHECK_INT(number("{\"seq\":99999999999999999999}", "seq"), -1);
}

TEST_MAIN()
