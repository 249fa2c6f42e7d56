/*
 * cidr.c - lists of networks; see cidr.h.
 *
 * Every address is looked at as 16 bytes: IPv4 as ::ffff:a.b.c.d, so that one
 * comparison serves both. An IPv6 network that is wider than that prefix does
 * not hold IPv4: who writes ::/0 means IPv6.
 */
#include "lib/runtime/cidr.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CIDRS_MAX 256
#define CIDR_ERROR_BYTES 160
#define CIDR_TEXT_BYTES 64
#define MAPPED_BITS 96 /* length of ::ffff:0:0/96 */

struct cidr {
	uint8_t bytes[16];
	unsigned bits;
};

struct cidrs {
	size_t count;
	struct cidr list[CIDRS_MAX];
};

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0,    0,
					  0, 0, 0, 0, 0xff, 0xff};

static void from_ipv4(const void *four, uint8_t *bytes_out)
{
	memcpy(bytes_out, mapped_prefix, sizeof(mapped_prefix));
	memcpy(bytes_out + 12, four, 4);
}

static bool is_ipv4(const uint8_t *bytes)
{
	return memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static bool bytes_of(const struct sockaddr *address, uint8_t *bytes_out)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;
		from_ipv4(&in->sin_addr, bytes_out);
		return true;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;
		memcpy(bytes_out, &in6->sin6_addr, 16);
		return true;
	}
	return false;
}

/* Sets everything behind the first 'bits' to zero. */
static void cut(uint8_t *bytes, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		bytes[i / 8] &= (uint8_t) ~(0x80U >> i % 8);
}

static bool holds(const struct cidr *network, const uint8_t *bytes)
{
	uint8_t head[16];
	if (is_ipv4(bytes) && network->bits < MAPPED_BITS)
		return false;
	memcpy(head, bytes, 16);
	cut(head, network->bits);
	return memcmp(head, network->bytes, 16) == 0;
}

static void text_of(const uint8_t *bytes, char *to)
{
	if (is_ipv4(bytes))
		inet_ntop(AF_INET, bytes + 12, to, CIDR_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, bytes, to, CIDR_TEXT_BYTES);
}

/* Reads one network from 'text', which is cut at its slash. */
static bool parse_one(char *text, struct cidr *network, char *error_out)
{
	uint8_t four[4], whole[16];
	char right[CIDR_TEXT_BYTES];
	char *slash = strchr(text, '/');
	int64_t bits = 0;
	if (slash)
		*slash = '\0';
	bool ipv4 = inet_pton(AF_INET, text, four) == 1;
	if (ipv4)
		from_ipv4(four, network->bytes);
	else if (inet_pton(AF_INET6, text, network->bytes) != 1)
		return str_format(error_out, CIDR_ERROR_BYTES,
				  "\"%.50s\" is no IP address", text) &&
		       false;
	if (slash && !str_number(slash + 1, 0, ipv4 ? 32 : 128, &bits))
		return str_format(error_out, CIDR_ERROR_BYTES,
				  "/%.20s after %s is no length of a prefix",
				  slash + 1, text) &&
		       false;
	network->bits = slash ? (unsigned)bits + (ipv4 ? MAPPED_BITS : 0) : 128;
	memcpy(whole, network->bytes, 16);
	cut(network->bytes, network->bits);
	if (memcmp(whole, network->bytes, 16) == 0)
		return true;
	text_of(network->bytes, right);
	str_format(error_out, CIDR_ERROR_BYTES,
		   "%s/%s names a host: the network is %s/%s", text, slash + 1,
		   right, slash + 1);
	return false;
}

struct cidrs *cidrs_parse(const char *text, char *error_out)
{
	struct cidrs *cidrs = mem_new(1, sizeof(*cidrs));
	while (*text) {
		char one[CIDR_TEXT_BYTES];
		size_t span = strcspn(text, ","), length;
		const char *start = str_trim(text, span, &length);
		text += span + (text[span] == ',');
		if (cidrs->count == CIDRS_MAX) {
			str_format(error_out, CIDR_ERROR_BYTES,
				   "more than %d networks", CIDRS_MAX);
			return cidrs_free(cidrs);
		}
		if (!str_copy_bytes(one, sizeof(one), start, length)) {
			str_format(error_out, CIDR_ERROR_BYTES,
				   "\"%.50s...\" is no network", start);
			return cidrs_free(cidrs);
		}
		if (!parse_one(one, &cidrs->list[cidrs->count], error_out))
			return cidrs_free(cidrs);
		cidrs->count++;
	}
	return cidrs;
}

struct cidrs *cidrs_free(struct cidrs *cidrs)
{
	free(cidrs);
	return NULL;
}

bool cidrs_match(const struct cidrs *cidrs, const struct sockaddr *address)
{
	uint8_t bytes[16];
	if (!bytes_of(address, bytes))
		return false;
	for (size_t i = 0; i < cidrs->count; i++)
		if (holds(&cidrs->list[i], bytes))
			return true;
	return false;
}

/* --- what is public: RFC 6890 and its registries --- */

struct block {
	uint8_t bytes[16];
	unsigned bits;
};

#define V4(a, b, c, d, bits)                                                   \
	{                                                                      \
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d},        \
			96 + (bits)                                            \
	}

static const struct cidr not_public_ipv4[] = {
	V4(0, 0, 0, 0, 8),       /* this network */
	V4(10, 0, 0, 0, 8),      /* private, RFC 1918 */
	V4(100, 64, 0, 0, 10),   /* carrier-grade NAT, RFC 6598 */
	V4(127, 0, 0, 0, 8),     /* loopback */
	V4(169, 254, 0, 0, 16),  /* link-local: clouds' metadata */
	V4(172, 16, 0, 0, 12),   /* private */
	V4(192, 0, 0, 0, 24),    /* protocol assignments */
	V4(192, 0, 2, 0, 24),    /* documentation */
	V4(192, 88, 99, 0, 24),  /* 6to4 relays, RFC 7526 */
	V4(192, 168, 0, 0, 16),  /* private */
	V4(198, 18, 0, 0, 15),   /* benchmarks */
	V4(198, 51, 100, 0, 24), /* documentation */
	V4(203, 0, 113, 0, 24),  /* documentation */
	V4(224, 0, 0, 0, 4),     /* multicast */
	V4(240, 0, 0, 0, 4),     /* reserved, broadcast */
};

/* Inside 2000::/3, outside of which nothing is public but the embeddings. */
static const struct cidr not_public_ipv6[] = {
	{{0x20, 0x01}, 23},             /* protocols, Teredo, ORCHID */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x3f, 0xff}, 20},             /* documentation, RFC 9637 */
};

static const struct cidr global_unicast = {{0x20}, 3};

/* Networks whose addresses carry an IPv4 address, and at which byte. */
static const struct embedding {
	struct cidr network;
	unsigned at;
} embeddings[] = {
	{{{0x20, 0x02}, 16}, 2},              /* 6to4, RFC 3056 */
	{{{0x00, 0x64, 0xff, 0x9b}, 96}, 12}, /* NAT64, RFC 6052 */
};

static bool in_any(const struct cidr *list, size_t count, const uint8_t *bytes)
{
	for (size_t i = 0; i < count; i++)
		if (holds(&list[i], bytes))
			return true;
	return false;
}

#define IN_ANY(list, bytes) in_any(list, sizeof(list) / sizeof(list[0]), bytes)

/* ISATAP's interface identifiers, RFC 5214 section 6.1. */
static bool is_isatap(const uint8_t *bytes)
{
	return (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e &&
	       bytes[11] == 0xfe;
}

bool cidr_is_public(const struct sockaddr *address)
{
	uint8_t bytes[16], inner[16];
	if (!bytes_of(address, bytes))
		return false;
	for (size_t i = 0; i < sizeof(embeddings) / sizeof(embeddings[0]);
	     i++) {
		if (!holds(&embeddings[i].network, bytes))
			continue;
		from_ipv4(bytes + embeddings[i].at, inner);
		return !IN_ANY(not_public_ipv4, inner);
	}
	if (is_ipv4(bytes))
		return !IN_ANY(not_public_ipv4, bytes);
	if (is_isatap(bytes)) {
		from_ipv4(bytes + 12, inner);
		if (IN_ANY(not_public_ipv4, inner))
			return false;
	}
	return holds(&global_unicast, bytes) && !IN_ANY(not_public_ipv6, bytes);
}

void cidr_text(const struct sockaddr *address, char *to)
{
	uint8_t bytes[16];
	if (bytes_of(address, bytes))
		text_of(bytes, to);
	else
		str_copy(to, CIDR_TEXT_BYTES, "unknown");
}

bool cidr_same_host(const struct sockaddr_storage *a,
		    const struct sockaddr_storage *b)
{
	char a_text[64], b_text[64];
	cidr_text((const struct sockaddr *)a, a_text);
	cidr_text((const struct sockaddr *)b, b_text);
	return a->ss_family == b->ss_family && strcmp(a_text, b_text) == 0;
}
