/*
 * url.c - resolution of references, RFC 3986 sections 5.2 and appendix B; see
 * url.h.
 */
#include "services/interpreter/url.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/base/subject.h"

#include <string.h>
#include <strings.h>

struct slice {
	const char *at; /* NULL: the component is absent */
	size_t length;
};

struct parts {
	struct slice scheme, authority, path, query, fragment;
};

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 3986 appendix B, by hand: every text has exactly one split. */
static void split(const char *url, struct parts *parts)
{
	memset(parts, 0, sizeof(*parts));
	size_t colon = strcspn(url, ":/?#");
	bool scheme = url[colon] == ':' && is_alpha(url[0]);
	for (size_t i = 0; scheme && i < colon; i++)
		scheme = is_alpha(url[i]) || is_digit(url[i]) ||
			 strchr("+-.", url[i]);
	if (scheme) {
		parts->scheme = (struct slice){url, colon};
		url += colon + 1;
	}
	if (str_starts(url, "//")) {
		url += 2;
		parts->authority = (struct slice){url, strcspn(url, "/?#")};
		url += parts->authority.length;
	}
	parts->path = (struct slice){url, strcspn(url, "?#")};
	url += parts->path.length;
	if (*url == '?') {
		url++;
		parts->query = (struct slice){url, strcspn(url, "#")};
		url += parts->query.length;
	}
	if (*url == '#')
		parts->fragment = (struct slice){url + 1, strlen(url + 1)};
}

/* Section 5.2.4: "." and ".." are walked, in place. */
static void remove_dots(char *path)
{
	char *to = path;
	const char *from = path;
	while (*from) {
		size_t length = 1 + strcspn(from + 1, "/");
		bool last = !from[length];
		bool dot = length == 2 && from[1] == '.';
		bool up = length == 3 && from[1] == '.' && from[2] == '.';
		if (up) {
			while (to > path && *--to != '/')
				;
		}
		if (dot || up) {
			if (last)
				*to++ = '/';
		} else {
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	*to = '\0';
}

/* The base's path up to its last slash, then the reference's (5.2.3). */
static void merge(const struct parts *base, struct slice reference,
		  struct buf *path)
{
	size_t keep = base->path.length;
	while (keep && base->path.at[keep - 1] != '/')
		keep--;
	if (keep)
		buf_add(path, base->path.at, keep);
	else
		buf_add_text(path, "/");
	buf_add(path, reference.at, reference.length);
}

static void add_slice(struct buf *url, const char *before, struct slice slice)
{
	if (!slice.at)
		return;
	buf_add_text(url, before);
	buf_add(url, slice.at, slice.length);
}

static void compose(const struct parts *base, struct parts *target,
		    struct buf *url)
{
	struct buf path = BUF_INIT(URL_BYTES);
	bool relative = !target->scheme.at && !target->authority.at;
	bool same = relative && target->path.length == 0;
	if (same && !target->query.at)
		target->query = base->query;
	if (same)
		buf_add(&path, base->path.at, base->path.length);
	else if (relative && target->path.at[0] != '/')
		merge(base, target->path, &path);
	else
		buf_add(&path, target->path.at, target->path.length);
	if (!target->scheme.at) {
		target->scheme = base->scheme;
		if (!target->authority.at)
			target->authority = base->authority;
	}
	if (path.length == 0)
		buf_add_text(&path, "/");
	add_slice(url, "", target->scheme);
	add_slice(url, "://", target->authority);
	if (path.data && path.data[0] == '/') {
		remove_dots(path.data);
		buf_add_text(url, path.data);
	} else {
		url->full = true;
	}
	url->full |= path.full;
	add_slice(url, "?", target->query);
	add_slice(url, "#", target->fragment);
	buf_free(&path);
}

/* Percent-encodes what may not stand in a URL. False at control characters. */
static bool clean(const char *text, struct buf *clean_out)
{
	static const char hex[] = "0123456789ABCDEF";
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == 0x7f)
			return false;
		if (c > 0x7f || strchr(" \"<>\\^`{|}", c)) {
			char code[] = {'%', hex[c >> 4], hex[c & 15]};
			buf_add(clean_out, code, sizeof(code));
		} else {
			buf_add(clean_out, text, 1);
		}
	}
	return !clean_out->full;
}

static bool port_is_good(const char *port, size_t length)
{
	int64_t number;
	char digits[6];
	if (length == 0)
		return true;
	return str_copy_bytes(digits, sizeof(digits), port, length) &&
	       str_number(digits, 1, 65535, &number);
}

/* [userinfo@]host[:port], with a host, whose characters are harmless. */
static bool authority_is_good(struct slice authority)
{
	const char *host = authority.at;
	const char *end = authority.at + authority.length;
	for (const char *c = authority.at; c < end; c++) {
		if (*c == '@')
			host = c + 1;
	}
	size_t length = 0;
	if (host < end && *host == '[') {
		const char *close = memchr(host, ']', (size_t)(end - host));
		if (!close || close == host + 1)
			return false;
		length = (size_t)(close - host) + 1;
		if (strspn(host + 1, "0123456789abcdefABCDEF:.") < length - 2)
			return false;
	} else {
		while (host + length < end && host[length] != ':') {
			char c = host[length++];
			if (!is_alpha(c) && !is_digit(c) && !strchr("-._~%", c))
				return false;
		}
	}
	if (length == 0)
		return false;
	if (host + length == end)
		return true;
	return host[length] == ':' &&
	       port_is_good(host + length + 1,
			    (size_t)(end - host) - length - 1);
}

static bool scheme_is_http(struct slice scheme)
{
	return scheme.at && ((scheme.length == 4 &&
			      strncasecmp(scheme.at, "http", 4) == 0) ||
			     (scheme.length == 5 &&
			      strncasecmp(scheme.at, "https", 5) == 0));
}

bool url_resolve(const char *base, const char *reference, char *url_out,
		 size_t size)
{
	struct buf whence = BUF_INIT(URL_BYTES);
	struct buf asked = BUF_INIT(URL_BYTES);
	struct buf url = BUF_INIT(URL_BYTES);
	struct parts from, to;
	url_out[0] = '\0';
	bool good = clean(base, &whence) && clean(reference, &asked);
	if (good) {
		split(buf_text(&whence), &from);
		split(buf_text(&asked), &to);
		const struct parts *whole = to.scheme.at ? &to : &from;
		good = scheme_is_http(whole->scheme) &&
		       (whole->authority.at || to.authority.at);
	}
	if (good) {
		compose(&from, &to, &url);
		good = !url.full && url_is_absolute(buf_text(&url)) &&
		       str_copy(url_out, size, buf_text(&url));
	}
	buf_free(&whence);
	buf_free(&asked);
	buf_free(&url);
	return good;
}

/* --- credentials --- */

/* With the "@" that ends it. */
static struct slice userinfo_of(const struct parts *parts)
{
	size_t at = parts->authority.length;
	while (at && parts->authority.at[at - 1] != '@')
		at--;
	return (struct slice){parts->authority.at, at};
}

/* What is left: the host, and a port that is not the scheme's own. */
static struct slice host_of(const struct parts *parts)
{
	const char *standard = parts->scheme.length == 5 ? ":443" : ":80";
	size_t user = userinfo_of(parts).length;
	struct slice host = {parts->authority.at + user,
			     parts->authority.length - user};
	size_t port = strlen(standard);
	if (host.length > port &&
	    memcmp(host.at + host.length - port, standard, port) == 0)
		host.length -= port;
	return host;
}

static bool same_origin(const struct parts *one, const struct parts *other)
{
	if (one->scheme.length != other->scheme.length || !one->authority.at ||
	    !other->authority.at)
		return false;
	struct slice a = host_of(one), b = host_of(other);
	return a.length == b.length && strncasecmp(a.at, b.at, a.length) == 0;
}

/* The URL with this userinfo in place of its own. */
static void write_with(const struct parts *parts, struct slice userinfo,
		       char *url_out, size_t size)
{
	struct buf url = BUF_INIT(URL_BYTES);
	size_t own = parts->authority.at ? userinfo_of(parts).length : 0;
	add_slice(&url, "", parts->scheme);
	if (parts->authority.at) {
		add_slice(&url, parts->scheme.at ? "://" : "//", userinfo);
		buf_add(&url, parts->authority.at + own,
			parts->authority.length - own);
	} else if (parts->scheme.at) {
		buf_add_text(&url, ":"); /* nats:subject */
	}
	add_slice(&url, "", parts->path);
	add_slice(&url, "?", parts->query);
	(void)str_copy(url_out, size, url.full ? "" : buf_text(&url));
	buf_free(&url);
}

void url_public(const char *url, char *url_out, size_t size)
{
	struct parts parts;
	split(url, &parts);
	write_with(&parts, (struct slice){"", 0}, url_out, size);
}

void url_arrived(const char *asked, const char *from, char *url_out,
		 size_t size)
{
	struct parts before, now;
	split(asked, &before);
	split(from, &now);
	struct slice own =
		now.authority.at ? userinfo_of(&now) : (struct slice){"", 0};
	if (!own.length && same_origin(&before, &now))
		own = userinfo_of(&before);
	write_with(&now, own, url_out, size);
}

/* --- documents --- */

/* What a reference makes of a subject: its last token, or its query. */
static void add_sibling(const char *base, const char *reference,
			struct buf *url)
{
	bool same = !*reference || *reference == '?' || *reference == '#';
	size_t keep = strcspn(base, *reference == '?' ? "?#" : "#");
	if (!same) {
		keep = strcspn(base, "?#");
		while (keep && base[keep - 1] != '.' && base[keep - 1] != ':')
			keep--;
	}
	buf_add(url, base, keep);
	buf_add_text(url, reference);
}

bool url_document(const char *base, const char *reference, char *url_out,
		  size_t size)
{
	struct buf url = BUF_INIT(URL_BYTES);
	struct buf whence = BUF_INIT(URL_BYTES);
	struct buf asked = BUF_INIT(URL_BYTES);
	bool good = clean(base, &whence) && clean(reference, &asked);
	struct parts to;
	split(buf_text(&asked), &to);
	bool whole = subject_is_url(buf_text(&asked));
	if (good &&
	    (whole || (subject_is_url(buf_text(&whence)) && !to.scheme.at))) {
		if (whole)
			buf_add_text(&url, buf_text(&asked));
		else
			add_sibling(buf_text(&whence), buf_text(&asked), &url);
		good = !url.full && subject_in_url(buf_text(&url)) &&
		       str_copy(url_out, size, buf_text(&url));
		if (!good)
			url_out[0] = '\0';
	} else {
		good = url_resolve(base, reference, url_out, size);
	}
	buf_free(&url);
	buf_free(&whence);
	buf_free(&asked);
	return good;
}

bool url_is_absolute(const char *url)
{
	struct parts parts;
	for (const char *c = url; *c; c++) {
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
			return false;
	}
	split(url, &parts);
	return scheme_is_http(parts.scheme) && parts.authority.at &&
	       authority_is_good(parts.authority);
}
