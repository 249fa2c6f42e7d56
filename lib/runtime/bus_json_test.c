/*
 * bus_json_test.c - tests of the scanner of the server's small JSON answers.
 */
#include "lib/runtime/bus_json.h"
#include "lib/runtime/bus_private.h"

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

TEST(a_reply_subject_tells_of_the_delivery_with_and_without_domain)
{
	struct bus_delivery got;
	CHECK(bus_delivery_parse(
		"$JS.ACK.VOX.c1.2.345.67.1795315324464000001.8", &got));
	CHECK_TEXT(got.consumer, "c1");
	CHECK_INT(got.deliveries, 2);
	CHECK_INT(got.stream_sequence, 345);
	CHECK_INT(got.consumer_sequence, 67);
	CHECK_INT(got.time_ns, 1795315324464000001);
	CHECK_INT(got.pending, 8);
	CHECK(bus_delivery_parse("$JS.ACK.hub.aHash.VOX.c2.1.2.3.4.5.token",
				 &got));
	CHECK_TEXT(got.consumer, "c2");
	CHECK_INT(got.pending, 5);
}

TEST(a_reply_subject_of_another_kind_is_refused)
{
	struct bus_delivery got;
	CHECK(!bus_delivery_parse(NULL, &got));
	CHECK(!bus_delivery_parse("_INBOX.x", &got));
	CHECK(!bus_delivery_parse("$JS.ACK.VOX.c1.2.345.67.1", &got));
	CHECK(!bus_delivery_parse("$JS.ACK.VOX.c1.2.x.67.1.8", &got));
	CHECK(!bus_delivery_parse("$JS.ACK.VOX.c1.2.-3.67.1.8", &got));
	CHECK(!bus_delivery_parse("$JS.ACK.a.b.c.d.e.f.g.h.i.j.k.l.m", &got));
}

TEST_MAIN()
