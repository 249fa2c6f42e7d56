/*
 * tables.c - the descriptors: the second and third expansion of the tables.
 */
#include "proto/proto.h"

#define REQUIRED PROTO_REQUIRED
#define OPTIONAL PROTO_OPTIONAL
#define SECRET PROTO_SECRET
#define DOCUMENT PROTO_DOCUMENT
#define URI PROTO_URI
#define SDP PROTO_SDP

/* --- enumerations --- */
#define ENUM_BEGIN(name, absent, doc)                                          \
	static const char *const name##_words[] = {NULL,
#define ENUM_VALUE(name, constant, word, doc) word,
#define ENUM_END(name)                                                         \
	}                                                                      \
	;
#include "proto/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END
#define ENUM_BEGIN(name, absent, doc)                                          \
	static const char *const name##_docs[] = {NULL,
#define ENUM_VALUE(name, constant, word, doc) doc,
#define ENUM_END(name)                                                         \
	}                                                                      \
	;
#include "proto/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END
#define ENUM_BEGIN(name, absent, doc)                                          \
	const struct proto_set name##_set = {                                  \
		#name, name##_words, name##_docs,                              \
		(int)(sizeof(name##_words) / sizeof(name##_words[0])), doc};
#define ENUM_VALUE(name, constant, word, doc)
#define ENUM_END(name)
#include "proto/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END

const struct proto_set *const proto_sets[] = {
#define ENUM_BEGIN(name, absent, doc) &name##_set,
#define ENUM_VALUE(name, constant, word, doc)
#define ENUM_END(name)
#include "proto/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END
	NULL};

const struct proto_error proto_errors[] = {
#define ERROR(code, constant, name, advice) {code, name, advice},
#include "proto/errors.def"
#undef ERROR
	{0, "Unknown error", "See docs/errors."}};

/* --- fields --- */
#define TEXT(m, f, max, need, doc)                                             \
	{#f,   PROTO_TEXT, need, offsetof(struct m, f), 0, 0, max,             \
	 NULL, NULL,       doc},
#define LONG(m, f, max, need, doc)                                             \
	{#f,   PROTO_LONG, need, offsetof(struct m, f), 0, 0, max,             \
	 NULL, NULL,       doc},
#define INT(m, f, lo, hi, need, doc)                                           \
	{#f,   PROTO_INT, need, offsetof(struct m, f), 0, lo, hi,              \
	 NULL, NULL,      doc},
#define BOOL(m, f, need, doc)                                                  \
	{#f, PROTO_BOOL, need, offsetof(struct m, f), 0, 0, 1, NULL, NULL, doc},
#define ENUM(m, f, set, need, doc)                                             \
	{#f,   PROTO_ENUM, need, offsetof(struct m, f), 0, 0, 0,               \
	 NULL, &set##_set, doc},
#define LIST(m, f, part, max, need, doc)                                       \
	{#f,                                                                   \
	 PROTO_LIST,                                                           \
	 need,                                                                 \
	 offsetof(struct m, f),                                                \
	 offsetof(struct m, f##_count),                                        \
	 0,                                                                    \
	 max,                                                                  \
	 &part##_message,                                                      \
	 NULL,                                                                 \
	 doc},
#define PART_BEGIN(m, doc) static const struct proto_field m##_fields[] = {
#define PART_END(m)                                                            \
	}                                                                      \
	;
#define MESSAGE(m, from, to, doc) PART_BEGIN(m, doc)
#define COMMAND(m, from, to, outcome, deadline_ms, doc) PART_BEGIN(m, doc)
#define RECORD(m, owner, bucket, doc) PART_BEGIN(m, doc)
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

/* --- messages --- */
#define TEXT(m, f, max, need, doc)
#define LONG(m, f, max, need, doc)
#define INT(m, f, lo, hi, need, doc)
#define BOOL(m, f, need, doc)
#define ENUM(m, f, set, need, doc)
#define LIST(m, f, part, max, need, doc)
#define DESCRIBE(m, use, from, to, outcome, deadline_ms, doc)                  \
	_Static_assert(sizeof(m##_fields) / sizeof(m##_fields[0]) <= 64,       \
		       "decode.c marks the fields that it saw in 64 bits");    \
	const struct proto_message m##_message = {                             \
		#m,                                                            \
		use,                                                           \
		from,                                                          \
		to,                                                            \
		outcome,                                                       \
		deadline_ms,                                                   \
		sizeof(struct m),                                              \
		m##_fields,                                                    \
		sizeof(m##_fields) / sizeof(m##_fields[0]),                    \
		doc};
#define PART_BEGIN(m, doc) DESCRIBE(m, PROTO_PART, NULL, NULL, NULL, 0, doc)
#define PART_END(m)
#define MESSAGE(m, from, to, doc)                                              \
	DESCRIBE(m, PROTO_EVENT, #from, #to, NULL, 0, doc)
#define COMMAND(m, from, to, outcome, deadline_ms, doc)                        \
	DESCRIBE(m, PROTO_COMMAND, #from, #to, outcome, deadline_ms, doc)
#define RECORD(m, owner, bucket, doc)                                          \
	DESCRIBE(m, PROTO_RECORD, #owner, #bucket, NULL, 0, doc)
#define END(m)
#include "proto/parts.def"
#include "proto/messages.def"
#undef PART_BEGIN
#undef PART_END
#undef MESSAGE
#undef COMMAND
#undef RECORD

#define MESSAGE(m, from, to, doc) &m##_message,
#define COMMAND(m, from, to, outcome, deadline_ms, doc) &m##_message,
#define RECORD(m, owner, bucket, doc) &m##_message,
const struct proto_message *const proto_messages[] = {
#include "proto/messages.def"
	NULL};
