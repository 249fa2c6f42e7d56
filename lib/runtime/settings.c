/*
 * settings.c - settings from the environment, by the table; see settings.h.
 */
#include "lib/runtime/settings.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/subject.h"
#include "lib/runtime/cidr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SETTINGS_ERROR_BYTES 512
#define SETTINGS_NAME_BYTES 64
#define SETTINGS_SHOWN_MAX 64 /* of a wrong value, in the error line */
#define SETTINGS_FAR 4        /* edits at which a name is another name */

enum kind {
	KIND_TEXT,
	KIND_NUMBER,
	KIND_SECRET,
	KIND_CIDRS,
	KIND_URL,
	KIND_DOCUMENT,
	KIND_WORD
};

struct row {
	const char *field;
	enum kind kind;
	int64_t lo, hi;
	const char *standard; /* WORD: "default|word,word" */
	unsigned who;
	const char *doc;
	size_t offset; /* in struct settings */
};

#define ALL WHO_ALL
#define FETCHER WHO_FETCHER
#define INTERPRETER WHO_INTERPRETER
#define SIPGW WHO_SIPGW
#define MEDIAD WHO_MEDIAD
#define CALLBACKD WHO_CALLBACKD
#define APID WHO_APID
#define VOXCTL WHO_VOXCTL
#define SETTING(f, kind, lo, hi, standard, who, doc)                           \
	{#f,       KIND_##kind,     lo,  hi,                                   \
	 standard, (unsigned)(who), doc, offsetof(struct settings, f)},
static const struct row rows[] = {
#include "lib/runtime/settings.def"
};
#undef SETTING

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Copies that live as long as the process, in reach of leak checkers. */
struct kept {
	struct kept *next;
	char *text;
};

static struct kept *all_kept;

static const char *keep(const char *text, size_t length)
{
	struct kept *kept = mem_new(1, sizeof(*kept));
	kept->text = mem_copy_bytes(text, length);
	kept->next = all_kept;
	all_kept = kept;
	return kept->text;
}

static void variable_of(const struct row *row, const char *suffix, char *to)
{
	str_format(to, SETTINGS_NAME_BYTES, "VOXBUS_%s%s", row->field, suffix);
	for (; *to; to++)
		*to = (char)toupper((unsigned char)*to);
}

/* What is right, in words. */
static void describe(const struct row *row, char *to, size_t size)
{
	const char *words = strchr(row->standard, '|');
	switch (row->kind) {
	case KIND_NUMBER:
		str_format(to, size, "a whole number from %lld to %lld",
			   (long long)row->lo, (long long)row->hi);
		break;
	case KIND_WORD:
		str_format(to, size, "one of %s", words ? words + 1 : "");
		break;
	case KIND_CIDRS:
		str_format(to, size,
			   "networks such as 10.0.0.0/8,::1/128, at most %lld "
			   "bytes",
			   (long long)row->hi);
		break;
	case KIND_URL:
		str_format(to, size,
			   "an http:// or https:// URL with a host, at most "
			   "%lld bytes",
			   (long long)row->hi);
		break;
	case KIND_DOCUMENT:
		str_format(to, size,
			   "an http:// or https:// URL with a host, or nats: "
			   "and a subject, at most %lld bytes",
			   (long long)row->hi);
		break;
	case KIND_TEXT:
	case KIND_SECRET:
		str_format(to, size, "%lld to %lld bytes of text",
			   (long long)row->lo, (long long)row->hi);
		break;
	}
}

/* Writes the line about a wrong value; secrets are not shown. */
static bool refuse(const struct row *row, const char *value, const char *why,
		   char *error_out)
{
	char name[SETTINGS_NAME_BYTES], right[160], shown[96] = "***";
	variable_of(row, "", name);
	describe(row, right, sizeof(right));
	if (row->kind != KIND_SECRET)
		str_format(shown, sizeof(shown), "%.*s%s", SETTINGS_SHOWN_MAX,
			   value,
			   strlen(value) > SETTINGS_SHOWN_MAX ? "..." : "");
	for (char *c = shown; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	str_format(error_out, SETTINGS_ERROR_BYTES,
		   "%s=\"%s\" is wrong: it must be %s%s%s", name, shown, right,
		   why ? "; " : "", why ? why : "");
	return false;
}

/* --- one check a kind: fills the field, or refuses --- */

typedef bool check_fn(const struct row *row, const char *value, void *field,
		      char *error_out);

static bool check_text(const struct row *row, const char *value, void *field,
		       char *error_out)
{
	size_t length = strlen(value);
	if ((int64_t)length < row->lo || (int64_t)length > row->hi)
		return refuse(row, value, NULL, error_out);
	if (str_has_control(value) || !str_is_utf8(value, length))
		return refuse(row, value,
			      "control characters and broken UTF-8 are not "
			      "text",
			      error_out);
	*(const char **)field = value;
	return true;
}

static bool check_number(const struct row *row, const char *value, void *field,
			 char *error_out)
{
	int64_t *number = field;
	return str_number(value, row->lo, row->hi, number) ||
	       refuse(row, value, NULL, error_out);
}

static bool check_cidrs(const struct row *row, const char *value, void *field,
			char *error_out)
{
	char why[160];
	if (!check_text(row, value, field, error_out))
		return false;
	if (!*value)
		return true;
	struct cidrs *cidrs = cidrs_parse(value, why);
	if (!cidrs)
		return refuse(row, value, why, error_out);
	cidrs_free(cidrs);
	return true;
}

/* "" or ":" and perhaps a port. */
static bool is_port(const char *text, size_t length)
{
	char digits[6];
	int64_t port;
	return length <= 1 ? !length || *text == ':'
			   : *text == ':' &&
				     str_copy_bytes(digits, sizeof(digits),
						    text + 1, length - 1) &&
				     str_number(digits, 1, 65535, &port);
}

/* host[:port], the host a name or an IPv6 address in brackets. */
static bool is_authority(const char *text, size_t length)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr binary;
	const char *end = memchr(text, *text == '[' ? ']' : ':', length);
	if (length && *text == '[')
		return end &&
		       str_copy_bytes(address, sizeof(address), text + 1,
				      (size_t)(end - text) - 1) &&
		       inet_pton(AF_INET6, address, &binary) == 1 &&
		       is_port(end + 1, length - (size_t)(end - text) - 1);
	size_t host = end ? (size_t)(end - text) : length;
	return host && strcspn(text, " \"<>[]\\^`{|}") >= host &&
	       is_port(text + host, length - host);
}

/*
 * Whether it can be asked for at all: the rest is the customer's, and what
 * reads it is libcurl. The scheme in any case, userinfo allowed (RFC 3986).
 */
static bool check_url(const struct row *row, const char *value, void *field,
		      char *error_out)
{
	if (!check_text(row, value, field, error_out))
		return false;
	if (!*value)
		return true;
	size_t scheme = strcspn(value, ":");
	const char *rest = value + scheme;
	bool web = (scheme == 4 && strncasecmp(value, "http", 4) == 0) ||
		   (scheme == 5 && strncasecmp(value, "https", 5) == 0);
	if (!web || !str_starts(rest, "://"))
		return refuse(row, value, NULL, error_out);
	rest += 3;
	size_t length = strcspn(rest, "/?#");
	const char *at = memrchr(rest, '@', length);
	if (at) {
		length -= (size_t)(at + 1 - rest);
		rest = at + 1;
	}
	return is_authority(rest, length) ||
	       refuse(row, value, NULL, error_out);
}

/* Case does not matter; the table's spelling is what the service sees. */
static bool check_word(const struct row *row, const char *value, void *field,
		       char *error_out)
{
	const char *word = strchr(row->standard, '|');
	while (word) {
		size_t length = strcspn(++word, ",");
		if (strlen(value) == length &&
		    strncasecmp(word, value, length) == 0) {
			*(const char **)field = keep(word, length);
			return true;
		}
		word = strchr(word, ',');
	}
	return refuse(row, value, NULL, error_out);
}

static bool check_document(const struct row *row, const char *value,
			   void *field, char *error_out)
{
	if (subject_in_url(value))
		return check_text(row, value, field, error_out);
	return check_url(row, value, field, error_out);
}

static check_fn *const checks[] = {
	[KIND_TEXT] = check_text,         [KIND_NUMBER] = check_number,
	[KIND_SECRET] = check_text,       [KIND_CIDRS] = check_cidrs,
	[KIND_URL] = check_url,           [KIND_WORD] = check_word,
	[KIND_DOCUMENT] = check_document,
};

/* --- where a value comes from --- */

static const char *standard_of(const struct row *row, int admin_port)
{
	char text[32];
	if (row->kind == KIND_WORD) {
		size_t length = strcspn(row->standard, "|");
		return keep(row->standard, length);
	}
	if (!str_equal(row->field, "admin_port"))
		return row->standard;
	str_format(text, sizeof(text), "%d", admin_port);
	return keep(text, strlen(text));
}

/* The first line of the file that VOXBUS_<FIELD>_FILE names, or NULL. */
static const char *from_file(const struct row *row, const char *path,
			     char *error_out)
{
	char name[SETTINGS_NAME_BYTES], line[1024];
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, sizeof(line), file);
	int error = errno;
	if (file)
		fclose(file);
	if (read) {
		line[strcspn(line, "\r\n")] = '\0';
		return keep(line, strlen(line));
	}
	variable_of(row, "_FILE", name);
	str_format(error_out, SETTINGS_ERROR_BYTES,
		   "%s=\"%.200s\" is wrong: %s", name, path,
		   file ? "the file is empty" : strerror(error));
	return NULL;
}

/* The value as text; NULL: 'error_out' says why there is none. */
static const char *value_of(const struct row *row, int admin_port,
			    char *error_out)
{
	char name[SETTINGS_NAME_BYTES], file_name[SETTINGS_NAME_BYTES];
	variable_of(row, "", name);
	variable_of(row, "_FILE", file_name);
	const char *value = getenv(name);
	const char *path = row->kind == KIND_SECRET ? getenv(file_name) : NULL;
	bool empty_is_legal = row->lo == 0 && row->kind != KIND_NUMBER &&
			      row->kind != KIND_WORD;
	if (path && *path) {
		if (!value || !*value)
			return from_file(row, path, error_out);
		str_format(error_out, SETTINGS_ERROR_BYTES,
			   "%s and %s are both set: one of them must go", name,
			   file_name);
		return NULL;
	}
	if (value && (*value || empty_is_legal))
		return value;
	return standard_of(row, admin_port);
}

/* --- rules that tie a value to a form, or to another value --- */

static bool is_name(const char *text)
{
	return !text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")];
}

static const char *broken_rule(const struct settings *settings, unsigned who)
{
	if (!is_name(settings->instance))
		return "VOXBUS_INSTANCE is wrong: it must be of letters, "
		       "digits, - and _ only";
	if (!is_name(settings->account_sid))
		return "VOXBUS_ACCOUNT_SID is wrong: it must be of letters, "
		       "digits, - and _ only";
	if ((who & WHO_SIPGW) && !*settings->tls_cert != !*settings->tls_key)
		return "VOXBUS_TLS_CERT and VOXBUS_TLS_KEY belong together: "
		       "one of them is missing";
	if ((who & WHO_MEDIAD) &&
	    settings->rtp_port_max <= settings->rtp_port_min)
		return "VOXBUS_RTP_PORT_MAX is wrong: it must be above "
		       "VOXBUS_RTP_PORT_MIN";
	if ((who & WHO_MEDIAD) && settings->rtp_port_min % 2)
		return "VOXBUS_RTP_PORT_MIN is wrong: it must be even (RTP on "
		       "the even port, RTCP above it)";
	return NULL;
}

bool settings_read(enum settings_who who, int admin_port,
		   struct settings *settings, char *error_out)
{
	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		void *field = (char *)settings + row->offset;
		bool mine = row->who & (unsigned)who;
		if (!mine && row->kind != KIND_NUMBER)
			*(const char **)field = "";
		if (!mine)
			continue;
		const char *value = value_of(row, admin_port, error_out);
		if (!value || !checks[row->kind](row, value, field, error_out))
			return false;
	}
	const char *broken = broken_rule(settings, (unsigned)who);
	if (broken)
		str_copy(error_out, SETTINGS_ERROR_BYTES, broken);
	return !broken;
}

/* --- what nobody knows --- */

/* How far the nearest known variable is, and its name. */
static int nearest(const char *name, char *nearest_out)
{
	int best = SETTINGS_FAR;
	for (size_t i = 0; i < ROWS; i++) {
		int variants = rows[i].kind == KIND_SECRET ? 2 : 1;
		for (int variant = 0; variant < variants; variant++) {
			char known[SETTINGS_NAME_BYTES];
			variable_of(&rows[i], variant ? "_FILE" : "", known);
			int far = str_distance(name, known);
			if (far >= best)
				continue;
			best = far;
			str_copy(nearest_out, SETTINGS_NAME_BYTES, known);
		}
	}
	return best;
}

/*
 * Whether nobody knows this entry of the environment; its name, and the one
 * that may have been meant (or ""), with SETTINGS_NAME_BYTES each.
 */
static bool is_unknown(const char *variable, char *name_out, char *meant_out)
{
	size_t length = strcspn(variable, "=");
	meant_out[0] = '\0';
	return str_starts(variable, "VOXBUS_") &&
	       str_copy_bytes(name_out, SETTINGS_NAME_BYTES, variable,
			      length) &&
	       nearest(name_out, meant_out) != 0;
}

void settings_unknown(void (*report)(const char *line))
{
	for (char **variable = environ; *variable; variable++) {
		char name[SETTINGS_NAME_BYTES], meant[SETTINGS_NAME_BYTES];
		char line[SETTINGS_ERROR_BYTES];
		if (!is_unknown(*variable, name, meant))
			continue;
		str_format(line, sizeof(line), "%s is no setting%s%s%s", name,
			   meant[0] ? "; did you mean " : "", meant,
			   meant[0] ? "?" : "");
		report(line);
	}
}

void settings_drop_unknown(void)
{
	char name[SETTINGS_NAME_BYTES], meant[SETTINGS_NAME_BYTES];
	for (size_t i = 0; environ[i];)
		if (!is_unknown(environ[i], name, meant) || unsetenv(name))
			i++; /* else another one is in its place now */
}

/* --- --help --- */

void settings_print(enum settings_who who, int admin_port)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		char name[SETTINGS_NAME_BYTES], right[160];
		if (!(row->who & (unsigned)who))
			continue;
		variable_of(row, "", name);
		describe(row, right, sizeof(right));
		const char *standard = standard_of(row, admin_port);
		printf("  %s (%s%s)\n      %s\n      %s%s.\n", name,
		       *standard ? "default " : "no default", standard,
		       row->doc, "It is ", right);
	}
}

void settings_api_url(const struct settings *settings,
		      char url_out[SETTINGS_API_URL_BYTES])
{
	bool v6 = strchr(settings->api_host, ':') != NULL;
	url_out[0] = '\0';
	if (*settings->api_url)
		(void)str_copy(url_out, SETTINGS_API_URL_BYTES,
			       settings->api_url);
	else if (settings->api_port)
		(void)str_format(url_out, SETTINGS_API_URL_BYTES,
				 "http://%s%s%s:%lld", v6 ? "[" : "",
				 settings->api_host, v6 ? "]" : "",
				 (long long)settings->api_port);
}
