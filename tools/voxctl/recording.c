/*
 * recording.c - a call's messages as JSON lines; see recording.h.
 */
#include "tools/voxctl/recording.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "tools/voxctl/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void recording_header(const char *call_sid, struct buf *to)
{
	buf_addf(to, "{\"voxbus\":%d,\"call_sid\":\"", RECORDING_VERSION);
	buf_add_json(to, call_sid);
	buf_addf(to, "\",\"version\":\"%s\",\"masked\":true}\n",
		 VOXBUS_VERSION);
}

void recording_line(const struct recorded *recorded, bool masked,
		    struct buf *to)
{
	char *hidden =
		masked ? proto_masked(recorded->message, recorded->size) : NULL;
	buf_addf(to, "{\"seq\":%" PRIu64 ",\"subject\":\"", recorded->sequence);
	buf_add_json(to, recorded->subject);
	buf_addf(to, "\",\"stream_time\":%" PRId64 ",\"message\":",
		 recorded->time_ms);
	if (hidden)
		buf_add_text(to, hidden);
	else if (masked ||
		 !json_is_valid(json_of(recorded->message, recorded->size)))
		buf_add_text(to, "null");
	else
		buf_add(to, recorded->message, recorded->size);
	buf_add_text(to, "}\n");
	free(hidden);
}

static enum recording_parsed bad(char *error_out, const char *what)
{
	str_format(error_out, RECORDING_ERROR_BYTES, "%s", what);
	return RECORDING_BAD;
}

static enum recording_parsed parse_header(struct json version, char *error_out)
{
	int64_t number;
	if (!json_number(version, &number) || number != RECORDING_VERSION)
		return bad(error_out, "is a recording of another version");
	return RECORDING_HEADER;
}

enum recording_parsed recording_parse(const char *line, size_t size,
				      struct recorded *recorded_out,
				      char *error_out)
{
	struct json value, whole = json_of(line, size);
	int64_t sequence;
	if (!json_is(whole, '{') || !json_is_valid(whole))
		return bad(error_out, "is not a JSON object");
	if (json_get(whole, "voxbus", &value))
		return parse_header(value, error_out);
	if (!json_get(whole, "seq", &value) || !json_number(value, &sequence) ||
	    sequence < 1)
		return bad(error_out, "has no number in \"seq\"");
	recorded_out->sequence = (uint64_t)sequence;
	if (!json_get(whole, "stream_time", &value) ||
	    !json_number(value, &recorded_out->time_ms))
		return bad(error_out, "has no number in \"stream_time\"");
	if (!json_get(whole, "subject", &value) ||
	    !json_text(value, recorded_out->subject,
		       sizeof(recorded_out->subject)))
		return bad(error_out, "has no text in \"subject\"");
	if (!json_get(whole, "message", &value) || !json_is(value, '{'))
		return bad(error_out, "has no object in \"message\"");
	recorded_out->message = value.text;
	recorded_out->size = value.size;
	return RECORDING_MESSAGE;
}
