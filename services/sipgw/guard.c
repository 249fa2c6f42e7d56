/*
 * guard.c - who may call in, how fast, and where we may send to; see guard.h.
 *
 * The rate is a token bucket a source, one second's worth deep, kept in sets of
 * a hash table that is seeded at random, so that a stranger cannot choose which
 * sources share a set with him.
 */
#include "services/sipgw/guard.h"

#include "lib/base/mem.h"
#include "lib/runtime/cidr.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define WAYS 4
#define SETS (GUARD_SOURCES / WAYS)

struct source {
	uint8_t address[16];
	int64_t seen_ms; /* 0: free */
	int64_t tokens;  /* thousandths */
	/* Wrong passwords: the time at which all are forgiven. */
	int64_t forgiven_ms;
};

struct guard {
	struct cidrs *allow;
	struct cidrs *out_allow;
	int64_t rate;
	uint64_t seed;
	struct source sources[SETS][WAYS];
};

struct guard *guard_new(const char *allow, const char *out_allow,
			int64_t invites_per_second, char *error_out)
{
	struct guard *guard = mem_new(1, sizeof(*guard));
	guard->rate = invites_per_second;
	if (getrandom(&guard->seed, sizeof(guard->seed), 0) < 0)
		abort();
	guard->allow = cidrs_parse(allow, error_out);
	if (guard->allow)
		guard->out_allow = cidrs_parse(out_allow, error_out);
	return guard->out_allow ? guard : guard_free(guard);
}

struct guard *guard_free(struct guard *guard)
{
	if (guard) {
		cidrs_free(guard->allow);
		cidrs_free(guard->out_allow);
		free(guard);
	}
	return NULL;
}

bool guard_knows(const struct guard *guard, const struct sockaddr *source)
{
	return cidrs_match(guard->allow, source);
}

bool guard_may_reach(const struct guard *guard,
		     const struct sockaddr *destination)
{
	return cidr_is_public(destination) ||
	       cidrs_match(guard->out_allow, destination);
}

/* Sixteen bytes that stand for a source: an IPv4 address, or an IPv6 /64. */
static void source_key(const struct sockaddr *source, uint8_t *key_out)
{
	memset(key_out, 0, 16);
	if (source->sa_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const void *)source;
		size_t part = IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) ? 16 : 8;
		memcpy(key_out, &six->sin6_addr, part);
	} else {
		const struct sockaddr_in *four = (const void *)source;
		key_out[10] = key_out[11] = 0xff;
		memcpy(key_out + 12, &four->sin_addr, 4);
	}
}

static struct source *find(struct guard *guard, const uint8_t *key)
{
	uint64_t hash = guard->seed ^ 14695981039346656037U;
	for (unsigned i = 0; i < 16; i++)
		hash = (hash ^ key[i]) * 1099511628211U;
	struct source *set = guard->sources[(hash >> 32) % SETS];
	struct source *oldest = &set[0];
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].seen_ms && !memcmp(set[i].address, key, 16))
			return &set[i];
		if (set[i].seen_ms < oldest->seen_ms)
			oldest = &set[i];
	}
	memcpy(oldest->address, key, 16);
	oldest->seen_ms = 0;
	oldest->forgiven_ms = 0;
	return oldest;
}

bool guard_takes(struct guard *guard, const struct sockaddr *source,
		 int64_t now_ms)
{
	uint8_t key[16];
	source_key(source, key);
	struct source *entry = find(guard, key);
	int64_t full = guard->rate * 1000;
	if (!entry->seen_ms || now_ms - entry->seen_ms >= 1000)
		entry->tokens = full;
	else
		entry->tokens += (now_ms - entry->seen_ms) * guard->rate;
	if (entry->tokens > full)
		entry->tokens = full;
	entry->seen_ms = now_ms > 0 ? now_ms : 1;
	if (entry->tokens < 1000)
		return false;
	entry->tokens -= 1000;
	return true;
}

/* The source's entry, which guard_takes() has made a moment ago. */
static struct source *entry_of(struct guard *guard,
			       const struct sockaddr *source, int64_t now_ms)
{
	uint8_t key[16];
	source_key(source, key);
	struct source *entry = find(guard, key);
	if (!entry->seen_ms) {
		entry->tokens = guard->rate * 1000;
		entry->seen_ms = now_ms > 0 ? now_ms : 1;
	}
	return entry;
}

void guard_wrong(struct guard *guard, const struct sockaddr *source,
		 int64_t now_ms)
{
	struct source *entry = entry_of(guard, source, now_ms);
	if (entry->forgiven_ms < now_ms)
		entry->forgiven_ms = now_ms;
	entry->forgiven_ms += GUARD_WRONG_EACH_MS;
}

bool guard_is_barred(struct guard *guard, const struct sockaddr *source,
		     int64_t now_ms)
{
	return entry_of(guard, source, now_ms)->forgiven_ms - now_ms >
	       (GUARD_WRONG_MAX - 1) * GUARD_WRONG_EACH_MS;
}
