/*
 * encode.c - writes any message by its descriptor; knows no message.
 *
 * Every message of every call passes here: it is written from front to end into
 * one buffer, which is large enough for most from the start. The table bounds
 * what is written, and so the buffer.
 */
#include "proto/proto.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "proto/field.h"
#include "proto/scan.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024

struct out {
	char *data;
	size_t size, room;
};

/* --- bytes --- */

/* Where 'more' bytes can be written. */
static char *room_for(struct out *out, size_t more)
{
	if (out->room - out->size < more) {
		size_t room = out->room * 2, need = out->size + more;
		out->room = room > need ? room : need;
		out->data = mem_grow(out->data, out->room);
	}
	return out->data + out->size;
}

static void put(struct out *out, const char *data, size_t size)
{
	memcpy(room_for(out, size), data, size);
	out->size += size;
}

static void put_escape(struct out *out, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char shorts[256] = {
		['"'] = '"',  ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r',
		['\t'] = 't', ['\b'] = 'b',  ['\f'] = 'f'};
	if (shorts[c])
		put(out, (char[]){'\\', shorts[c]}, 2);
	else
		put(out,
		    (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

/* One character that cannot stand as it is, or is not ASCII: its length. A
 * byte that is not UTF-8 becomes U+FFFD. */
static size_t put_special(struct out *out, const char *text, size_t left)
{
	unsigned char c = (unsigned char)*text;
	if (c < 0x80) {
		put_escape(out, c);
		return 1;
	}
	size_t length = str_utf8_length(text, left);
	if (length)
		put(out, text, length);
	else
		put(out, "\xef\xbf\xbd", 3);
	return length ? length : 1;
}

static void put_string(struct out *out, const char *text, size_t size)
{
	const char *end = text + size;
	put(out, "\"", 1);
	for (;;) {
		const char *special = scan_plain(text, end);
		put(out, text, (size_t)(special - text));
		if (special == end)
			break;
		text = special +
		       put_special(out, special, (size_t)(end - special));
	}
	put(out, "\"", 1);
}

/* Names come from the tables: nothing in them needs escaping. */
static void put_key(struct out *out, const char *name)
{
	size_t size = strlen(name);
	char *at = room_for(out, size + 4), *from = at;
	if (out->data[out->size - 1] != '{')
		*at++ = ',';
	*at++ = '"';
	memcpy(at, name, size);
	at += size;
	*at++ = '"';
	*at++ = ':';
	out->size += (size_t)(at - from);
}

static void put_text(struct out *out, const char *name, const char *text)
{
	put_key(out, name);
	put_string(out, text, strlen(text));
}

static void put_number(struct out *out, const char *name, int64_t number)
{
	char digits[24], *first = digits + sizeof(digits);
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	do
		*--first = (char)('0' + left % 10);
	while (left /= 10);
	if (number < 0)
		*--first = '-';
	put_key(out, name);
	put(out, first, (size_t)(digits + sizeof(digits) - first));
}

/* --- fields --- */

static bool encode_fields(const struct proto_message *desc, const void *message,
			  struct out *out, char *error_out);

static bool encode_list(const struct proto_message *desc,
			const struct proto_field *field, const void *message,
			struct out *out, char *error_out)
{
	uint32_t count = *field_count(field, message);
	if (count > field->hi)
		return field_wrong(error_out, desc, field,
				   "has too many elements");
	if (!count && !(field->need & PROTO_REQUIRED))
		return true;
	put_key(out, field->name);
	put(out, "[", 1);
	for (uint32_t i = 0; i < count; i++) {
		put(out, i ? ",{" : "{", i ? 2 : 1);
		if (!encode_fields(field->part,
				   field_element(field, message, i), out,
				   error_out))
			return false;
		put(out, "}", 1);
	}
	put(out, "]", 1);
	return true;
}

static bool encode_text(const struct proto_message *desc,
			const struct proto_field *field, const char *text,
			struct out *out, char *error_out)
{
	bool required = field->need & PROTO_REQUIRED;
	if (!text)
		return !required ||
		       field_wrong(error_out, desc, field, "is missing");
	size_t size = strlen(text);
	if (size > (size_t)field->hi)
		return field_wrong(error_out, desc, field, "is too long");
	if (required || size) {
		put_key(out, field->name);
		put_string(out, text, size);
	}
	return true;
}

static bool encode_number(const struct proto_message *desc,
			  const struct proto_field *field, int64_t number,
			  struct out *out, char *error_out)
{
	bool required = field->need & PROTO_REQUIRED;
	if (!number && !required)
		return true;
	if (number < field->lo || number > field->hi)
		return field_wrong(error_out, desc, field, "is out of bounds");
	put_number(out, field->name, number);
	return true;
}

static bool encode_enum(const struct proto_message *desc,
			const struct proto_field *field, int value,
			struct out *out, char *error_out)
{
	const char *word = proto_word(field->set, value);
	if (*word)
		put_text(out, field->name, word);
	else if (field->need & PROTO_REQUIRED)
		return field_wrong(error_out, desc, field, "is missing");
	return true;
}

static void encode_bool(const struct proto_field *field, bool value,
			struct out *out)
{
	if (!value && !(field->need & PROTO_REQUIRED))
		return;
	put_key(out, field->name);
	put(out, value ? "true" : "false", value ? 4 : 5);
}

static bool encode_field(const struct proto_message *desc,
			 const struct proto_field *field, const void *message,
			 struct out *out, char *error_out)
{
	const void *value = field_at(message, field->offset);
	switch (field->kind) {
	case PROTO_TEXT: return encode_text(desc, field, value, out, error_out);
	case PROTO_LONG:
		return encode_text(desc, field, *(char *const *)value, out,
				   error_out);
	case PROTO_INT:
		return encode_number(desc, field, *(const int64_t *)value, out,
				     error_out);
	case PROTO_BOOL:
		encode_bool(field, *(const bool *)value, out);
		return true;
	case PROTO_ENUM:
		return encode_enum(desc, field, *(const int *)value, out,
				   error_out);
	case PROTO_LIST:
		return encode_list(desc, field, message, out, error_out);
	}
	return false;
}

static bool encode_fields(const struct proto_message *desc, const void *message,
			  struct out *out, char *error_out)
{
	for (size_t i = 0; i < desc->field_count; i++)
		if (!encode_field(desc, &desc->fields[i], message, out,
				  error_out))
			return false;
	return true;
}

/* --- whole messages --- */

static void encode_envelope(const struct proto_message *desc,
			    const struct envelope *envelope, struct out *out)
{
	put_text(out, "type", desc->name);
	put_text(out, "id", envelope->id);
	put_number(out, "time", envelope->time);
	put_text(out, "call_sid", envelope->call_sid);
	if (envelope->account_sid[0])
		put_text(out, "account_sid", envelope->account_sid);
	put_text(out, "from", envelope->from);
	if (envelope->epoch)
		put_number(out, "epoch", envelope->epoch);
}

char *proto_encode(const struct proto_message *desc,
		   const struct envelope *envelope, const void *message,
		   char *error_out)
{
	struct out out = {mem_grow(NULL, FIRST_ROOM), 0, FIRST_ROOM};
	put(&out, "{", 1);
	if (envelope)
		encode_envelope(desc, envelope, &out);
	if (!encode_fields(desc, message, &out, error_out)) {
		free(out.data);
		return NULL;
	}
	put(&out, "}", 2); /* and the end mark */
	return out.data;
}
