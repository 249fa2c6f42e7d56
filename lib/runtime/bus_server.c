/*
 * bus_server.c - the URLs of nats-servers; see bus_server.h.
 */
#include "lib/runtime/bus_server.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define PORT "4222"

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
	return c && at ? (int)(at - digits) : -1;
}

/* Percent-encoded, in place. */
static void decode(char *text)
{
	char *to = text;
	while (*text) {
		int high = *text == '%' ? digit_of(text[1]) : -1;
		int low = high >= 0 ? digit_of(text[2]) : -1;
		if (low >= 0) {
			*to++ = (char)(high * 16 + low);
			text += 3;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

static char *decoded(const char *text)
{
	char *copy = mem_copy_text(text);
	decode(copy);
	return copy;
}

static void read_user(struct bus_server *server, char *text)
{
	char *colon = strchr(text, ':');
	if (!colon) {
		server->token = decoded(text);
		return;
	}
	*colon = '\0';
	server->user = decoded(text);
	server->password = decoded(colon + 1);
}

/* host, host:port, [v6], [v6]:port */
static bool read_host(struct bus_server *server, char *text)
{
	char *end = text, *port;
	int64_t number;
	if (*text == '[') {
		end = strchr(++text, ']');
		if (!end)
			return false;
		*end++ = '\0';
		if (*end && *end != ':')
			return false;
	}
	port = strchr(end, ':');
	if (port)
		*port++ = '\0';
	if (!*text || (port && !str_number(port, 1, 65535, &number)))
		return false;
	server->host = mem_copy_text(text);
	server->port = mem_copy_text(port ? port : PORT);
	return true;
}

static bool read_one(struct bus_server *server, char *url)
{
	char *scheme = strstr(url, "://");
	if (scheme) {
		if (!str_starts(url, "nats://"))
			return false;
		url = scheme + strlen("://");
	}
	char *at = strrchr(url, '@'); /* a password may have a '/' */
	if (at) {
		*at = '\0';
		read_user(server, url);
		url = at + 1;
	}
	url[strcspn(url, "/?#")] = '\0';
	return read_host(server, url);
}

bool bus_servers_read(const char *urls, struct bus_servers *servers_out,
		      char *why_out)
{
	char *text = mem_copy_text(urls), *rest = text, *part;
	bool good = true;
	*servers_out = (struct bus_servers){0};
	while (good && (part = strsep(&rest, ",")) != NULL) {
		part += strspn(part, " ");
		part[strcspn(part, " ")] = '\0';
		if (servers_out->count == BUS_SERVERS_MAX) {
			str_format(why_out, BUS_SERVER_ERROR_BYTES,
				   "more than %d servers", BUS_SERVERS_MAX);
			good = false;
		} else if (!read_one(&servers_out->list[servers_out->count++],
				     part)) {
			str_format(why_out, BUS_SERVER_ERROR_BYTES,
				   "number %u is not nats://host:port",
				   servers_out->count);
			good = false;
		}
	}
	free(text);
	if (!good)
		bus_servers_free(servers_out);
	return good;
}

void bus_servers_free(struct bus_servers *servers)
{
	for (unsigned i = 0; i < servers->count; i++) {
		free(servers->list[i].host);
		free(servers->list[i].port);
		free(servers->list[i].user);
		free(servers->list[i].password);
		free(servers->list[i].token);
	}
	*servers = (struct bus_servers){0};
}
