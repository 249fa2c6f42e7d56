/*
 * recording_test.c - lines of a recording, written and read.
 */
#include "tools/voxctl/recording.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"

#include <string.h>

static const char message[] =
	"{\"type\":\"dial\",\"id\":\"ME1\",\"time\":5,\"call_sid\":\"CA1\","
	"\"from\":\"interpreter/in0\",\"leg\":\"CA2\",\"uri\":\"sip:b@h\","
	"\"transport\":\"udp\",\"sip_call_id\":\"c\",\"sdp\":\"v=0\\r\\n\","
	"\"password\":\"hunter2\"}";

static struct recorded sample(void)
{
	struct recorded recorded = {.sequence = 17,
				    .time_ms = 1700000000123,
				    .subject = "vox.sipgw.gw0.CA1",
				    .message = message,
				    .size = strlen(message)};
	return recorded;
}

TEST(a_line_is_read_back_as_it_was_written)
{
	struct buf line = BUF_INIT(10000);
	struct recorded before = sample(), after;
	char error[RECORDING_ERROR_BYTES] = "";
	recording_line(&before, false, &line);
	CHECK_INT(recording_parse(line.data, line.length, &after, error),
		  RECORDING_MESSAGE);
	CHECK_INT(after.sequence, 17);
	CHECK_INT(after.time_ms, 1700000000123);
	CHECK_TEXT(after.subject, "vox.sipgw.gw0.CA1");
	CHECK_INT(after.size, strlen(message));
	CHECK(strncmp(after.message, message, after.size) == 0);
	buf_free(&line);
}

TEST(a_masked_line_holds_no_secret_and_masking_twice_changes_nothing)
{
	struct buf line = BUF_INIT(10000), again = BUF_INIT(10000);
	struct recorded before = sample(), after;
	char error[RECORDING_ERROR_BYTES] = "";
	recording_line(&before, true, &line);
	CHECK(!strstr(buf_text(&line), "hunter2"));
	CHECK_INT(recording_parse(line.data, line.length, &after, error),
		  RECORDING_MESSAGE);
	recording_line(&after, true, &again);
	CHECK_TEXT(buf_text(&again), buf_text(&line));
	buf_free(&line);
	buf_free(&again);
}

TEST(a_header_is_known_by_its_version)
{
	struct buf line = BUF_INIT(1000);
	struct recorded out;
	char error[RECORDING_ERROR_BYTES] = "";
	recording_header("CA1", &line);
	CHECK_INT(recording_parse(line.data, line.length, &out, error),
		  RECORDING_HEADER);
	CHECK_INT(recording_parse("{\"voxbus\":2}", 12, &out, error),
		  RECORDING_BAD);
	CHECK_TEXT(error, "is a recording of another version");
	buf_free(&line);
}

TEST(what_is_no_line_of_a_recording_is_refused_with_a_reason)
{
	static const char *const bad[] = {
		"",
		"x",
		"[]",
		"{}",
		"{\"seq\":0}",
		"{\"seq\":1}",
		"{\"seq\":1,\"stream_time\":2}",
		"{\"seq\":1,\"stream_time\":2,\"subject\":3}",
		"{\"seq\":1,\"stream_time\":2,\"subject\":\"s\"}",
		"{\"seq\":1,\"stream_time\":2,\"subject\":\"s\",\"message\":1}",
	};
	struct recorded out;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char error[RECORDING_ERROR_BYTES] = "";
		CHECK_INT(recording_parse(bad[i], strlen(bad[i]), &out, error),
			  RECORDING_BAD);
		CHECK(error[0]);
	}
}

TEST_MAIN()
