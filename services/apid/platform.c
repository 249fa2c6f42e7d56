/*
 * platform.c - is the platform as a whole ready; see platform.h.
 */
#include "services/apid/platform.h"

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/str.h"

#include <string.h>

static const char *const kinds[] = {"fetcher", "interpreter", "sipgw",
				    "mediad",  "callbackd",   "apid"};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct platform_daemon *find(struct platform *platform,
				    const char *service, const char *name)
{
	for (unsigned i = 0; i < platform->count; i++)
		if (strcmp(platform->daemons[i].service, service) == 0 &&
		    strcmp(platform->daemons[i].name, name) == 0)
			return &platform->daemons[i];
	return NULL;
}

static struct platform_daemon *add(struct platform *platform,
				   const char *service, const char *name)
{
	if (platform->count == PLATFORM_DAEMONS_MAX) {
		platform->left_out++;
		return NULL;
	}
	struct platform_daemon *daemon = &platform->daemons[platform->count++];
	memset(daemon, 0, sizeof(*daemon));
	str_copy(daemon->service, sizeof(daemon->service), service);
	str_copy(daemon->name, sizeof(daemon->name), name);
	return daemon;
}

void platform_hear(struct platform *platform, const char *service,
		   const char *name, const struct instance *record,
		   int64_t now_ms)
{
	struct platform_daemon *daemon = find(platform, service, name);
	if (!record) {
		if (daemon)
			*daemon = platform->daemons[--platform->count];
		return;
	}
	if (!daemon)
		daemon = add(platform, service, name);
	if (!daemon)
		return;
	str_copy(daemon->boot, sizeof(daemon->boot), record->boot);
	daemon->beat = record->beat;
	daemon->hello = record->hello;
	daemon->draining = record->draining;
	daemon->seen_ms = now_ms;
}

static bool works(const struct platform_daemon *daemon, int64_t now_ms)
{
	return daemon->hello > 0 && !daemon->draining &&
	       now_ms - daemon->seen_ms < PLATFORM_SILENT_MS;
}

static bool kind_works(const struct platform *platform, const char *kind,
		       int64_t now_ms)
{
	for (unsigned i = 0; i < platform->count; i++)
		if (strcmp(platform->daemons[i].service, kind) == 0 &&
		    works(&platform->daemons[i], now_ms))
			return true;
	return false;
}

const char *platform_pick(const struct platform *platform, const char *service,
			  const char *salt, int64_t now_ms)
{
	const struct platform_daemon *found[PLATFORM_DAEMONS_MAX];
	unsigned count = 0;
	for (unsigned i = 0; i < platform->count; i++) {
		const struct platform_daemon *daemon = &platform->daemons[i];
		if (strcmp(daemon->service, service) == 0 &&
		    works(daemon, now_ms))
			found[count++] = daemon;
	}
	return count ? found[id_shard(salt, count)]->name : NULL;
}

static void add_daemon(const struct platform_daemon *daemon, int64_t now_ms,
		       struct buf *to)
{
	buf_add_text(to, "{\"service\":\"");
	buf_add_json(to, daemon->service);
	buf_add_text(to, "\",\"instance\":\"");
	buf_add_json(to, daemon->name);
	buf_addf(to, "\",\"live\":%s,\"draining\":%s}",
		 daemon->hello > 0 &&
				 now_ms - daemon->seen_ms < PLATFORM_SILENT_MS
			 ? "true"
			 : "false",
		 daemon->draining ? "true" : "false");
}

bool platform_ready(const struct platform *platform, bool bus_is_up,
		    int64_t now_ms, struct buf *to)
{
	bool ready = bus_is_up;
	const char *comma = "";
	for (size_t i = 0; i < KINDS; i++)
		ready &= kind_works(platform, kinds[i], now_ms);
	buf_addf(to, "{\"ready\":%s,\"bus\":\"%s\",\"missing\":[",
		 ready ? "true" : "false", bus_is_up ? "up" : "away");
	for (size_t i = 0; i < KINDS; i++) {
		if (kind_works(platform, kinds[i], now_ms))
			continue;
		buf_addf(to, "%s\"%s\"", comma, kinds[i]);
		comma = ",";
	}
	buf_add_text(to, "],\"daemons\":[");
	for (unsigned i = 0; i < platform->count; i++) {
		buf_add_text(to, i ? "," : "");
		add_daemon(&platform->daemons[i], now_ms, to);
	}
	buf_add_text(to, "]}\n");
	return ready;
}
