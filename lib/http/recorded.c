/*
 * recorded.c - headers and excerpts for the record; see recorded.h.
 */
#include "lib/http/recorded.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "***"
#define LINE_MAX_BYTES 512
#define NAME_MAX_BYTES 64
#define CHARACTER_MAX 4 /* bytes of UTF-8 */

/* Anywhere in a name: better one too many than one too few. */
static const char *const secret_words[] = {
	"cookie",     "auth",    "token",     "secret", "password",
	"credential", "session", "signature", "key",    "signed-url",
};

/* These say how to ask, which attempt it is, or what was requested (our URL,
 * without userinfo, as 'get' and 'post' have it): no secrets. */
static const char *const no_secrets[] = {
	"WWW-Authenticate",
	"Proxy-Authenticate",
	"I-Twilio-Idempotency-Token",
	"X-Voxbus-Signed-Url",
};

static bool is_secret(const char *name)
{
	for (size_t i = 0; i < sizeof(no_secrets) / sizeof(no_secrets[0]); i++)
		if (strcasecmp(no_secrets[i], name) == 0)
			return false;
	for (size_t i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]);
	     i++)
		if (strcasestr(name, secret_words[i]))
			return true;
	return false;
}

static void add_printable(struct buf *to, const char *value, size_t length)
{
	size_t shown =
		length < RECORDED_VALUE_MAX ? length : RECORDED_VALUE_MAX - 3;
	for (size_t i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)value[i];
		buf_add(to, c < 0x20 || c > 0x7e ? "?" : value + i, 1);
	}
	buf_add_text(to, shown < length ? "..." : "");
}

static bool is_name(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] <= 0x20 ||
		    (unsigned char)line[i] > 0x7e)
			return false;
	return length > 0;
}

void recorded_header(struct buf *to, const char *line, size_t size)
{
	char name[NAME_MAX_BYTES];
	struct buf one = BUF_INIT(LINE_MAX_BYTES);
	const char *colon = memchr(line, ':', size);
	if (!colon || !is_name(line, (size_t)(colon - line)) ||
	    !str_copy_bytes(name, sizeof(name), line, (size_t)(colon - line)))
		return;
	size_t length, rest = size - (size_t)(colon + 1 - line);
	const char *value = str_trim(colon + 1, rest, &length);
	buf_add_text(&one, name);
	buf_add_text(&one, ": ");
	if (is_secret(name))
		buf_add_text(&one, HIDDEN);
	else
		add_printable(&one, value, length);
	buf_add_text(&one, "\n");
	if (!one.full && one.length <= to->max - to->length)
		buf_add(to, one.data, one.length);
	buf_free(&one);
}

void recorded_excerpt(struct buf *to, const char *data, size_t size)
{
	size_t room = to->max - to->length;
	buf_add(to, data, size < room ? size : room);
}

void recorded_text(struct buf *excerpt)
{
	size_t at = 0;
	while (at < excerpt->length) {
		size_t left = excerpt->length - at;
		size_t length = str_utf8_length(excerpt->data + at, left);
		bool cut = !length && left < CHARACTER_MAX &&
			   excerpt->length == excerpt->max &&
			   (unsigned char)excerpt->data[at] >= 0xc2;
		if (cut) {
			excerpt->length = at;
			excerpt->data[at] = '\0';
		} else if (!length) {
			excerpt->data[at++] = '?';
		} else {
			at += length;
		}
	}
}
