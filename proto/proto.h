/*
 * proto.h - the contract of the bus: every message as a struct and a
 * descriptor.
 *
 * The tables (*.def) are the only place where a message is declared; see
 * proto/README.md for the catalogue, printed from them. This header makes of
 * each MESSAGE, COMMAND and RECORD 'name' a 'struct name' and a
 * 'const struct proto_message name_message'.
 *
 * Contract: TEXT is an array inside the struct, LONG an owned, malloc'ed string
 * (NULL: absent), INT an int64_t, BOOL a bool, ENUM an int of enums.def (0:
 * absent), LIST an array with 'field_count'. An OPTIONAL field that is absent
 * is empty, NULL, 0 or false, and such a value is not written. proto_clear()
 * frees what a struct owns; a zeroed struct is a valid empty one. Any thread,
 * one struct at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- enumerations: enum call_status { CALL_STATUS_NONE, CALL_QUEUED, … } ---
 */
#define ENUM_BEGIN(name, absent, doc) enum name { absent,
#define ENUM_VALUE(name, constant, word, doc) constant,
#define ENUM_END(name)                                                         \
	}                                                                      \
	;
#include "proto/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END

/* --- error numbers: enum error_code { ERR_URL_INVALID = 11100, … } --- */
#define ERROR(code, constant, name, advice) constant = code,
enum error_code {
#include "proto/errors.def"
};
#undef ERROR

/* --- structs --- */
#define TEXT(m, f, max, need, doc) char f[(max) + 1];
#define LONG(m, f, max, need, doc) char *f;
#define INT(m, f, lo, hi, need, doc) int64_t f;
#define BOOL(m, f, need, doc) bool f;
#define ENUM(m, f, set, need, doc) int f;
#define LIST(m, f, part, max, need, doc)                                       \
	struct part f[max];                                                    \
	uint32_t f##_count;
#define PART_BEGIN(m, doc) struct m {
#define PART_END(m)                                                            \
	}                                                                      \
	;
#define MESSAGE(m, from, to, doc) struct m {
#define COMMAND(m, from, to, outcome, deadline_ms, doc) struct m {
#define RECORD(m, owner, bucket, doc) struct m {
#define END(m)                                                                 \
	}                                                                      \
	;
#include "proto/parts.def"
#include "proto/messages.def"
#undef TEXT
#undef LONG
#undef INT
#undef BOOL
#undef ENUM
#undef LIST
#undef PART_BEGIN
#undef PART_END
#undef MESSAGE
#undef COMMAND
#undef RECORD
#undef END

/* --- descriptors --- */
enum proto_kind {
	PROTO_TEXT,
	PROTO_LONG,
	PROTO_INT,
	PROTO_BOOL,
	PROTO_ENUM,
	PROTO_LIST
};
enum proto_need {
	PROTO_OPTIONAL = 0,
	PROTO_REQUIRED = 1,
	PROTO_SECRET = 2,   /* masked wherever a message is shown or exported */
	PROTO_DOCUMENT = 4, /* a body: secrets inside markup are masked */
	PROTO_URI = 8,      /* a URI: its password is masked */
	PROTO_SDP = 16      /* an SDP: the keys in it are masked */
};
enum proto_use { PROTO_PART, PROTO_EVENT, PROTO_COMMAND, PROTO_RECORD };

struct proto_set { /* an enumeration: words[0] is NULL (absent) */
	const char *name;
	const char *const *words;
	const char *const *docs;
	int count;
	const char *doc;
};

struct proto_field {
	const char *name;
	enum proto_kind kind;
	unsigned need;
	size_t offset;
	size_t count_offset; /* LIST: of 'field_count' */
	int64_t lo, hi;      /* INT: bounds. TEXT, LONG: hi = bytes. LIST: hi =
				elements */
	const struct proto_message *part; /* LIST: its elements */
	const struct proto_set *set;      /* ENUM: its words */
	const char *doc;
};

struct proto_message {
	const char *name; /* the 'type' on the bus */
	enum proto_use use;
	const char *from;
	const char *to;      /* RECORD: the bucket */
	const char *outcome; /* COMMAND: "answered|failed" */
	int64_t deadline_ms; /* COMMAND: refused when older */
	size_t size;         /* of the struct */
	const struct proto_field *fields;
	size_t field_count;
	const char *doc;
};

#define PART_BEGIN(m, doc) extern const struct proto_message m##_message;
#define PART_END(m)
#define MESSAGE(m, from, to, doc) extern const struct proto_message m##_message;
#define COMMAND(m, from, to, outcome, deadline_ms, doc)                        \
	extern const struct proto_message m##_message;
#define RECORD(m, owner, bucket, doc)                                          \
	extern const struct proto_message m##_message;
#define END(m)
#define TEXT(m, f, max, need, doc)
#define LONG(m, f, max, need, doc)
#define INT(m, f, lo, hi, need, doc)
#define BOOL(m, f, need, doc)
#define ENUM(m, f, set, need, doc)
#define LIST(m, f, part, max, need, doc)
#include "proto/parts.def"
#include "proto/messages.def"
#undef TEXT
#undef LONG
#undef INT
#undef BOOL
#undef ENUM
#undef LIST
#undef PART_BEGIN
#undef PART_END
#undef MESSAGE
#undef COMMAND
#undef RECORD
#undef END

/* Every message, command and record (no parts), in catalogue order; NULL ends.
 */
extern const struct proto_message *const proto_messages[];
extern const struct proto_set *const proto_sets[];

/* --- the envelope, common to all but records --- */
struct envelope {
	char type[32];
	char id[40];       /* Nats-Msg-Id: the same in every repeat */
	int64_t time;      /* when it was first said, ms since 1970 */
	char call_sid[40]; /* root CallSid, or "-" */
	char account_sid[65];
	char from[49]; /* "<service>/<instance>" */
	int64_t epoch; /* of the shard's lease, in the interpreter's commands */
};

#define PROTO_ERROR_BYTES 160

const struct proto_message *proto_find(const char *type);
/*
 * As JSON, one line, owned by the caller. 'envelope' is NULL for a record. Text
 * that is not UTF-8 is mended (U+FFFD). NULL when the message breaks its own
 * table: 'error_out' (may be NULL) names the field. That is a bug of the
 * sender.
 */
char *proto_encode(const struct proto_message *desc,
		   const struct envelope *envelope, const void *message,
		   char *error_out);
/* Only the envelope: for dispatch, and for messages of unknown type. */
bool proto_peek(const char *json, size_t size, struct envelope *envelope_out,
		char *error_out);
/*
 * Checks everything against the table. On success the struct, zeroed before,
 * holds the message; on failure it is empty and 'error_out' (PROTO_ERROR_BYTES)
 * names the field at fault. 'envelope_out' may be NULL (records).
 */
bool proto_decode(const struct proto_message *desc, const char *json,
		  size_t size, struct envelope *envelope_out, void *message,
		  char *error_out);
void proto_clear(const struct proto_message *desc, void *message);
/* A deep copy into 'to', which is overwritten. */
void proto_copy(const struct proto_message *desc, const void *from, void *to);
/* Heap forms: a zeroed message, and its end. */
void *proto_new(const struct proto_message *desc);
void *proto_free(const struct proto_message *desc, void *message);
/*
 * The message's JSON with every secret replaced by "***" (by the table, and by
 * proto/mask.c inside documents and URIs); fields of unknown types stay, except
 * that no string of an unknown message survives. Owned by the caller; NULL if
 * it is no message at all.
 */
char *proto_masked(const char *json, size_t size);

/* --- enumerations and errors by word --- */
const char *proto_word(const struct proto_set *set,
		       int value); /* "" if absent */
int proto_value(const struct proto_set *set, const char *word); /* 0: none */
#define ENUM_BEGIN(name, absent, doc) extern const struct proto_set name##_set;
#define ENUM_VALUE(name, constant, word, doc)
#define ENUM_END(name)
#include "proto/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END

struct proto_error {
	int code;
	const char *name;
	const char *advice;
};
/* Every error number, ending with code 0. */
extern const struct proto_error proto_errors[];
/* Never NULL: an unknown code has a row that says so. */
const struct proto_error *proto_error(int code);

/* Sets an owned LONG field: frees the old value, copies the new (NULL: none).
 */
void proto_set_long(char **field, const char *text);

/* A valid message with every field filled, for tests and fuzz seeds. */
void proto_sample(const struct proto_message *desc, void *message);

/* --- subjects --- */
#define PROTO_SUBJECT_BYTES 128
/* vox.<service>.<target>.<call_sid> */
void proto_subject(const char *service, const char *target,
		   const char *call_sid, char *subject_out);
