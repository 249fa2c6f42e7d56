/*
 * commands.c - messages in, calls of session.h and leg.h, outcomes out.
 */
#include "services/mediad/commands.h"

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/mediad/sdp/agree.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/receive/report.h"
#include "services/mediad/session.h"
#include "services/mediad/wave.h"

#include <string.h>

#define SERVER_ERROR 500
#define UNAVAILABLE 503

METRIC_COUNTER(legs_opened, "media_legs_opened_total", "",
	       "Legs that were given their media.")
METRIC_COUNTER(refused_sdp, "media_legs_refused_total", "reason=\"sdp\"",
	       "Legs that were refused.")
METRIC_COUNTER(refused_codec, "media_legs_refused_total", "reason=\"codec\"",
	       "Legs that were refused.")
METRIC_COUNTER(refused_ports, "media_legs_refused_total", "reason=\"ports\"",
	       "Legs that were refused.")
METRIC_COUNTER(refused_other, "media_legs_refused_total", "reason=\"other\"",
	       "Legs that were refused.")

METRIC_COUNTER(changes, "media_changes_total", "outcome=\"held\"",
	       "Offers and answers inside of dialogs.")
METRIC_COUNTER(changes_refused, "media_changes_total", "outcome=\"refused\"",
	       "Offers and answers inside of dialogs.")

static void count_refusal(int code)
{
	static const struct {
		int code;
		struct metric *metric;
	} rows[] = {
		{ERR_MEDIA_SDP, &refused_sdp},
		{ERR_MEDIA_CODEC, &refused_codec},
		{ERR_CODECS, &refused_codec},
		{ERR_MEDIA_PORTS, &refused_ports},
	};
	struct metric *metric = &refused_other;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == code)
			metric = rows[i].metric;
	metric_add(metric, 1);
}

/*
 * The outcome of a command. This process' name is in the id: after a crash the
 * same command has another outcome, and that must not pass for a repeat.
 */
static void tell(struct media *media, const struct envelope *envelope,
		 const struct proto_message *desc, const void *message,
		 int error)
{
	char word[16], id[ID_BYTES];
	struct talk_to to = {.call_sid = envelope->call_sid,
			     .account_sid = envelope->account_sid,
			     .id = id};

	str_format(word, sizeof(word), "%d", error);
	id_keyed("ME", media->service->boot, envelope->id, desc->name, word,
		 id);
	media_say(media, &to, desc, message);
}

/* --- leg_open --- */

static bool may_open(struct media *media, const struct envelope *envelope,
		     const struct session *session, struct refusal *why_out)
{
	if (talk_is_late(&leg_open_message, envelope))
		return refusal_set(why_out, ERR_LATE, UNAVAILABLE,
				   "the command is older than %d s",
				   (int)(leg_open_message.deadline_ms / 1000));
	if (!session && media->draining)
		return refusal_set(why_out, ERR_OVERLOAD, UNAVAILABLE,
				   "this mediad takes no new calls: it is "
				   "being stopped");
	return true;
}

/* A leg that is there already is answered as it is; only an answer to its
 * offer can be new. */
static bool take_again(struct leg *leg, const struct leg_media *wanted,
		       struct refusal *why_out)
{
	if (wanted->role != LEG_ROLE_OFFER || !wanted->remote)
		return true;
	return agree_answer(leg, wanted->remote, why_out);
}

static void put_refusal(const struct envelope *envelope,
			const struct refusal *why, struct leg_sdp *told)
{
	told->error = why->code;
	told->status = why->status;
	str_copy(told->error_text, sizeof(told->error_text), why->text);
	count_refusal(why->code);
	log_warn(envelope->call_sid, why->code, "leg %s refused: %s", told->leg,
		 why->text);
}

static void open_one(struct media *media, const struct envelope *envelope,
		     const struct leg_media *wanted, struct leg_sdp *told)
{
	struct session *session = session_find(media, envelope->call_sid);
	struct leg *leg = session_leg(session, wanted->leg);
	struct refusal why;
	bool good;

	str_copy(told->leg, sizeof(told->leg), wanted->leg);
	if (leg) {
		good = take_again(leg, wanted, &why);
	} else if ((good = may_open(media, envelope, session, &why))) {
		if (!session)
			session = session_new(media, envelope->call_sid,
					      envelope->account_sid);
		leg = leg_open(session, wanted, &why);
		good = leg != NULL;
		metric_add(&legs_opened, good);
		if (session->leg_count == 0)
			session_free(session);
	}
	if (good)
		proto_set_long(&told->sdp, leg->sdp);
	else
		put_refusal(envelope, &why, told);
}

static void change_tone(struct leg *leg, int kind, const char *country)
{
	if (kind == TONE_RINGBACK) {
		leg->ring = wave_of(country);
		leg_feed(leg, LEG_TONE);
	} else if (leg->source == LEG_TONE) {
		leg_feed(leg, leg->peer ? LEG_BRIDGED : LEG_SILENT);
	}
}

/* The state around the legs that the interpreter's record says. A leg that
 * could not be restored has its error in leg_opened; the others go on. */
static void restore(struct media *media, const struct envelope *envelope,
		    const struct leg_open *open)
{
	struct session *session = session_find(media, envelope->call_sid);
	struct leg *a = session_leg(session, open->bridge_a);
	struct leg *b = session_leg(session, open->bridge_b);
	struct leg *hears = session_leg(session, open->tone_leg);

	if (a && b && a != b)
		leg_bridge(a, b, open->early);
	if (hears && open->tone)
		change_tone(hears, open->tone, open->tone_country);
}

void commands_leg_open(void *daemon, const struct envelope *envelope,
		       const void *message)
{
	struct media *media = daemon;
	const struct leg_open *open = message;
	struct leg_opened opened;
	int error = 0;

	memset(&opened, 0, sizeof(opened));
	str_copy(opened.mediad, sizeof(opened.mediad),
		 media->service->instance);
	str_copy(opened.boot, sizeof(opened.boot), media->service->boot);
	for (uint32_t i = 0; i < open->legs_count; i++) {
		open_one(media, envelope, &open->legs[i], &opened.legs[i]);
		error = error ? error : (int)opened.legs[i].error;
	}
	opened.legs_count = open->legs_count;
	restore(media, envelope, open);
	media_gauges(media);
	tell(media, envelope, &leg_opened_message, &opened, error);
	proto_clear(&leg_opened_message, &opened);
}

/* --- bridge --- */

static bool is_bridged(const struct leg *a, const struct leg *b,
		       const struct leg *answered, const struct bridge *bridge)
{
	return a->peer == b && a->source == LEG_BRIDGED &&
	       b->source == LEG_BRIDGED && a->early == bridge->early &&
	       (!bridge->answer ||
		(answered && agree_has(answered, bridge->answer)));
}

static bool bridge_them(struct media *media, const struct envelope *envelope,
			const struct bridge *bridge, struct refusal *why_out)
{
	struct session *session = session_find(media, envelope->call_sid);
	struct leg *a = session_leg(session, bridge->a);
	struct leg *b = session_leg(session, bridge->b);
	struct leg *answered = session_leg(session, bridge->answer_leg);

	if (!a || !b || a == b || (bridge->answer && !answered))
		return refusal_set(why_out, ERR_MEDIA_UNKNOWN, 0,
				   "no two such legs here: %s and %s",
				   bridge->a, bridge->b);
	if (bridge->apart) {
		if (a->peer == b)
			leg_unbridge(a);
		return true;
	}
	if (is_bridged(a, b, answered, bridge))
		return true;
	if (talk_is_late(&bridge_message, envelope))
		return refusal_set(why_out, ERR_LATE, 0,
				   "the command is older than %d s",
				   (int)(bridge_message.deadline_ms / 1000));
	if (bridge->answer && !agree_answer(answered, bridge->answer, why_out))
		return false;
	leg_bridge(a, b, bridge->early);
	return true;
}

void commands_bridge(void *daemon, const struct envelope *envelope,
		     const void *message)
{
	struct media *media = daemon;
	const struct bridge *bridge = message;
	struct bridged bridged;
	struct refusal why;

	memset(&bridged, 0, sizeof(bridged));
	str_copy(bridged.a, sizeof(bridged.a), bridge->a);
	str_copy(bridged.b, sizeof(bridged.b), bridge->b);
	bridged.early = bridge->early;
	if (!bridge_them(media, envelope, bridge, &why)) {
		bridged.error = why.code;
		str_copy(bridged.error_text, sizeof(bridged.error_text),
			 why.text);
		log_warn(envelope->call_sid, why.code, "not bridged: %s",
			 why.text);
	}
	tell(media, envelope, &bridged_message, &bridged, (int)bridged.error);
}

/* --- leg_change --- */

static bool change_late(const struct envelope *envelope,
			struct refusal *why_out)
{
	return talk_is_late(&leg_change_message, envelope) &&
	       !refusal_set(why_out, ERR_LATE, SERVER_ERROR,
			    "the command is older than %d s",
			    (int)(leg_change_message.deadline_ms / 1000));
}

/* Each of the three: their offer, their answer, or their wish for an offer. */
static bool change_leg(struct media *media, const struct envelope *envelope,
		       const struct leg_change *change, struct buf *sdp,
		       struct refusal *why_out)
{
	struct session *session = session_find(media, envelope->call_sid);
	struct leg *leg = session_leg(session, change->leg);

	if (!leg)
		return refusal_set(why_out, ERR_MEDIA_UNKNOWN, SERVER_ERROR,
				   "no such leg here: %s", change->leg);
	if (change_late(envelope, why_out))
		return false;
	if (change->answer && change->refreshed)
		return agree_refreshed(leg, change->answer, why_out);
	if (change->answer)
		return agree_answered(leg, change->answer, why_out);
	if (!change->offer)
		return agree_offer(leg, sdp, why_out);
	if (!agree_offered(leg, change->offer, why_out))
		return false;
	buf_add_text(sdp, leg->sdp);
	return true;
}

void commands_leg_change(void *daemon, const struct envelope *envelope,
			 const void *message)
{
	struct buf sdp = BUF_INIT(SDP_BYTES_MAX);
	struct media *media = daemon;
	const struct leg_change *change = message;
	struct leg_changed changed;
	struct refusal why;

	memset(&changed, 0, sizeof(changed));
	str_copy(changed.leg, sizeof(changed.leg), change->leg);
	str_copy(changed.change, sizeof(changed.change), change->change);
	if (!change_leg(media, envelope, change, &sdp, &why)) {
		metric_add(&changes_refused, 1);
		changed.error = why.code;
		changed.status = why.status;
		str_copy(changed.error_text, sizeof(changed.error_text),
			 why.text);
		log_warn(envelope->call_sid, why.code,
			 "leg %s: change refused: %s", change->leg, why.text);
	} else {
		metric_add(&changes, 1);
		if (!change->answer)
			changed.sdp = buf_take(&sdp);
	}
	tell(media, envelope, &leg_changed_message, &changed,
	     (int)changed.error);
	proto_clear(&leg_changed_message, &changed);
	buf_free(&sdp);
}

/* --- tone --- */

static int kind_now(const struct leg *leg)
{
	return leg && leg->source == LEG_TONE ? TONE_RINGBACK : TONE_SILENCE;
}

void commands_tone(void *daemon, const struct envelope *envelope,
		   const void *message)
{
	struct media *media = daemon;
	const struct tone *tone = message;
	struct session *session = session_find(media, envelope->call_sid);
	struct leg *leg = session_leg(session, tone->leg);
	struct tone_changed changed;

	memset(&changed, 0, sizeof(changed));
	str_copy(changed.leg, sizeof(changed.leg), tone->leg);
	if (!leg)
		changed.error = ERR_MEDIA_UNKNOWN;
	else if (!talk_is_late(&tone_message, envelope))
		change_tone(leg, tone->kind, tone->country);
	else if (kind_now(leg) != tone->kind)
		changed.error = ERR_LATE;
	changed.kind = kind_now(leg);
	/* That it plays is told to nobody: a bridge or a prompt follows, and
	 * until then the interpreter asks again when we come back. */
	if (changed.error)
		tell(media, envelope, &tone_changed_message, &changed,
		     (int)changed.error);
}

/* --- leg_close --- */

static void close_one(struct session *session, const char *name,
		      struct leg_stats *stats)
{
	struct leg *leg = session_leg(session, name);

	if (!leg) {
		str_copy(stats->leg, sizeof(stats->leg), name);
		return;
	}
	leg_stats(leg, stats);
	report_over(stats);
	log_info(session->call_sid,
		 "leg %s: media closed, %s, peer %s, in %lld, out %lld, lost "
		 "%lld, late %lld, refused %lld, MOS %lld.%02lld",
		 name, stats->codec, stats->peer, (long long)stats->packets_in,
		 (long long)stats->packets_out, (long long)stats->packets_lost,
		 (long long)stats->packets_late,
		 (long long)stats->packets_refused,
		 (long long)stats->mos_hundredths / 100,
		 (long long)stats->mos_hundredths % 100);
	leg_free(leg);
}

void commands_leg_close(void *daemon, const struct envelope *envelope,
			const void *message)
{
	struct media *media = daemon;
	const struct leg_close *close = message;
	struct session *session = session_find(media, envelope->call_sid);
	struct leg_closed closed;

	memset(&closed, 0, sizeof(closed));
	for (uint32_t i = 0; i < close->legs_count; i++)
		close_one(session, close->legs[i].leg, &closed.legs[i]);
	closed.legs_count = close->legs_count;
	if (session && session->leg_count == 0)
		session_free(session);
	media_gauges(media);
	tell(media, envelope, &leg_closed_message, &closed, 0);
}
