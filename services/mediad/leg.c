/*
 * leg.c - a leg's life. Its packets are relay.c's.
 */
#include "services/mediad/leg.h"

#include "lib/base/buf.h"
#include "lib/base/cache.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/mediad/sdp/agree.h"
#include "services/mediad/codec/transcoder.h"
#include "services/mediad/digits/press.h"
#include "services/mediad/digits/tap.h"
#include "services/mediad/hearing.h"
#include "services/mediad/media.h"
#include "services/mediad/ports.h"
#include "services/mediad/receive/report.h"
#include "services/mediad/relay.h"
#include "services/mediad/secure/policy.h"
#include "services/mediad/session.h"
#include "services/mediad/sound/prompts.h"
#include "services/mediad/speaking.h"
#include "services/mediad/tick.h"
#include "services/mediad/tone.h"
#include "services/mediad/video.h"
#include "services/mediad/wheel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BIND_TRIES 32
#define NOT_ACCEPTABLE 488
#define UNAVAILABLE 503
#define NS_PER_MS 1000000
#define SPEAKING_RATE_MAX 16000 /* no phone's voice is better by more */
#define CODEC_CHANGE_MS 200

/* --- ports --- */

static bool no_port(struct refusal *why_out, const char *text)
{
	return refusal_set(why_out, ERR_MEDIA_PORTS, UNAVAILABLE, "%s", text);
}

static int bind_to(struct leg *leg, uint16_t port)
{
	struct endpoint at = leg->media->bound;

	endpoint_set_port(&at, port);
	leg->port = port;
	return socket_pair_open(&at, &leg->sockets);
}

/* Somebody else's socket in our range costs a try, not a call. */
static bool bind_any(struct leg *leg, struct refusal *why_out)
{
	struct ports *ports = leg->media->ports;
	int64_t now_ms = clock_mono_ms();
	int error = -EADDRINUSE;

	for (int i = 0; i < BIND_TRIES && error == -EADDRINUSE; i++) {
		uint16_t port = ports_take(ports, now_ms);

		if (!port)
			return no_port(why_out, "all media ports are in use");
		error = bind_to(leg, port);
		if (error)
			ports_give(ports, port, now_ms);
	}
	return error == 0 || no_port(why_out, strerror(-error));
}

static bool bind_exact(struct leg *leg, uint16_t port, struct refusal *why_out)
{
	int error;

	if (!ports_take_exact(leg->media->ports, port))
		return no_port(why_out, "the stated port is taken, or outside "
					"of the range");
	error = bind_to(leg, port);
	if (!error)
		return true;
	ports_give(leg->media->ports, port, clock_mono_ms());
	return no_port(why_out, strerror(-error));
}

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

/* --- the three roles --- */

static bool open_answer(struct leg *leg, const struct leg_media *wanted,
			struct refusal *why_out)
{
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	struct sdp_self self = leg_self(leg);
	struct sdp offer;
	bool good;

	/* Refuse before a port is taken: a flood of bad offers takes none. */
	if (!agree_parse("the offer's", wanted->remote, &offer, why_out) ||
	    !sdp_can_answer(&self, &offer, why_out) || !bind_any(leg, why_out))
		return false;
	if (wanted->video && sdp_video_is_offered(&offer))
		leg->video = video_new(leg, 0);
	self = leg_self(leg);
	good = sdp_write_answer(&self, &offer, &text, why_out);
	leg->sdp = good ? buf_take(&text) : NULL;
	buf_free(&text);
	return good && agree_answer(leg, wanted->remote, why_out);
}

/* The pictures that another leg of the call has in use: only what that one can
 * show and send is worth an offer. NULL: none has any. */
static const struct sdp_media *pictures_of(const struct session *session,
					   struct sdp *others)
{
	const struct list *link;
	char error[SDP_ERROR_BYTES];

	for (link = session->legs.next; link != &session->legs;
	     link = link->next) {
		const struct leg *leg = list_of(link, struct leg, link);

		if (leg->video && leg->sdp &&
		    sdp_parse(leg->sdp, strlen(leg->sdp), others, error) &&
		    sdp_video_active(others))
			return sdp_video_active(others);
	}
	return NULL;
}

static bool open_offer(struct leg *leg, const struct leg_media *wanted,
		       struct refusal *why_out)
{
	struct buf text = BUF_INIT(SDP_BYTES_MAX);
	enum codec codecs[CODEC_AUDIO_MAX];
	unsigned count = codec_list(wanted->codecs, codecs);
	const struct sdp_media *like;
	struct sdp_self self;
	struct sdp others;

	if (strstr(wanted->codecs, "G729") && !codec_is_there(CODEC_G729))
		log_warn(leg->session->call_sid, ERR_CODECS,
			 "leg %s: G729 is left out: its module is not there",
			 leg->name);
	if (!count)
		return refusal_set(why_out, ERR_CODECS, NOT_ACCEPTABLE,
				   "codecs \"%s\": PCMU, PCMA, G722 and OPUS "
				   "are known, G729 if its module is there",
				   wanted->codecs);
	if (!bind_any(leg, why_out))
		return false;
	like = wanted->video ? pictures_of(leg->session, &others) : NULL;
	if (like)
		leg->video = video_new(leg, 0);
	self = leg_self(leg);
	sdp_write_offer(&self, codecs, count, like, &text);
	leg->sdp = buf_take(&text);
	return !wanted->remote || agree_answer(leg, wanted->remote, why_out);
}

/* The certificate of before stands in our descriptions, as long as what was
 * agreed on with it holds. */
static void keep_house(struct leg *leg, const struct sdp_media *ours)
{
	memcpy(leg->safety.fingerprint, ours->dtls.fingerprint,
	       SDP_FINGERPRINT_BYTES);
	(void)str_format(leg->safety.tls_id, sizeof(leg->safety.tls_id), "%.*s",
			 (int)ours->dtls.tls_id.length, ours->dtls.tls_id.at);
}

static bool open_restore(struct leg *leg, const struct leg_media *wanted,
			 struct refusal *why_out)
{
	const struct sdp_media *active, *pictures;
	struct sdp local;

	if (!agree_parse("our own", wanted->local, &local, why_out))
		return false;
	active = sdp_active(&local);
	if (!active || active->host.kind != SDP_HOST_NUMERIC ||
	    !endpoint_same_host(&active->host.at, &leg->media->told))
		return no_port(why_out,
			       "our own SDP names another address than "
			       "VOXBUS_RTP_ADVERTISE");
	if (!bind_exact(leg, active->port, why_out))
		return false;
	leg->sdp = mem_copy_text(wanted->local);
	pictures = sdp_video_active(&local);
	if (pictures)
		leg->video = video_new(leg, pictures->port);
	if (wanted->keys[0] && handshake_keep(leg, wanted->keys))
		keep_house(leg, active);
	return agree_restored(leg, &local, wanted->remote, why_out);
}

typedef bool open_fn(struct leg *leg, const struct leg_media *wanted,
		     struct refusal *why_out);

static open_fn *const open_fns[] = {
	[LEG_ROLE_ANSWER] = open_answer,
	[LEG_ROLE_OFFER] = open_offer,
	[LEG_ROLE_RESTORE] = open_restore,
};

static bool has_room(const struct session *session, struct refusal *why_out)
{
	const struct media *media = session->media;

	if (session->leg_count >= SESSION_LEGS_MAX)
		return no_port(why_out, "the call has too many legs");
	if (media->legs >= media->legs_max)
		return no_port(why_out, "too few file descriptors (ulimit -n)");
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
	size_t roles = sizeof(open_fns) / sizeof(open_fns[0]);

	if (wanted->role <= 0 || (size_t)wanted->role >= roles) {
		refusal_set(why_out, ERR_INTERNAL, UNAVAILABLE, "no role");
		return NULL;
	}
	if (!has_room(session, why_out))
		return NULL;
	leg = leg_new(session, wanted->leg);
	if (wanted->source[0])
		(void)endpoint_parse(wanted->source, 0, &leg->source_host);
	leg->ptime_ms = (unsigned)wanted->ptime;
	if (!policy_for(leg->media->policy, wanted, &leg->safety, why_out) ||
	    !open_fns[wanted->role](leg, wanted, why_out))
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

/* --- who hears whom --- */

void leg_feed(struct leg *leg, enum leg_source source)
{
	struct leg_voice *voice = leg->voice;

	if (leg->source == source)
		return;
	leg->source = source;
	leg->voice = NULL;
	stream_out_switch(&leg->out);
	if (source == LEG_TONE)
		tone_start(leg);
	leg_review(leg);
	if (leg->peer)
		leg_review(leg->peer);
	if (voice)
		voice->over(voice, leg->voice_ended);
}

static enum leg_source without_voice(const struct leg *leg)
{
	return leg->peer ? LEG_BRIDGED : LEG_SILENT;
}

void leg_play(struct leg *leg, struct leg_voice *voice)
{
	leg->voice_ended = false;
	leg_feed(leg, without_voice(leg)); /* ends the one before */
	leg_feed(leg, LEG_PLAYED);
	leg->voice = voice;
}

void leg_play_end(struct leg *leg)
{
	if (leg->source == LEG_PLAYED)
		leg_feed(leg, without_voice(leg));
}

void leg_listen(struct leg *leg, struct leg_ear *ear)
{
	list_add_tail(&leg->ears, &ear->link);
	leg_review(leg);
}

void leg_listen_end(struct leg *leg, struct leg_ear *ear)
{
	list_remove(&ear->link);
	leg_review(leg);
}

void leg_overhear(struct leg *leg, struct leg_ear *ear)
{
	list_add_tail(&leg->overhearers, &ear->link);
	leg_review(leg);
	if (leg->peer)
		leg_review(leg->peer);
}

void leg_overhear_end(struct leg *leg, struct leg_ear *ear)
{
	list_remove(&ear->link);
	leg_review(leg);
	if (leg->peer)
		leg_review(leg->peer);
}

/* The leg that hears this one's other side; NULL: none does. */
static struct leg *hearer(const struct leg *leg)
{
	struct leg *peer = leg->peer;

	return peer && peer->source == LEG_BRIDGED ? peer : NULL;
}

bool leg_is_listened_to(const struct leg *leg)
{
	const struct leg *peer = hearer(leg);

	return !list_empty(&leg->ears) ||
	       (peer && !list_empty(&peer->overhearers));
}

static void hand_round(struct list *ears, const int16_t *pcm, size_t samples,
		       uint32_t rate_hz, int64_t now_ns)
{
	list_each (link, ears) {
		struct leg_ear *ear = list_of(link, struct leg_ear, link);

		ear->heard(ear, pcm, samples, rate_hz, now_ns);
	}
}

void leg_said(struct leg *leg, const int16_t *pcm, size_t samples,
	      uint32_t rate_hz, int64_t now_ns)
{
	struct leg *peer = hearer(leg);

	hand_round(&leg->ears, pcm, samples, rate_hz, now_ns);
	if (peer)
		leg_told(peer, pcm, samples, rate_hz, now_ns);
}

void leg_told(struct leg *leg, const int16_t *pcm, size_t samples,
	      uint32_t rate_hz, int64_t now_ns)
{
	hand_round(&leg->overhearers, pcm, samples, rate_hz, now_ns);
}

/* Whether 'peer' can be sent packets of this codec as they are, or nearly. */
static bool takes_packets(const struct leg *peer, enum codec codec)
{
	return peer->terms.send_pt[codec] != CODEC_PT_NONE ||
	       (codec <= CODEC_PCMA && peer->terms.codec <= CODEC_PCMA);
}

static bool is_transcoded(const struct leg *leg)
{
	const struct leg *peer = hearer(leg);

	return peer && leg->heard < CODEC_COUNT &&
	       peer->terms.codec < CODEC_COUNT &&
	       (!takes_packets(peer, leg->heard) || tap_carries(leg) ||
		(leg->pauses && !takes_packets(peer, CODEC_CN)));
}

/* What suits whoever hears it best, without resampling. */
static uint32_t hearers_rate(const struct leg *leg)
{
	uint32_t rate_hz = codec_rows[leg->heard].rate_hz;

	if (leg->transcoded)
		rate_hz =
			transcoder_rate_of(leg->heard, leg->peer->terms.codec);
	return rate_hz < SPEAKING_RATE_MAX ? rate_hz : SPEAKING_RATE_MAX;
}

static void review_hearing(struct leg *leg)
{
	bool transcoded = is_transcoded(leg);

	/* From packets of theirs to packets of ours, or back. */
	if (transcoded != leg->transcoded && leg->peer)
		stream_out_switch(&leg->peer->out);
	leg->transcoded = transcoded;
	if (leg->heard < CODEC_COUNT && (transcoded || leg_is_listened_to(leg)))
		(void)hearing_begin(leg, leg->heard, hearers_rate(leg));
	else
		hearing_end(leg);
}

void leg_hears_pause(struct leg *leg)
{
	if (leg->pauses)
		return;
	leg->pauses = true;
	leg_review(leg);
}

void leg_review(struct leg *leg)
{
	bool spoken_to = leg->source == LEG_TONE || leg->source == LEG_PLAYED;

	review_hearing(leg);
	if (spoken_to || !hearing_rests(leg) || press_busy(leg))
		tick_add(leg);
	else
		tick_remove(leg);
}

void leg_renew(struct leg *leg)
{
	enum codec codec = leg->terms.codec;

	leg->heard = codec;
	leg->pauses = false;
	speaking_end(leg);
	hearing_end(leg);
	tap_review(leg);
	leg_review(leg);
	if (leg->peer)
		leg_review(leg->peer);
}

bool leg_hears_codec(struct leg *leg, enum codec codec, int64_t now_ms)
{
	if (now_ms - leg->heard_ms < CODEC_CHANGE_MS)
		return false;
	leg->heard_ms = now_ms;
	leg->heard = codec;
	leg_review(leg);
	return true;
}

/* The next 20 ms of what is played to it. */
static void play_voice(struct leg *leg, int64_t now_ns)
{
	int16_t pcm[SPEAKING_SAMPLES_MAX];
	uint32_t rate_hz = speaking_rate(leg);
	size_t frame = rate_hz / 1000 * TICK_MS;
	size_t samples;

	if (leg->terms.codec == CODEC_NONE || !leg->voice)
		return; /* nobody is there yet to hear its beginning */
	samples = leg->voice->next(leg->voice, pcm, frame, rate_hz);
	if (samples > 0) {
		memset(pcm + samples, 0, (frame - samples) * sizeof(pcm[0]));
		speaking_say(leg, pcm, frame, rate_hz, now_ns);
		leg_told(leg, pcm, frame, rate_hz, now_ns);
	}
	if (samples < frame) {
		leg->voice_ended = true;
		leg_feed(leg, without_voice(leg));
	}
}

/* Who is spoken to by the leg's tick. */
static void fetch_peer(const struct leg *peer, unsigned step)
{
	if (step == 1) {
		cache_fetch(&peer->terms, CACHE_LINE);
		cache_fetch(&peer->latch, sizeof(peer->latch));
		cache_fetch(&peer->out, sizeof(peer->out));
		cache_fetch(&peer->sockets, sizeof(peer->sockets));
		cache_fetch(&peer->source, CACHE_LINE * 2);
	} else if (step > 1) {
		speaking_fetch(peer, step - 2);
	}
}

void leg_fetch(const struct leg *leg, unsigned step)
{
	if (step == 0) {
		cache_fetch(&leg->source, CACHE_LINE * 2);
		cache_fetch(&leg->ears, CACHE_LINE);
		return;
	}
	hearing_fetch(leg, step);
	if (leg->peer && leg->transcoded)
		fetch_peer(leg->peer, step);
}

void leg_tick(struct leg *leg, int64_t now_ns)
{
	press_tick(leg, now_ns);
	if (leg->source == LEG_TONE)
		tone_play(leg, now_ns);
	else if (leg->source == LEG_PLAYED)
		play_voice(leg, now_ns);
	if (!hearing_rests(leg))
		hearing_tick(leg, now_ns);
}

void leg_unbridge(struct leg *leg)
{
	struct leg *pair[] = {leg, leg->peer};

	pair[0]->peer = pair[1]->peer = NULL;
	press_up(pair[0]);
	press_up(pair[1]);
	for (int i = 0; i < 2; i++) {
		if (pair[i]->source == LEG_BRIDGED)
			leg_feed(pair[i], LEG_SILENT);
		leg_review(pair[i]);
	}
}

void leg_expect(struct leg *leg)
{
	leg->expected_ms = clock_mono_ms();
	leg->silence_told = false;
}

static void set_early(struct leg *leg, bool early)
{
	if (leg->early && !early)
		leg_expect(leg);
	leg->early = early;
}

void leg_bridge(struct leg *a, struct leg *b, bool early)
{
	assert(a != b);
	set_early(a, early);
	set_early(b, early);
	if (a->peer != b) {
		if (a->peer)
			leg_unbridge(a);
		if (b->peer)
			leg_unbridge(b);
		a->peer = b;
		b->peer = a;
		leg_expect(a);
		leg_expect(b);
	}
	leg_feed(a, LEG_BRIDGED);
	leg_feed(b, LEG_BRIDGED);
	leg_review(a);
	leg_review(b);
}

int64_t leg_silence_ms(const struct leg *leg, int64_t now_ms)
{
	/* Each packet moves this on: its time, within a burst's second. */
	int64_t since_ms = leg->rate_ns / NS_PER_MS;

	if (!leg->peer || leg->early || !leg->terms.hears || !leg->terms.sends)
		return 0;
	if (since_ms < leg->expected_ms)
		since_ms = leg->expected_ms;
	return now_ms > since_ms ? now_ms - since_ms : 0;
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
