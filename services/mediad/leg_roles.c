/*
 * leg_roles.c - a port pair of the pool's, then the words of offer and answer.
 */
#include "services/mediad/leg_roles.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/mediad/media.h"
#include "services/mediad/ports.h"
#include "services/mediad/sdp/agree.h"
#include "services/mediad/session.h"
#include "services/mediad/video.h"

#include <errno.h>
#include <string.h>

#define BIND_TRIES 32
#define NOT_ACCEPTABLE 488
#define UNAVAILABLE 503

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

/* --- the three roles --- */

/* Nobody reaches the address that their SDP names; they reach us. */
static bool is_behind_nat(const struct leg *leg, const struct sdp *offer)
{
	const struct sdp_media *theirs = sdp_active(offer);

	return theirs && theirs->host.kind == SDP_HOST_NUMERIC &&
	       endpoint_family(&leg->source_host) != AF_UNSPEC &&
	       latch_may_be_nat(&theirs->host.at) &&
	       !endpoint_same_host(&theirs->host.at, &leg->source_host);
}

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
	leg->safety.waits = is_behind_nat(leg, &offer);
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

bool leg_roles_open(struct leg *leg, const struct leg_media *wanted,
		    struct refusal *why_out)
{
	size_t roles = sizeof(open_fns) / sizeof(open_fns[0]);

	if (wanted->role <= 0 || (size_t)wanted->role >= roles)
		return refusal_set(why_out, ERR_INTERNAL, UNAVAILABLE,
				   "no role");
	return open_fns[wanted->role](leg, wanted, why_out);
}
