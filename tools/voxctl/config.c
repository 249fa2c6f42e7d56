/*
 * config.c - records of bucket config by field=value; see config.h.
 */
#include "tools/voxctl/config.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/base/subject.h"
#include "lib/runtime/retry.h"
#include "proto/mask.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

const struct config_kind config_kinds[] = {
	{"account", "account.", &account_config_message, "account_sid", false},
	{"number", "number.", &number_config_message, "number", true},
	{"credential", "credential.", &credential_config_message, "user", true},
	{0},
};

static bool wrong(char *error_out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* False, always. */
static bool wrong(char *error_out, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(error_out, CONFIG_ERROR_BYTES, format, arguments);
	va_end(arguments);
	return false;
}

/* --- kinds and names --- */

const struct config_kind *config_kind(const char *word)
{
	for (const struct config_kind *kind = config_kinds; kind->word; kind++)
		if (strcmp(kind->word, word) == 0)
			return kind;
	return NULL;
}

bool config_is(const struct config_kind *kind, const char *key)
{
	return str_starts(key, kind->prefix);
}

static const struct proto_field *field_of(const struct config_kind *kind,
					  const char *name, size_t length)
{
	for (size_t i = 0; i < kind->desc->field_count; i++) {
		const struct proto_field *field = &kind->desc->fields[i];
		if (strlen(field->name) == length &&
		    strncmp(field->name, name, length) == 0)
			return field;
	}
	return NULL;
}

bool config_key(const struct config_kind *kind, const char *name, char *key_out,
		char *error_out)
{
	const struct proto_field *field =
		field_of(kind, kind->name, strlen(kind->name));
	char hex[2 * 256 + 1];
	size_t length = strlen(name);
	if (!length || length > (size_t)field->hi || length > 255)
		return wrong(error_out,
			     "the %s's name has 1 to %" PRId64 " bytes",
			     kind->word, field->hi);
	if (str_has_control(name) || !str_is_utf8(name, length))
		return wrong(error_out, "the %s's name has control characters",
			     kind->word);
	if (!kind->hex && strspn(name, PLAIN) != length)
		return wrong(error_out,
			     "the %s's name may have letters, digits, - and _ "
			     "only",
			     kind->word);
	digest_hex((const uint8_t *)name, length, hex);
	(void)str_format(key_out, CONFIG_KEY_BYTES, "%s%s", kind->prefix,
			 kind->hex ? hex : name);
	return true;
}

static void *at(void *record, const struct proto_field *field)
{
	return (char *)record + field->offset;
}

static const void *at_of(const void *record, const struct proto_field *field)
{
	return (const char *)record + field->offset;
}

void config_name(const struct config_kind *kind, const char *name, void *record)
{
	const struct proto_field *field =
		field_of(kind, kind->name, strlen(kind->name));
	(void)str_copy(at(record, field), (size_t)field->hi + 1, name);
}

/* --- fields --- */

static bool set_text(const struct proto_field *field, void *record,
		     const char *value, char *error_out)
{
	if (str_has_control(value) || !str_is_utf8(value, strlen(value)) ||
	    strlen(value) > (size_t)field->hi)
		return wrong(error_out,
			     "%s has at most %" PRId64
			     " bytes, without control characters",
			     field->name, field->hi);
	if (field->kind == PROTO_LONG)
		proto_set_long(at(record, field), *value ? value : NULL);
	else
		(void)str_copy(at(record, field), (size_t)field->hi + 1, value);
	return true;
}

static bool set_number(const struct proto_field *field, void *record,
		       const char *value, char *error_out)
{
	int64_t number = 0;
	if (*value && !str_number(value, field->lo, field->hi, &number))
		return wrong(error_out,
			     "%s is a number from %" PRId64 " to %" PRId64,
			     field->name, field->lo, field->hi);
	*(int64_t *)at(record, field) = number;
	return true;
}

static bool set_flag(const struct proto_field *field, void *record,
		     const char *value, char *error_out)
{
	bool yes = str_same(value, "yes") || str_same(value, "true");
	bool no = !*value || str_same(value, "no") || str_same(value, "false");
	if (!yes && !no)
		return wrong(error_out, "%s is yes or no", field->name);
	*(bool *)at(record, field) = yes;
	return true;
}

static bool set_word(const struct proto_field *field, void *record,
		     const char *value, char *error_out)
{
	int number = *value ? proto_value(field->set, value) : 0;
	char words[128] = "";
	size_t used = 0;
	for (int i = 1; i < field->set->count && used < sizeof(words); i++)
		used += (size_t)snprintf(words + used, sizeof(words) - used,
					 "%s%s", i > 1 ? ", " : "",
					 field->set->words[i]);
	if (*value && !number)
		return wrong(error_out, "%s is one of %s", field->name, words);
	*(int *)at(record, field) = number;
	return true;
}

static bool is_url(const char *value)
{
	return str_starts(value, "http://") || str_starts(value, "https://") ||
	       subject_in_url(value);
}

/* They were made with another realm. */
static void forget_digests(struct credential_config *credential)
{
	credential->ha1_md5[0] = credential->ha1_sha256[0] = '\0';
}

static bool is_token(const char *name)
{
	return strcmp(name, "token") == 0 ||
	       strcmp(name, "secondary_token") == 0;
}

/* Nothing: the installation's. */
static bool is_schedule(const char *value, char *error_out)
{
	struct retry_schedule schedule;
	char why[RETRY_ERROR_BYTES];
	return !*value || retry_schedule_read(value, &schedule, why) ||
	       wrong(error_out, "webhook_retry: %s", why);
}

/* The end of a rotation: the second token is the account's only one. */
static bool promote(struct account_config *account, char *error_out)
{
	if (!account->secondary_token[0])
		return wrong(error_out, "token=secondary: there is no second "
					"token; make one with "
					"secondary_token=new");
	memcpy(account->token, account->secondary_token,
	       sizeof(account->token));
	account->secondary_token[0] = '\0';
	return true;
}

bool config_set(const struct config_kind *kind, void *record,
		const char *assignment, char *error_out)
{
	static bool (*const setters[])(const struct proto_field *field,
				       void *record, const char *value,
				       char *error_out) = {
		[PROTO_TEXT] = set_text,  [PROTO_LONG] = set_text,
		[PROTO_INT] = set_number, [PROTO_BOOL] = set_flag,
		[PROTO_ENUM] = set_word,  [PROTO_LIST] = NULL,
	};
	size_t length = strcspn(assignment, "=");
	const char *value = assignment + length + (assignment[length] == '=');
	const struct proto_field *field = field_of(kind, assignment, length);
	char token[ID_BYTES];
	if (assignment[length] != '=')
		return wrong(error_out, "\"%.100s\" is no field=value",
			     assignment);
	if (!field || !setters[field->kind] ||
	    strcmp(field->name, kind->name) == 0)
		return wrong(error_out,
			     "a %s has no field \"%.*s\" that can be set; see "
			     "docs/cli.md",
			     kind->word, (int)(length < 60 ? length : 60),
			     assignment);
	if ((field->need & PROTO_URI) && *value && !is_url(value))
		return wrong(
			error_out,
			"%s is an http:// or https:// URL, or nats:subject",
			field->name);
	if (strcmp(field->name, "webhook_retry") == 0 &&
	    !is_schedule(value, error_out))
		return false;
	if (kind->desc == &account_config_message && is_token(field->name) &&
	    strcmp(value, "new") == 0) {
		id_random("TK", token);
		value = token + 2;
	}
	if (kind->desc == &account_config_message &&
	    strcmp(assignment, "token=secondary") == 0)
		return promote(record, error_out);
	if (!setters[field->kind](field, record, value, error_out))
		return false;
	if (kind->desc == &credential_config_message &&
	    strcmp(field->name, "realm") == 0)
		forget_digests(record);
	return true;
}

/* --- SIDs --- */

/* As SignalWire's projects are called: 8-4-4-4-12 hex digits. */
static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '-' ? text[i] != '-'
				   : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* The first account has the name that VOXBUS_ACCOUNT_SID gave it. */
static bool is_account(const char *sid, const char *first_account,
		       char *error_out)
{
	if (id_is("AC", sid) || is_uuid(sid) || str_equal(sid, first_account))
		return true;
	return wrong(error_out,
		     "'%.70s' is no AccountSid: write AC and 32 hex digits (or "
		     "a UUID), as \"voxctl config ls account\" prints them",
		     sid);
}

/* The first account's, unless another's is given. */
static bool complete_account(char *sid, size_t size, const char *first_account,
			     char *error_out)
{
	if (*sid)
		return is_account(sid, first_account, error_out);
	(void)str_copy(sid, size, first_account);
	return *sid || wrong(error_out, "account_sid is missing");
}

/* --- what was left out --- */

static bool complete_number(struct number_config *number, const char *account,
			    char *error_out)
{
	if (!number->sid[0])
		id_random("PN", number->sid);
	if (!id_is("PN", number->sid))
		return wrong(error_out,
			     "sid '%.70s' is none of a number: write PN and 32 "
			     "hex digits, or leave it out and one is made",
			     number->sid);
	return complete_account(number->account_sid,
				sizeof(number->account_sid), account,
				error_out);
}

static void hash(const struct credential_config *credential,
		 const char *password, char *md5_out, char *sha256_out)
{
	struct buf text = BUF_INIT(4096);
	uint8_t bytes[DIGEST_SHA256_BYTES];
	buf_addf(&text, "%s:%s:%s", credential->user, credential->realm,
		 password);
	digest_md5(buf_text(&text), text.length, bytes);
	digest_hex(bytes, DIGEST_MD5_BYTES, md5_out);
	digest_sha256(buf_text(&text), text.length, bytes);
	digest_hex(bytes, DIGEST_SHA256_BYTES, sha256_out);
	buf_free(&text);
}

static bool complete_credential(struct credential_config *credential,
				const char *account, const char *password,
				char *error_out)
{
	if (!complete_account(credential->account_sid,
			      sizeof(credential->account_sid), account,
			      error_out))
		return false;
	if (!credential->realm[0])
		(void)str_copy(credential->realm, sizeof(credential->realm),
			       "voxbus");
	if (password && (!*password || strlen(password) > 255))
		return wrong(error_out, "password has 1 to 255 bytes");
	if (password)
		hash(credential, password, credential->ha1_md5,
		     credential->ha1_sha256);
	return credential->ha1_md5[0] || credential->ha1_sha256[0] ||
	       wrong(error_out, "password is missing: password=... or, from "
				"stdin, password=-");
}

bool config_complete(const struct config_kind *kind, void *record,
		     const char *first_account, const char *password,
		     char *error_out)
{
	if (kind->desc == &credential_config_message)
		return complete_credential(record, first_account, password,
					   error_out);
	if (password)
		return wrong(error_out, "a %s has no password", kind->word);
	if (kind->desc == &number_config_message)
		return complete_number(record, first_account, error_out);
	const struct account_config *account = record;
	return is_account(account->account_sid, first_account, error_out);
}

/* --- how it is shown --- */

static void print_text(const struct proto_field *field, const char *text,
		       struct buf *to)
{
	char *masked = field->need & PROTO_URI ? mask_uris(text) : NULL;
	buf_add_text(to, "\"");
	buf_add_json(to, field->need & PROTO_SECRET ? "***"
			 : masked                   ? masked
						    : text);
	buf_add_text(to, "\"");
	free(masked);
}

/* False: the field is absent. */
static bool has_value(const struct proto_field *field, const void *value)
{
	switch (field->kind) {
	case PROTO_TEXT: return *(const char *)value != '\0';
	case PROTO_LONG: return *(char *const *)value != NULL;
	case PROTO_INT: return *(const int64_t *)value != 0;
	case PROTO_BOOL: return *(const bool *)value;
	case PROTO_ENUM: return *(const int *)value != 0;
	case PROTO_LIST: break;
	}
	return false;
}

static void print_value(const struct proto_field *field, const void *value,
			struct buf *to)
{
	switch (field->kind) {
	case PROTO_TEXT: print_text(field, value, to); break;
	case PROTO_LONG: print_text(field, *(char *const *)value, to); break;
	case PROTO_INT:
		buf_addf(to, "%" PRId64, *(const int64_t *)value);
		break;
	case PROTO_BOOL: buf_add_text(to, "true"); break;
	case PROTO_ENUM:
		print_text(field, proto_word(field->set, *(const int *)value),
			   to);
		break;
	case PROTO_LIST: break;
	}
}

void config_print(const struct config_kind *kind, const void *record,
		  struct buf *to)
{
	const char *comma = "{";
	for (size_t i = 0; i < kind->desc->field_count; i++) {
		const struct proto_field *field = &kind->desc->fields[i];
		const void *value = at_of(record, field);
		if (!has_value(field, value))
			continue;
		buf_addf(to, "%s\"%s\":", comma, field->name);
		print_value(field, value, to);
		comma = ",";
	}
	buf_add_text(to, "}\n");
}
