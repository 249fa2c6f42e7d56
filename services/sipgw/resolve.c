/*
 * resolve.c - what the DNS says, without a blocking call; see resolve.h.
 *
 * c-ares says which sockets it waits on and when it wants to be called again;
 * both become watches and a timer of the loop.
 */
#include "services/sipgw/resolve.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define SOCKETS_MAX 32
#define TIMEOUT_MS 2000
#define TRIES 2

struct resolver {
	struct loop *loop;
	ares_channel channel;
	struct loop_timer timer;
	struct loop_watch sockets[SOCKETS_MAX];
	unsigned pending;
	bool closing; /* nothing is asked any more */
};

struct question {
	struct resolver *resolver;
	resolve_fn *done;
	resolve_servers_fn *servers;
	resolve_pointers_fn *pointers;
	void *owner;
	uint16_t port;
	char id[RESOLVE_ID_BYTES];
};

/* c-ares says when it wants to look at its timeouts next. */
static void set_timer(struct resolver *resolver)
{
	struct timeval most = {.tv_sec = TIMEOUT_MS / 1000}, next;
	if (!resolver->pending) {
		loop_timer_stop(resolver->loop, &resolver->timer);
		return;
	}
	struct timeval *wait = ares_timeout(resolver->channel, &most, &next);
	loop_timer_start(resolver->loop, &resolver->timer,
			 wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1);
}

static void timer_due(struct loop_timer *timer)
{
	struct resolver *resolver = timer->owner;
	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(resolver);
}

static void socket_ready(struct loop_watch *watch, uint32_t events)
{
	struct resolver *resolver = watch->owner;
	bool in = events & (EPOLLIN | EPOLLERR | EPOLLHUP);
	ares_process_fd(resolver->channel, in ? watch->fd : ARES_SOCKET_BAD,
			events & EPOLLOUT ? watch->fd : ARES_SOCKET_BAD);
	set_timer(resolver);
}

/* c-ares opens, changes and closes its sockets. */
static void socket_changed(void *data, ares_socket_t fd, int readable,
			   int writable)
{
	struct resolver *resolver = data;
	struct loop_watch *slot = NULL;
	for (unsigned i = 0; i < SOCKETS_MAX; i++) {
		struct loop_watch *watch = &resolver->sockets[i];
		if (watch->loop && watch->fd == fd)
			slot = watch;
		else if (!watch->loop && !slot)
			slot = watch;
		if (slot && slot->loop)
			break;
	}
	uint32_t events = (readable ? (uint32_t)EPOLLIN : 0U) |
			  (writable ? (uint32_t)EPOLLOUT : 0U);
	if (!slot)
		return; /* it runs into its timeout */
	if (!events) {
		if (slot->loop)
			loop_watch_stop(slot);
	} else if (slot->loop) {
		loop_watch_change(slot, events);
	} else {
		slot->fd = fd;
		slot->ready = socket_ready;
		slot->owner = resolver;
		loop_watch_start(resolver->loop, slot, events);
	}
}

struct resolver *resolver_new(struct loop *loop, const char *servers)
{
	struct resolver *resolver = mem_new(1, sizeof(*resolver));
	static char lookups[] = "fb"; /* files, then DNS */
	struct ares_options options = {
		.timeout = TIMEOUT_MS,
		.tries = TRIES,
		.lookups = lookups,
		.sock_state_cb = socket_changed,
		.sock_state_cb_data = resolver,
	};
	resolver->loop = loop;
	resolver->timer.due = timer_due;
	resolver->timer.owner = resolver;
	if (ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS &&
	    ares_init_options(&resolver->channel, &options,
			      ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
				      ARES_OPT_LOOKUPS |
				      ARES_OPT_SOCK_STATE_CB) == ARES_SUCCESS) {
		if (!*servers ||
		    ares_set_servers_ports_csv(resolver->channel, servers) ==
			    ARES_SUCCESS)
			return resolver;
		ares_destroy(resolver->channel);
	}
	free(resolver);
	return NULL;
}

struct resolver *resolver_free(struct resolver *resolver)
{
	if (resolver) {
		resolver->closing = true;
		ares_destroy(resolver->channel); /* answers what is pending */
		ares_library_cleanup();
		loop_timer_stop(resolver->loop, &resolver->timer);
		free(resolver);
	}
	return NULL;
}

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET)
		((struct sockaddr_in *)address)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

bool resolve_numeric(const char *host, uint16_t port,
		     struct sockaddr_storage *address)
{
	char bare[64];
	size_t length = strlen(host);
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	memset(address, 0, sizeof(*address));
	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		if (!str_copy_bytes(bare, sizeof(bare), host + 1, length - 2))
			return false;
		host = bare;
	}
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1)
		address->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1)
		address->ss_family = AF_INET6;
	if (!address->ss_family)
		return false;
	set_port(address, port);
	return true;
}

bool resolve_read(const char *text, struct sockaddr_storage *address)
{
	char host[RESOLVE_TEXT_BYTES];
	const char *colon = strrchr(text, ':');
	int64_t port;
	return colon && str_number(colon + 1, 1, 65535, &port) &&
	       str_copy_bytes(host, sizeof(host), text,
			      (size_t)(colon - text)) &&
	       resolve_numeric(host, (uint16_t)port, address);
}

/* --- questions --- */

/* NULL: no more questions can be asked. */
static struct question *ask(struct resolver *resolver, void *owner)
{
	if (resolver->closing || resolver->pending >= RESOLVE_PENDING_MAX)
		return NULL;
	struct question *question = mem_new(1, sizeof(*question));
	question->resolver = resolver;
	question->owner = owner;
	resolver->pending++;
	return question;
}

static void answered(void *data, int status, int timeouts,
		     struct ares_addrinfo *info)
{
	struct question *question = data;
	struct resolved resolved = {.count = 0};
	(void)timeouts;
	for (struct ares_addrinfo_node *node = info ? info->nodes : NULL;
	     node && status == ARES_SUCCESS; node = node->ai_next) {
		if (resolved.count == RESOLVE_ADDRESSES_MAX ||
		    node->ai_addrlen > sizeof(struct sockaddr_storage))
			continue;
		struct sockaddr_storage *to =
			&resolved.address[resolved.count++];
		memcpy(to, node->ai_addr, node->ai_addrlen);
		set_port(to, question->port);
	}
	if (info)
		ares_freeaddrinfo(info);
	question->resolver->pending--;
	question->done(question->owner, question->id, &resolved);
	free(question);
}

void resolve_host(struct resolver *resolver, const char *host, uint16_t port,
		  int family, resolve_fn *done, void *owner, const char *id)
{
	struct resolved resolved = {.count = 0};
	struct question *question;
	if (resolve_numeric(host, port, &resolved.address[0])) {
		if (family == AF_UNSPEC ||
		    family == resolved.address[0].ss_family)
			resolved.count = 1;
	} else if (host[0] != '[' && (question = ask(resolver, owner))) {
		struct ares_addrinfo_hints hints = {
			.ai_family = family,
			.ai_socktype = SOCK_DGRAM,
			.ai_flags = ARES_AI_NOSORT,
		};
		question->done = done;
		question->port = port;
		str_copy(question->id, sizeof(question->id), id);
		ares_getaddrinfo(resolver->channel, host, NULL, &hints,
				 answered, question);
		set_timer(resolver);
		return;
	}
	done(owner, id, &resolved);
}

bool resolve_is_listed(struct resolver *resolver, const char *host, int family)
{
	struct hostent *found = NULL;
	if (ares_gethostbyname_file(resolver->channel, host, family, &found) !=
	    ARES_SUCCESS)
		return false;
	ares_free_hostent(found);
	return true;
}

static void on_servers(void *data, int status, int timeouts,
		       unsigned char *bytes, int size)
{
	struct question *question = data;
	struct srv_list list = {.count = 0};
	struct ares_srv_reply *reply = NULL;
	(void)timeouts;
	if (status == ARES_SUCCESS &&
	    ares_parse_srv_reply(bytes, size, &reply) == ARES_SUCCESS)
		for (struct ares_srv_reply *at = reply; at; at = at->next) {
			struct srv one = {"", at->port, at->priority,
					  at->weight};
			if (str_copy(one.host, sizeof(one.host), at->host))
				srv_add(&list, &one);
		}
	if (reply)
		ares_free_data(reply);
	question->resolver->pending--;
	question->servers(question->owner, &list);
	free(question);
}

void resolve_servers(struct resolver *resolver, const char *name,
		     resolve_servers_fn *done, void *owner)
{
	struct question *question = ask(resolver, owner);
	struct srv_list none = {.count = 0};
	if (!question) {
		done(owner, &none);
		return;
	}
	question->servers = done;
	ares_query(resolver->channel, name, ns_c_in, ns_t_srv, on_servers,
		   question);
	set_timer(resolver);
}

static void on_pointers(void *data, int status, int timeouts,
			unsigned char *bytes, int size)
{
	struct question *question = data;
	struct naptr_list list = {.count = 0};
	struct ares_naptr_reply *reply = NULL;
	(void)timeouts;
	if (status == ARES_SUCCESS &&
	    ares_parse_naptr_reply(bytes, size, &reply) == ARES_SUCCESS)
		for (struct ares_naptr_reply *at = reply; at; at = at->next) {
			struct naptr one = {.order = at->order,
					    .preference = at->preference};
			if (str_copy(one.flags, sizeof(one.flags),
				     (const char *)at->flags) &&
			    str_copy(one.service, sizeof(one.service),
				     (const char *)at->service) &&
			    str_copy(one.replacement, sizeof(one.replacement),
				     at->replacement))
				naptr_add(&list, &one);
		}
	if (reply)
		ares_free_data(reply);
	question->resolver->pending--;
	question->pointers(question->owner, &list);
	free(question);
}

void resolve_pointers(struct resolver *resolver, const char *name,
		      resolve_pointers_fn *done, void *owner)
{
	struct question *question = ask(resolver, owner);
	struct naptr_list none = {.count = 0};
	if (!question) {
		done(owner, &none);
		return;
	}
	question->pointers = done;
	ares_query(resolver->channel, name, ns_c_in, ns_t_naptr, on_pointers,
		   question);
	set_timer(resolver);
}

void resolve_text(const struct sockaddr *address, char *to)
{
	char host[INET6_ADDRSTRLEN] = "";
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const void *)address;
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
		str_format(to, RESOLVE_TEXT_BYTES, "[%s]:%u", host,
			   ntohs(six->sin6_port));
	} else {
		const struct sockaddr_in *four = (const void *)address;
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
		str_format(to, RESOLVE_TEXT_BYTES, "%s:%u", host,
			   ntohs(four->sin_port));
	}
}
