/*
 * sender.c - sends requests through the one HTTP client, as fetcher and
 * callbackd do, to a server that takes itself for every host there is.
 *
 * Requests come on standard input, each a run of fields that end in NUL:
 * number, method ("GET", "POST", "JSON"), URL, body (JSON only), how many
 * parameters, and these by name and value. SIGNING_KEY and SECOND_KEY sign.
 * What goes wrong
 * is printed; the exit status is 1 then.
 *
 * The network is a fake: each name has an address, each connection leads to
 * SENDER_PORT on 127.0.0.1, and SENDER_CA is an authority.
 */
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/loop.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX (64 * 1024 * 1024)
#define PARAMS_MAX 64
#define AT_ONCE 32
#define REDIRECTS_MAX 3

/* --- the network --- */
static in_port_t server_port(void)
{
	return htons((in_port_t)strtoul(getenv("SENDER_PORT"), NULL, 10));
}

int getaddrinfo(const char *name, const char *service,
		const struct addrinfo *hints, struct addrinfo **found);
void freeaddrinfo(struct addrinfo *found);

int getaddrinfo(const char *name, const char *service,
		const struct addrinfo *hints, struct addrinfo **found)
{
	struct addrinfo *one = mem_new(1, sizeof(*one));
	struct sockaddr_in *address = mem_new(1, sizeof(*address));
	(void)name, (void)hints;
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(0x08080808); /* a public one */
	address->sin_port =
		htons((in_port_t)(service ? strtoul(service, NULL, 10) : 0));
	one->ai_family = AF_INET;
	one->ai_socktype = SOCK_STREAM;
	one->ai_protocol = IPPROTO_TCP;
	one->ai_addr = (struct sockaddr *)address;
	one->ai_addrlen = sizeof(*address);
	*found = one;
	return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
	free(found->ai_addr);
	free(found);
}

int connect(int fd, __CONST_SOCKADDR_ARG where, socklen_t size)
{
	int (*real)(int, const struct sockaddr *, socklen_t);
	const struct sockaddr *to = where.__sockaddr__;
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = server_port(),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = server_port()};
	*(void **)&real = dlsym(RTLD_NEXT, "connect");
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr);
	if (to->sa_family == AF_INET)
		return real(fd, (struct sockaddr *)&v4, sizeof(v4));
	if (to->sa_family == AF_INET6)
		return real(fd, (struct sockaddr *)&v6, sizeof(v6));
	return real(fd, to, size);
}

/* --- the requests --- */
struct sender {
	struct loop *loop;
	struct http *http;
	const char *next, *end;
	unsigned under_way;
	bool failed;
};

struct sent {
	struct sender *sender;
	const char *number;
};

static const char *field(struct sender *sender)
{
	const char *found = sender->next;
	if (found >= sender->end) {
		fprintf(stderr, "sender: the last request is incomplete\n");
		exit(2);
	}
	sender->next += strlen(found) + 1;
	return found;
}

static void send_some(struct sender *sender);

static void on_answer(void *owner, const struct http_result *result)
{
	struct sent *sent = owner;
	struct sender *sender = sent->sender;
	if (result->error) {
		printf("request %s: %d %s\n", sent->number, result->error,
		       result->text);
		sender->failed = true;
	}
	free(sent);
	sender->under_way--;
	send_some(sender);
	if (!sender->under_way)
		loop_stop(sender->loop);
}

static void send_one(struct sender *sender)
{
	struct param params[PARAMS_MAX];
	struct sent *sent = mem_new(1, sizeof(*sent));
	const char *number = field(sender), *method = field(sender);
	const char *url = field(sender), *body = field(sender);
	const char *count = field(sender);
	struct http_request request = {
		.url = url,
		.method = str_equal(method, "GET") ? HTTP_GET : HTTP_POST,
		.json = str_equal(method, "JSON") ? body : NULL,
		.params = params,
		.params_count = strtoul(count, NULL, 10),
		.body_max = 1024,
		.redirects_max = REDIRECTS_MAX,
		.connect_ms = 30000,
		.total_ms = 60000,
		.signing_key = getenv("SIGNING_KEY"),
		.second_key = getenv("SECOND_KEY"),
		.extra = {{"X-Number", number}},
	};
	for (size_t i = 0; i < request.params_count && i < PARAMS_MAX; i++) {
		str_copy(params[i].name, sizeof(params[i].name), field(sender));
		params[i].value = (char *)field(sender);
	}
	sent->sender = sender;
	sent->number = number;
	sender->under_way++;
	http_start(sender->http, &request, on_answer, sent);
}

static void send_some(struct sender *sender)
{
	while (sender->under_way < AT_ONCE && sender->next < sender->end)
		send_one(sender);
}

int main(void)
{
	struct sender sender = {.loop = loop_new()};
	char error[160], *input = mem_new(1, INPUT_MAX);
	struct cidrs *all = cidrs_parse("0.0.0.0/0,::/0", error);
	sender.next = input;
	sender.end = input + fread(input, 1, INPUT_MAX, stdin);
	sender.http = http_new(sender.loop, all);
	if (!http_trust(sender.http, getenv("SENDER_CA")))
		return 2;
	send_some(&sender);
	if (sender.under_way)
		loop_run(sender.loop);
	http_free(sender.http);
	cidrs_free(all);
	loop_free(sender.loop);
	free(input);
	return sender.failed;
}
