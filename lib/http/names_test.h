/*
 * names_test.h - a name server that answers as the test says: it stands before
 * the C library's, for libcurl too.
 */
#pragma once

#include "lib/base/str.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* One answer a question, the last one for ever: addresses with commas, or that
 * the server hangs. Ends with NULL, which alone is "no such name". */
static const char *const *dns;
static unsigned questions;
#define DNS_HANGS "hangs"
static int dns_wakes = -1; /* what is to be read ends that */

int getaddrinfo(const char *name, const char *service,
		const struct addrinfo *hints, struct addrinfo **list);
void freeaddrinfo(struct addrinfo *list);

static inline void dns_add(struct addrinfo **list, const char *text,
			   const char *port)
{
	struct addrinfo *info =
		calloc(1, sizeof(*info) + sizeof(struct sockaddr_in6));
	struct sockaddr_in *four = (void *)(info + 1);
	struct sockaddr_in6 *six = (void *)(info + 1);
	bool is_six = strchr(text, ':') != NULL;
	info->ai_family = is_six ? AF_INET6 : AF_INET;
	info->ai_socktype = SOCK_STREAM;
	info->ai_addrlen = is_six ? sizeof(*six) : sizeof(*four);
	info->ai_addr = (struct sockaddr *)(info + 1);
	info->ai_addr->sa_family = (sa_family_t)info->ai_family;
	four->sin_port = htons((uint16_t)strtol(port, NULL, 10));
	inet_pton(info->ai_family, text,
		  is_six ? (void *)&six->sin6_addr : (void *)&four->sin_addr);
	while (*list)
		list = &(*list)->ai_next;
	*list = info;
}

int getaddrinfo(const char *name, const char *service,
		const struct addrinfo *hints, struct addrinfo **list)
{
	char one[64];
	const char *answer;
	(void)name, (void)hints;
	*list = NULL;
	if (!dns || !*dns)
		return EAI_NONAME;
	answer = dns[0];
	if (dns[1])
		dns++;
	questions++;
	if (strcmp(answer, DNS_HANGS) == 0) {
		struct pollfd until = {.fd = dns_wakes, .events = POLLIN};
		poll(&until, 1, 3000);
		return EAI_AGAIN;
	}
	while (*answer) {
		size_t length = strcspn(answer, ",");
		str_copy_bytes(one, sizeof(one), answer, length);
		dns_add(list, one, service);
		answer += length + (answer[length] == ',');
	}
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;
		free(list);
		list = next;
	}
}
