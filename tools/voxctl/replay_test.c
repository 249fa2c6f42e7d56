/*
 * replay_test.c - a call that is played again says the same, or it is told what
 * differs.
 *
 * The recording is made here: the interpreter hears two events, and what it
 * says is kept as it would stand on record.
 */
#include "tools/voxctl/replay.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "services/interpreter/step.h"
#include "tools/voxctl/recording.h"

#include <stdlib.h>
#include <string.h>

#define ROOT "CA0000000000000000000000000000000a"
#define LINES_MAX 32

static struct line {
	struct recorded recorded;
	char *bytes;
} lines[LINES_MAX];
static unsigned count;
static struct buf told = BUF_INIT(65536);

static const char incoming[] =
	"{\"type\":\"incoming\",\"id\":\"ME1\",\"time\":1,\"call_sid\":\"" ROOT
	"\",\"account_sid\":\"AC1\",\"from\":\"sipgw/gw0\",\"leg\":\"" ROOT
	"\",\"gateway\":\"gw0\",\"from_user\":\"al\",\"from_uri\":\"sip:al@h\","
	"\"to_user\":\"1\",\"to_uri\":\"sip:1@h\",\"sip_call_id\":\"i\","
	"\"source_ip\":\"127.0.0.1\",\"transport\":\"udp\",\"offer\":\"v=0\","
	"\"voice_url\":\"http://u:secret@app/\",\"dialect\":\"signalwire\","
	"\"logic\":1}";

static void keep(const char *subject, const char *message)
{
	struct line *line = &lines[count++];
	line->bytes = mem_copy_text(message);
	line->recorded = (struct recorded){.sequence = count,
					   .time_ms = 1000 * count,
					   .message = line->bytes,
					   .size = strlen(message)};
	str_copy(line->recorded.subject, sizeof(line->recorded.subject),
		 subject);
}

static void keep_command(const struct command *command)
{
	struct envelope envelope = {.time = 77,
				    .call_sid = ROOT,
				    .account_sid = "AC1",
				    .from = "interpreter/in7",
				    .epoch = 9};
	char subject[PROTO_SUBJECT_BYTES];
	str_copy(envelope.type, sizeof(envelope.type), command->desc->name);
	str_copy(envelope.id, sizeof(envelope.id), command->id);
	proto_subject(command->desc->to, command->target, ROOT, subject);
	char *json =
		proto_encode(command->desc, &envelope, command->message, NULL);
	keep(subject, json);
	free(json);
}

static void hear_and_keep(struct call *call, const char *json)
{
	struct commands commands = {.count = 0};
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES] = "";
	CHECK(proto_peek(json, strlen(json), &envelope, error));
	const struct proto_message *desc = proto_find(envelope.type);
	void *message = proto_new(desc);
	CHECK(proto_decode(desc, json, strlen(json), &envelope, message,
			   error));
	CHECK_TEXT(error, "");
	keep("vox.interpreter.3." ROOT, json);
	step(call, &envelope, lines[count - 1].recorded.time_ms, count, desc,
	     message, &commands);
	for (uint32_t i = 0; i < commands.count; i++)
		keep_command(&commands.list[i]);
	commands_clear(&commands);
	proto_free(desc, message);
}

static void forget(void)
{
	while (count)
		free(lines[--count].bytes);
	buf_free(&told);
}

/* The name that the interpreter gave its request. */
static void fetched_json(char *to, size_t size)
{
	struct get get;
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	CHECK(proto_decode(&get_message, lines[1].bytes, strlen(lines[1].bytes),
			   &envelope, &get, error));
	str_format(to, size,
		   "{\"type\":\"fetched\",\"id\":\"ME2\",\"time\":2,"
		   "\"call_sid\":\"" ROOT "\",\"account_sid\":\"AC1\","
		   "\"from\":\"fetcher/fe0\",\"fetch\":\"%s\",\"status\":200,"
		   "\"content_type\":\"text/xml\",\"body\":\"<Response>"
		   "<Reject reason='busy'/></Response>\"}",
		   get.fetch);
	proto_clear(&get_message, &get);
}

/* incoming, get, fetched, reject */
static void record_call(void)
{
	char fetched[1024];
	struct call *call = call_new();
	forget();
	hear_and_keep(call, incoming);
	CHECK_INT(count, 2);
	fetched_json(fetched, sizeof(fetched));
	hear_and_keep(call, fetched);
	CHECK(count > 3);
	CHECK(strstr(lines[count - 1].bytes, "\"reject\""));
	call_free(call);
}

/* Text of one line replaced. */
static void change(unsigned number, const char *from, const char *to)
{
	struct buf text = BUF_INIT(65536);
	char *at = strstr(lines[number].bytes, from);
	CHECK(at);
	if (!at)
		return;
	buf_add(&text, lines[number].bytes, (size_t)(at - lines[number].bytes));
	buf_add_text(&text, to);
	buf_add_text(&text, at + strlen(from));
	free(lines[number].bytes);
	lines[number].bytes = buf_take(&text);
	lines[number].recorded.message = lines[number].bytes;
	lines[number].recorded.size = strlen(lines[number].bytes);
}

static bool judge(unsigned without)
{
	struct replay *replay = replay_new();
	for (unsigned i = 0; i < count; i++)
		if (i != without)
			replay_hear(replay, &lines[i].recorded);
	buf_clear(&told);
	bool same = replay_judge(replay, &told);
	replay_free(replay);
	return same;
}

#define NONE LINES_MAX

TEST(the_same_build_says_the_same)
{
	record_call();
	CHECK(judge(NONE));
	CHECK_TEXT(buf_text(&told), "2/2 commands identical");
	forget();
}

TEST(secrets_that_were_masked_in_the_file_make_no_difference)
{
	record_call();
	for (unsigned i = 0; i < count; i++) {
		char *masked =
			proto_masked(lines[i].bytes, strlen(lines[i].bytes));
		CHECK(!strstr(masked, "secret"));
		free(lines[i].bytes);
		lines[i].bytes = masked;
		lines[i].recorded.message = masked;
		lines[i].recorded.size = strlen(masked);
	}
	CHECK(judge(NONE));
	forget();
}

TEST(a_changed_document_is_told_by_the_field_that_follows_from_it)
{
	record_call();
	change(2, "busy", "rejected");
	CHECK(!judge(NONE));
	CHECK(strstr(buf_text(&told), "DIFFERENT at event 2 (fetched), "
				      "command 2\n  reject, field status\n"
				      "  recorded: 486\n  this run: "));
	forget();
}

TEST(a_command_too_few_or_too_many_is_a_difference)
{
	record_call();
	CHECK(!judge(count - 1));
	CHECK(strstr(buf_text(&told), "  recorded: nothing more\n"
				      "  this run: reject CM"));
	CHECK(!judge(2)); /* the document was never fetched */
	CHECK(strstr(buf_text(&told),
		     "DIFFERENT at event 1 (incoming, leg " ROOT
		     "), command 2\n"
		     "  recorded: reject CM"));
	CHECK(strstr(buf_text(&told), "  this run: nothing more\n"));
	forget();
}

TEST(ids_and_targets_must_match)
{
	record_call();
	change(1, "\"id\":\"CM", "\"id\":\"XX");
	CHECK(!judge(NONE));
	CHECK(strstr(buf_text(&told), "  recorded: get XX"));
	record_call();
	str_copy(lines[count - 1].recorded.subject, PROTO_SUBJECT_BYTES,
		 "vox.sipgw.gw9." ROOT);
	CHECK(!judge(NONE));
	CHECK(strstr(buf_text(&told), " to gw9: "));
	forget();
}

TEST(what_was_said_again_after_a_takeover_counts_once)
{
	record_call();
	keep(lines[1].recorded.subject, lines[1].bytes);
	change(count - 1, "\"epoch\":9", "\"epoch\":10");
	CHECK(judge(NONE));
	forget();
}

TEST(what_callbackd_reports_is_nobodys_event)
{
	record_call();
	keep("vox.apid.any." ROOT,
	     "{\"type\":\"posted\",\"id\":\"ME3\",\"time\":2,"
	     "\"call_sid\":\"" ROOT "\",\"from\":\"callbackd/cb0\"}");
	CHECK(judge(NONE));
	forget();
}

static void hear_lines(struct replay *replay, int64_t later_ms)
{
	for (unsigned i = 0; i < count; i++) {
		struct recorded recorded = lines[i].recorded;
		recorded.time_ms += later_ms;
		replay_hear(replay, &recorded);
	}
}

/* Another call: each CallSid ends with another digit. */
static void rename_call(void)
{
	for (unsigned i = 0; i < count; i++)
		for (char *at = lines[i].bytes; (at = strstr(at, ROOT));)
			at[sizeof(ROOT) - 2] = 'b';
}

TEST(joined_calls_take_the_time_of_each_whichever_was_the_first)
{
	struct replay *replay = replay_new();
	record_call();
	hear_lines(replay, 500000);
	CHECK_INT(replay_recorded_ms(replay), 2000);
	rename_call();
	hear_lines(replay, 0);
	CHECK_INT(replay_recorded_ms(replay), 4000);
	replay_free(replay);
	forget();
}

TEST(an_event_that_breaks_its_table_is_told)
{
	record_call();
	change(0, "\"transport\":\"udp\"", "\"transport\":\"pigeon\"");
	CHECK(!judge(NONE));
	CHECK(strstr(buf_text(&told), "event 1 (incoming) is malformed: "
				      "incoming.transport is no known word"));
	forget();
}

TEST_MAIN()
