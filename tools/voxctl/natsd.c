/*
 * natsd.c - the nats-server that voxctl up starts; see natsd.h.
 */
#include "tools/voxctl/natsd.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <inttypes.h>
#include <string.h>

#define NATSD_PORT 4222
/* Largest message: a document of 64 kB, escaped, with its envelope, fits. */
#define NATSD_PAYLOAD_MAX (2 * 1024 * 1024)

static bool refuse(char *error_out, const char *why)
{
	str_format(error_out, NATSD_ERROR_BYTES, "%s", why);
	return false;
}

/* Percent-decodes in place; false on a bad escape or a control character. */
static bool unescape(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++) {
		int c = (unsigned char)*from;
		if (c == '%') {
			static const char digits[] =
				"0123456789abcdef0123456789ABCDEF";
			const char *hi = from[1] ? strchr(digits, from[1]) : 0;
			const char *lo =
				hi && from[2] ? strchr(digits, from[2]) : NULL;
			if (!lo)
				return false;
			c = (int)((hi - digits) % 16 * 16 + (lo - digits) % 16);
			from += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return false;
		*to++ = (char)c;
	}
	*to = '\0';
	return true;
}

static bool parse_user(const char *text, size_t length,
		       struct natsd_place *place)
{
	const char *colon = memchr(text, ':', length);
	size_t user = colon ? (size_t)(colon - text) : length;
	return str_copy_bytes(place->user, sizeof(place->user), text, user) &&
	       (!colon ||
		str_copy_bytes(place->password, sizeof(place->password),
			       colon + 1, length - user - 1)) &&
	       unescape(place->user) && unescape(place->password);
}

static bool parse_host(const char *text, struct natsd_place *place)
{
	const char *port = strrchr(text, ':');
	size_t length = strlen(text);
	int64_t number = NATSD_PORT;
	if (*text == '[') {
		const char *end = strchr(text, ']');
		if (!end)
			return false;
		port = end[1] == ':' ? end + 1 : NULL;
		length = (size_t)(end - text) - 1;
		text++;
		if (!port && end[1])
			return false;
	} else if (port) {
		length = (size_t)(port - text);
	}
	if (port && !str_number(port + 1, 1, 65535, &number))
		return false;
	place->port = (int)number;
	return length &&
	       str_copy_bytes(place->host, sizeof(place->host), text, length) &&
	       !strpbrk(place->host, "\"\\ /?#");
}

bool natsd_parse(const char *url, struct natsd_place *place_out,
		 char *error_out)
{
	char rest[256];
	memset(place_out, 0, sizeof(*place_out));
	if (!str_starts(url, "nats://"))
		return refuse(error_out, "it does not begin with nats://");
	if (strchr(url, ','))
		return refuse(error_out, "it names several servers");
	if (!str_copy(rest, sizeof(rest), url + strlen("nats://")))
		return refuse(error_out, "it is too long");
	size_t length = strlen(rest);
	if (length && rest[length - 1] == '/')
		rest[length - 1] = '\0';
	char *at = strrchr(rest, '@');
	if (at && !parse_user(rest, (size_t)(at - rest), place_out))
		return refuse(error_out, "its user or password is malformed");
	if (!parse_host(at ? at + 1 : rest, place_out))
		return refuse(error_out, "its host or port is malformed");
	return true;
}

static void add_quoted(struct buf *to, const char *name, const char *value)
{
	buf_addf(to, "%s: \"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_add_text(to, "\\");
		buf_add(to, value, 1);
	}
	buf_add_text(to, "\"\n");
}

void natsd_config(const struct natsd_wish *wish, struct buf *to)
{
	const struct natsd_place *place = wish->place;
	buf_add_text(to, "# written by voxctl up at each start\n");
	add_quoted(to, "host", place->host);
	buf_addf(to, "port: %d\n", place->port);
	buf_add_text(to, "server_name: voxbus\n");
	buf_addf(to, "max_payload: %d\n", NATSD_PAYLOAD_MAX);
	add_quoted(to, "log_file", wish->log);
	buf_add_text(to, "logfile_size_limit: 10MB\njetstream {\n");
	add_quoted(to, "  store_dir", wish->store);
	/* Promised sizes are reserved: VOX, HOOKS, and room for the buckets. */
	buf_addf(to, "  max_file_store: %" PRId64 "\n}\n",
		 (wish->record_mb * 2 + 4096) * 1024 * 1024);
	if (!place->user[0])
		return;
	buf_add_text(to, "authorization {\n");
	add_quoted(to, place->password[0] ? "  user" : "  token", place->user);
	if (place->password[0])
		add_quoted(to, "  password", place->password);
	buf_add_text(to, "}\n");
}

enum natsd_answer natsd_judge(const char *line)
{
	if (!line)
		return NATSD_NOBODY;
	if (!str_starts(line, "INFO {"))
		return NATSD_STRANGER;
	return strstr(line, "\"jetstream\":true") ? NATSD_JETSTREAM
						  : NATSD_NO_JETSTREAM;
}
