/*
 * leg.c - a leg's life. Its packets are relay.c's, its sound is leg_sound.c's.
 */
#include "services/mediad/leg.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/mediad/digits/press.h"
#include "services/mediad/digits/watch.h"
#include "services/mediad/hearing.h"
#include "services/mediad/leg_roles.h"
#include "services/mediad/media.h"
#include "services/mediad/ports.h"
#include "services/mediad/receive/report.h"
#include "services/mediad/relay.h"
#include "services/mediad/sdp/agree.h"
#include "services/mediad/secure/policy.h"
#include "services/mediad/session.h"
#include "services/mediad/sound/prompts.h"
#include "services/mediad/speaking.h"
#include "services/mediad/tick.h"
#include "services/mediad/video.h"
#include "services/mediad/wheel.h"

#include <stdlib.h>
#include <string.h>

#define UNAVAILABLE 503

struct sdp_self leg_self(const struct leg *leg)
{
	struct sdp_self self = {.at = leg->media->told,
				.id = leg->number >> 2,
				.version = leg->version,
				.ptime_ms = leg->ptime_ms,
				.safety = &leg->safety};

	if (leg->video)
		self.video_port = leg->video->port;
	endpoint_set_port(&self.at, leg->port);
	return self;
}

static bool has_room(const struct session *session, struct refusal *why_out)
{
	const struct media *media = session->media;

	if (session->leg_count >= SESSION_LEGS_MAX)
		return refusal_set(why_out, ERR_MEDIA_PORTS, UNAVAILABLE,
				   "the call has too many legs");
	if (media->legs >= media->legs_max)
		return refusal_set(why_out, ERR_MEDIA_PORTS, UNAVAILABLE,
				   "too few file descriptors (ulimit -n)");
	return true;
}

static struct leg *leg_new(struct session *session, const char *name)
{
	struct leg *leg = mem_new(1, sizeof(*leg));

	str_copy(leg->name, sizeof(leg->name), name);
	leg->session = session;
	leg->media = session->media;
	leg->number = agree_key(session->call_sid, name);
	leg->sockets.rtp = leg->sockets.rtcp = -1;
	leg->terms.codec = leg->terms.event = leg->heard = CODEC_NONE;
	leg->version = 1;
	stream_out_init(&leg->out);
	list_init(&leg->ears);
	list_init(&leg->overhearers);
	list_add_tail(&session->legs, &leg->link);
	session->leg_count++;
	leg->media->legs++;
	return leg;
}

struct leg *leg_open(struct session *session, const struct leg_media *wanted,
		     struct refusal *why_out)
{
	struct leg *leg;

	if (!has_room(session, why_out))
		return NULL;
	leg = leg_new(session, wanted->leg);
	if (wanted->source[0])
		(void)endpoint_parse(wanted->source, 0, &leg->source_host);
	leg->ptime_ms = (unsigned)wanted->ptime;
	if (!policy_for(leg->media->policy, wanted, &leg->safety, why_out) ||
	    !leg_roles_open(leg, wanted, why_out))
		return leg_free(leg);
	relay_start(leg);
	wheel_add(leg);
	return leg;
}

static void dismiss_ears(struct list *ears)
{
	while (!list_empty(ears)) {
		struct leg_ear *ear = list_of(ears->next, struct leg_ear, link);

		list_remove(&ear->link);
		if (ear->gone)
			ear->gone(ear);
	}
}

void leg_describe(struct leg *leg, char *sdp)
{
	/* The one before may hold keys. */
	if (leg->sdp)
		suite_wipe(leg->sdp, strlen(leg->sdp));
	free(leg->sdp);
	leg->sdp = sdp;
}

struct leg *leg_free(struct leg *leg)
{
	if (!leg)
		return NULL;
	dismiss_ears(&leg->ears);
	dismiss_ears(&leg->overhearers);
	if (leg->peer)
		leg_unbridge(leg);
	prompts_gone(leg);
	leg_feed(leg, LEG_SILENT);
	speaking_end(leg);
	hearing_end(leg);
	press_free(leg);
	watch_end(leg);
	tick_remove(leg);
	list_remove(&leg->wheel_link);
	if (leg->sockets.rtp >= 0) {
		relay_stop(leg);
		socket_pair_close(&leg->sockets);
		ports_give(leg->media->ports, leg->port, clock_mono_ms());
	}
	list_remove(&leg->link);
	leg->session->leg_count--;
	leg->media->legs--;
	leg->video = video_free(leg->video);
	handshake_stop(leg);
	guard_lower(&leg->guard);
	leg_describe(leg, NULL);
	suite_wipe(&leg->safety, sizeof(leg->safety));
	free(leg);
	return NULL;
}

void leg_stats(struct leg *leg, struct leg_stats *stats_out)
{
	const struct endpoint *peer =
		latch_target(&leg->latch, clock_mono_ms());

	memset(stats_out, 0, sizeof(*stats_out));
	str_copy(stats_out->leg, sizeof(stats_out->leg), leg->name);
	stats_out->packets_in = (int64_t)leg->in.packets;
	stats_out->packets_out = leg->out.packets;
	stats_out->packets_lost = (int64_t)stream_in_lost(&leg->in);
	stats_out->packets_refused = leg->refused;
	if (leg->terms.codec != CODEC_NONE)
		str_copy(stats_out->codec, sizeof(stats_out->codec),
			 codec_rows[leg->terms.codec].name);
	report_stats(leg, stats_out);
	guard_name(&leg->guard, stats_out->secure);
	if (leg->video) {
		stats_out->video_in = (int64_t)leg->video->in;
		stats_out->video_out = (int64_t)leg->video->out;
	}
	if (peer)
		endpoint_text(peer, stats_out->peer);
}
