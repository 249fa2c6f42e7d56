/*
 * form.c - request parameters as application/x-www-form-urlencoded; see form.h.
 */
#include "lib/http/form.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>

static const char *value_of(const struct param *param)
{
	return param->value ? param->value : "";
}

static void add_text(struct buf *to, const char *text)
{
	const char *mark;
	while ((mark = strchr(text, '?'))) {
		char *before = mem_copy_bytes(text, (size_t)(mark - text));
		buf_add_percent(to, before);
		buf_add_text(to, "%3f");
		free(before);
		text = mark + 1;
	}
	buf_add_percent(to, text);
}

static void add_one(struct buf *to, const struct param *param)
{
	add_text(to, param->name);
	buf_add_text(to, "=");
	add_text(to, value_of(param));
}

void form_add(struct buf *to, const struct param *params, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_text(to, "&");
		add_one(to, &params[i]);
	}
}

void form_add_query(struct buf *to, const char *url, const struct param *params,
		    size_t count, bool fill)
{
	const char *query = strchr(url, '?');
	const char *between = query ? "&" : "?";
	size_t length = strlen(url);
	if (query && (query[1] == '\0' || url[length - 1] == '&'))
		between = "";
	buf_add(to, url, length);
	for (size_t i = 0; i < count; i++) {
		if (fill && form_has(url, params[i].name))
			continue;
		buf_add_text(to, between);
		add_one(to, &params[i]);
		between = "&";
	}
}

void form_add_hash(struct buf *to, const char *url, const char *body)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	char hex[2 * DIGEST_SHA256_BYTES + 1];
	struct param hash = {"bodySHA256", hex};
	digest_sha256(body, strlen(body), digest);
	digest_hex(digest, sizeof(digest), hex);
	form_add_query(to, url, &hash, 1, true);
}

/* Leading bytes of what UTF-16 writes in two units go before EE and EF. */
static unsigned weight(unsigned char c)
{
	if (c < 0xee)
		return c;
	return c < 0xf0 ? c + 5U : c - 2U;
}

int form_order(const char *left, const char *right)
{
	while (*left && *left == *right)
		left++, right++;
	return (int)weight((unsigned char)*left) -
	       (int)weight((unsigned char)*right);
}

/* Drops a value that was there before, or puts it in its place among those of
 * its name. */
static bool settle_one(struct param *params, size_t count, struct param *last)
{
	for (size_t i = 0; i < count; i++) {
		char *value = last->value;
		int order;
		if (strcmp(params[i].name, last->name) != 0)
			continue;
		order = form_order(value_of(&params[i]), value_of(last));
		if (order == 0) {
			free(last->value);
			return false;
		}
		if (order > 0) {
			last->value = params[i].value;
			params[i].value = value;
		}
	}
	return true;
}

size_t form_settle(struct param *params, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (!settle_one(params, kept, &params[i]))
			continue;
		if (kept != i)
			params[kept] = params[i];
		kept++;
	}
	return kept;
}

/* One decoded byte of what ends at 'end'; moves on. A lone % is itself. */
static unsigned char next_byte(const char **at, const char *end)
{
	const char *c = *at;
	if (c[0] == '%' && end - c > 2 && str_hex_digit(c[1]) >= 0 &&
	    str_hex_digit(c[2]) >= 0) {
		*at += 3;
		return (unsigned char)(str_hex_digit(c[1]) << 4 |
				       str_hex_digit(c[2]));
	}
	*at += 1;
	return c[0] == '+' ? ' ' : (unsigned char)c[0];
}

bool form_decode(const char *field, size_t length, char *text_out, size_t size)
{
	const char *end = field + length;
	size_t there = 0;
	while (field < end && there + 1 < size) {
		unsigned char byte = next_byte(&field, end);
		if (byte < 0x20 || byte == 0x7f)
			break;
		text_out[there++] = (char)byte;
	}
	text_out[there] = '\0';
	if (field == end)
		return true;
	text_out[0] = '\0';
	return false;
}

static bool field_is(const char *field, const char *name)
{
	const char *end = field + strlen(field);
	while (*field && *field != '=' && *field != '&' && *name) {
		if (next_byte(&field, end) != (unsigned char)*name++)
			return false;
	}
	return !*name && (!*field || *field == '=' || *field == '&');
}

bool form_has(const char *url, const char *name)
{
	const char *field = strchr(url, '?');
	while (field) {
		field++;
		if (field_is(field, name))
			return true;
		field = strchr(field, '&');
	}
	return false;
}
