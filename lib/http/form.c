/*
 * form.c - request parameters as application/x-www-form-urlencoded; see form.h.
 */
#include "lib/http/form.h"

#include "lib/base/buf.h"
#include "proto/proto.h"

#include <string.h>

static void add_one(struct buf *to, const struct param *param)
{
	buf_add_percent(to, param->name);
	buf_add_text(to, "=");
	buf_add_percent(to, param->value ? param->value : "");
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

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One decoded byte of what ends at 'end'; moves on. A lone % is itself. */
static unsigned char next_byte(const char **at, const char *end)
{
	const char *c = *at;
	if (c[0] == '%' && end - c > 2 && hex_digit(c[1]) >= 0 &&
	    hex_digit(c[2]) >= 0) {
		*at += 3;
		return (unsigned char)(hex_digit(c[1]) << 4 | hex_digit(c[2]));
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
