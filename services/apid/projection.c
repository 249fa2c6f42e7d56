/*
 * projection.c - which rows a message of the record becomes; see projection.h.
 */
#include "services/apid/projection_private.h"

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/metrics.h"

#include <string.h>

#define TYPE_BYTES 32

METRIC_COUNTER(projected, "projection_messages_total", "result=\"stored\"",
	       "Messages of the record that were looked at.")
METRIC_COUNTER(passed, "projection_messages_total", "result=\"passed\"",
	       "Messages of the record that were looked at.")
METRIC_COUNTER(malformed, "projection_messages_total", "result=\"malformed\"",
	       "Messages of the record that were looked at.")

/*
 * 'type' is a message's first field in every release, so most messages are put
 * aside without being parsed. One that begins otherwise is parsed.
 */
static bool type_of(const struct bus_message *message, char *type_out)
{
	static const char begin[] = "{\"type\":\"";
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	if (str_starts(message->data, begin)) {
		const char *type = message->data + strlen(begin);
		return str_copy_bytes(type_out, TYPE_BYTES, type,
				      strcspn(type, "\""));
	}
	return proto_peek(message->data, message->size, &envelope, error) &&
	       str_copy(type_out, TYPE_BYTES, envelope.type);
}

static const struct projection_row *row_of(const char *type)
{
	static const struct projection_row *const tables[] = {
		projection_calls, projection_requests, projection_recordings};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct projection_row *row = tables[i]; row->desc;
		     row++)
			if (strcmp(row->desc->name, type) == 0)
				return row;
	return NULL;
}

bool projection_hear(struct store *store, const struct bus_message *message)
{
	struct envelope envelope;
	char type[TYPE_BYTES] = "", error[PROTO_ERROR_BYTES];
	const struct projection_row *row =
		type_of(message, type) ? row_of(type) : NULL;
	if (!row) {
		metric_add(&passed, 1);
		return false;
	}
	void *typed = proto_new(row->desc);
	bool good = proto_decode(row->desc, message->data, message->size,
				 &envelope, typed, error);
	if (good) {
		row->hear(&(struct heard){store, &envelope, message->time_ms,
					  message->sequence},
			  typed);
		metric_add(&projected, 1);
	} else {
		metric_add(&malformed, 1);
		log_warn(NULL, 0, "message %llu on %s is malformed: %s",
			 (unsigned long long)message->sequence,
			 message->subject, error);
	}
	proto_free(row->desc, typed);
	return good;
}
