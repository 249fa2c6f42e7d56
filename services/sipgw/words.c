/*
 * words.c - the grammar of what crosses between SIP and the bus; see words.h.
 */
#include "services/sipgw/words.h"

#include "lib/base/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

bool words_is_token(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!is_alnum(*text) && !strchr("-.!%*_+`'~", *text))
			return false;
	return true;
}

bool words_header_is_told(const char *name)
{
	if (!words_is_token(name))
		return false;
	return (strncasecmp(name, "X-", 2) == 0 && name[2]) ||
	       strcasecmp(name, "User-to-User") == 0;
}

/* Beside X-: what no stack, dialog, body or trust hangs on. The interpreter's
 * sip_headers.def lets the same pass. */
static const char *const may_be_added[] = {
	"Alert-Info",           "Call-Info", "P-Called-Party-ID",
	"P-Preferred-Identity", "Priority",  "Reason",
	"Remote-Party-ID",      "Subject",   "User-to-User",
};

bool words_header_may_be_added(const char *name)
{
	if (!words_is_token(name))
		return false;
	if (strncasecmp(name, "X-", 2) == 0)
		return name[2] != '\0';
	for (size_t i = 0; i < sizeof(may_be_added) / sizeof(*may_be_added);
	     i++)
		if (strcasecmp(name, may_be_added[i]) == 0)
			return true;
	return false;
}

bool words_value(const char *raw, size_t length, char *to, size_t size)
{
	size_t used = 0;
	*to = '\0';
	raw = str_trim(raw, length, &length);
	for (size_t i = 0; i < length; i++) {
		char c = raw[i];
		if (c == '\r' || c == '\n' || c == '\t') {
			while (i + 1 < length &&
			       isspace((unsigned char)raw[i + 1]))
				i++;
			c = ' ';
		}
		if (used + 1 >= size) {
			*to = '\0';
			return false;
		}
		to[used++] = c;
	}
	to[used] = '\0';
	if (strlen(to) == used && !str_has_control(to) && str_is_utf8(to, used))
		return true;
	*to = '\0';
	return false;
}

bool words_unescape(const char *raw, char *to, size_t size)
{
	size_t used = 0;
	bool good = true;
	for (; *raw && good; raw++) {
		char c = *raw;
		if (c == '%') {
			int high = str_hex_digit(raw[1]);
			int low = high < 0 ? -1 : str_hex_digit(raw[2]);
			good = low >= 0;
			c = (char)(high * 16 + low);
			raw += good ? 2 : 0;
		}
		good = good && c && used + 1 < size;
		if (good)
			to[used++] = c;
	}
	to[good ? used : 0] = '\0';
	if (good && !str_has_control(to) && str_is_utf8(to, used))
		return true;
	*to = '\0';
	return false;
}

bool words_escape_user(const char *user, char *to, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;
	for (; *user; user++) {
		bool plain =
			is_alnum(*user) || strchr("-_.!~*'()&=+$,/", *user);
		if (used + (plain ? 1 : 3) >= size) {
			*to = '\0';
			return false;
		}
		unsigned char byte = (unsigned char)*user;
		if (!plain) {
			to[used++] = '%';
			to[used++] = digits[byte >> 4];
		}
		to[used++] = plain ? *user : digits[byte & 15];
	}
	to[used] = '\0';
	return true;
}

bool words_quote(const char *text, char *to, size_t size)
{
	size_t used = 0;
	bool good = size > 2 && !str_has_control(text) &&
		    str_is_utf8(text, strlen(text));
	if (good)
		to[used++] = '"';
	for (; good && *text; text++) {
		bool escape = *text == '"' || *text == '\\';
		good = used + escape + 2 < size;
		if (good && escape)
			to[used++] = '\\';
		if (good)
			to[used++] = *text;
	}
	if (good)
		to[used++] = '"';
	to[good ? used : 0] = '\0';
	return good;
}

bool words_unquote(const char *raw, char *to, size_t size)
{
	size_t length = strlen(raw), used = 0;
	raw = str_trim(raw, length, &length);
	bool quoted = length >= 2 && raw[0] == '"' && raw[length - 1] == '"';
	size_t at = quoted ? 1 : 0, end = quoted ? length - 1 : length;
	*to = '\0';
	for (; at < end; at++) {
		if (quoted && raw[at] == '\\' && at + 1 < end)
			at++;
		if (used + 1 >= size) {
			*to = '\0';
			return false;
		}
		to[used++] = raw[at];
	}
	to[used] = '\0';
	if (!str_has_control(to) && str_is_utf8(to, used))
		return true;
	*to = '\0';
	return false;
}
