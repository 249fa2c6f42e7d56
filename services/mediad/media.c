/*
 * media.c - settings into sockets' addresses and limits.
 */
#include "services/mediad/media.h"

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/settings.h"
#include "services/mediad/ports.h"
#include "services/mediad/record/recordings.h"
#include "services/mediad/secure/policy.h"
#include "services/mediad/secure/seal.h"
#include "services/mediad/session.h"
#include "services/mediad/wave.h"
#include "services/mediad/wheel.h"

#include <stdlib.h>
#include <sys/resource.h>

#define DESCRIPTORS_SPARE 128 /* bus, admin port, logs, the loop itself */
#define DESCRIPTORS_A_LEG 2

METRIC_GAUGE(sessions, "media_sessions", "", "Calls that have media here.")
METRIC_GAUGE(legs, "media_legs", "", "Legs that have media here.")
METRIC_GAUGE(ports_spare, "media_ports_free", "",
	     "Port pairs that no leg holds; some of them rest.")

/* As many as the system lets us have; each leg needs two. */
static size_t descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 1024;
	if (limit.rlim_cur < limit.rlim_max) {
		struct rlimit more = {limit.rlim_max, limit.rlim_max};

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			limit = more;
	}
	return limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX / 2
					       : (size_t)limit.rlim_cur;
}

static bool take_hosts(struct media *media, const struct settings *settings,
		       char *error_out)
{
	const char *told = settings->rtp_advertise[0] ? settings->rtp_advertise
						      : settings->rtp_host;

	if (!endpoint_parse(settings->rtp_host, 0, &media->bound)) {
		str_format(error_out, MEDIA_ERROR_BYTES,
			   "VOXBUS_RTP_HOST=%s: write a numeric address",
			   settings->rtp_host);
		return false;
	}
	if (!endpoint_parse(told, 0, &media->told) ||
	    endpoint_is_wild(&media->told) ||
	    endpoint_family(&media->told) != endpoint_family(&media->bound)) {
		str_format(error_out, MEDIA_ERROR_BYTES,
			   "VOXBUS_RTP_ADVERTISE=%s: write the numeric address "
			   "that phones reach, of the family of "
			   "VOXBUS_RTP_HOST=%s",
			   told, settings->rtp_host);
		return false;
	}
	return true;
}

static bool take_ports(struct media *media, const struct settings *settings,
		       char *error_out)
{
	size_t limit = descriptors();

	if (settings->rtp_port_min <= settings->rtp_port_max)
		media->ports = ports_new((uint16_t)settings->rtp_port_min,
					 (uint16_t)settings->rtp_port_max);
	if (!media->ports) {
		str_format(error_out, MEDIA_ERROR_BYTES,
			   "VOXBUS_RTP_PORT_MIN=%lld, VOXBUS_RTP_PORT_MAX=%lld:"
			   " no even port with its successor lies between",
			   (long long)settings->rtp_port_min,
			   (long long)settings->rtp_port_max);
		return false;
	}
	media->legs_max =
		limit > DESCRIPTORS_SPARE
			? (limit - DESCRIPTORS_SPARE) / DESCRIPTORS_A_LEG
			: 0;
	return true;
}

static bool take_policy(struct media *media, const struct settings *settings,
			char *error_out)
{
	if (!seal_start()) {
		str_copy(error_out, MEDIA_ERROR_BYTES,
			 "OpenSSL lacks a cipher of SRTP");
		return false;
	}
	media->policy = policy_new(settings, error_out);
	return media->policy != NULL;
}

static struct media *media_bare(struct loop *loop)
{
	struct media *media = mem_new(1, sizeof(*media));

	media->loop = loop;
	media->sessions = map_new();
	wave_init();
	tick_init(media);
	socket_batch_init(&media->batch);
	wheel_init(media);
	return media;
}

struct media *media_new(struct loop *loop, const struct settings *settings,
			char *error_out)
{
	struct media *media = media_bare(loop);

	media->silence_ms = settings->rtp_timeout * 1000;
	media->finds_tones = str_equal(settings->media_tones, "yes");
	if (!take_hosts(media, settings, error_out) ||
	    !take_ports(media, settings, error_out) ||
	    !take_policy(media, settings, error_out))
		return media_free(media);
	media_gauges(media);
	return media;
}

struct media *media_new_beside(struct loop *loop, const struct media *first)
{
	struct media *media = media_bare(loop);

	media->service = first->service;
	media->bound = first->bound;
	media->told = first->told;
	media->ports = first->ports;
	media->policy = first->policy;
	media->shares_ports = true;
	media->legs_max = first->legs_max;
	media->silence_ms = first->silence_ms;
	media->finds_tones = first->finds_tones;
	return media;
}

struct media *media_free(struct media *media)
{
	if (media) {
		size_t cursor = 0;
		const char *call_sid;
		void *session;

		media->recordings = recordings_free(media->recordings);
		while (map_next(media->sessions, &cursor, &call_sid, &session))
			session_free(session);
		tally_flush(&media->tally);
		loop_timer_stop(media->loop, &media->wheel_timer);
		map_free(media->sessions);
		if (!media->shares_ports) {
			ports_free(media->ports);
			policy_free(media->policy);
		}
		free(media);
	}
	return NULL;
}

/* Several workers raise and lower the same gauge. */
static void show(struct metric *gauge, size_t count, size_t *shown)
{
	metric_add(gauge, (int64_t)count - (int64_t)*shown);
	*shown = count;
}

void media_gauges(struct media *media)
{
	show(&sessions, map_count(media->sessions), &media->sessions_shown);
	show(&legs, media->legs, &media->legs_shown);
	metric_set(&ports_spare, (int64_t)(ports_count(media->ports) -
					   ports_taken(media->ports)));
}

void media_say(struct media *media, const struct talk_to *to,
	       const struct proto_message *desc, const void *message)
{
	if (media->say)
		media->say(media->say_owner, to, desc, message);
}
