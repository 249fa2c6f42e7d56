/*
 * agree.c - see agree.h. A change is tried on copies and then put in force in
 * one place, so that what is refused leaves no trace.
 */
#include "services/mediad/sdp/agree.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/str.h"
#include "proto/proto.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/secure/dtls.h"
#include "services/mediad/secure/policy.h"
#include "services/mediad/video.h"

#include <stdlib.h>
#include <string.h>

#define BAD_REQUEST 400
#define NOT_ACCEPTABLE 488
#define REQUEST_PENDING 491

uint64_t agree_key(const char *a, const char *b)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	uint64_t key;

	digest_hmac_sha256(a, strlen(a), b, strlen(b), digest);
	memcpy(&key, digest, sizeof(key));
	return key | 1;
}

static uint64_t remote_key(const char *remote)
{
	return agree_key("remote", remote);
}

bool agree_parse(const char *whose, const char *text, struct sdp *sdp_out,
		 struct refusal *why_out)
{
	char error[SDP_ERROR_BYTES];

	if (!text)
		return refusal_set(why_out, ERR_MEDIA_SDP, BAD_REQUEST,
				   "%s SDP is missing", whose);
	if (!sdp_parse(text, strlen(text), sdp_out, error))
		return refusal_set(why_out, ERR_MEDIA_SDP, BAD_REQUEST,
				   "%s SDP: %s", whose, error);
	return true;
}

static int family_of(const struct leg *leg)
{
	return endpoint_family(&leg->media->bound);
}

/* --- in force --- */

/*
 * Who spoke from where stays known as long as the other side names the same
 * address. 0.0.0.0 is no address but "hold": whoever comes back from it with
 * the address of before need not be learnt again.
 */
static void relatch(struct leg *leg, const struct sdp_terms *terms)
{
	const struct endpoint *stated = &terms->rtp;
	bool fresh = leg->latch.state == LATCH_SHUT;

	if (!fresh && endpoint_is_wild(stated))
		return;
	if (fresh || !endpoint_equal(stated, &leg->latch.stated)) {
		latch_open(&leg->latch, stated, &leg->source_host,
			   latch_may_be_nat(stated));
		stream_in_reset(&leg->in);
	}
	if (fresh || !endpoint_equal(&terms->rtcp, &leg->rtcp_latch.stated))
		latch_open(&leg->rtcp_latch, &terms->rtcp, &leg->source_host,
			   false);
}

/* New keys come with a new SSRC, whose count of packets begins with them on
 * both sides; theirs may go on with the one they have, or have begun anew. */
static void secure(struct leg *leg, const struct sdp_terms *terms,
		   const struct sdp *local, const struct sdp *theirs, bool late)
{
	struct suite_keys keys;

	if (terms->cipher != SDP_CIPHER_DTLS)
		handshake_stop(leg);
	if (terms->cipher == SDP_CIPHER_NONE)
		guard_lower(&leg->guard);
	if (terms->cipher != SDP_CIPHER_SDES)
		return;
	late = late || leg->guard.keys_id;
	if (!sdp_keys(local, theirs, &keys))
		return;
	if (guard_raise(&leg->guard, SDP_CIPHER_SDES, &keys, late))
		stream_out_renew(&leg->out);
	suite_wipe(&keys, sizeof(keys));
}

/* The certificate that our description promises is gone with the process that
 * had it. Unless that one's keys are known, DTLS cannot go on after a crash. */
static bool is_our_house(const struct leg *leg, const struct sdp_terms *terms,
			 const struct sdp *local, struct refusal *why_out)
{
	const struct dtls_house *house = policy_house(leg->media->policy);
	const struct sdp_media *ours = sdp_active(local);

	if (terms->cipher != SDP_CIPHER_DTLS || leg->handshake.kept)
		return true;
	return (house &&
		memcmp(dtls_house_fingerprint(house), ours->dtls.fingerprint,
		       SDP_FINGERPRINT_BYTES) == 0) ||
	       refusal_set(why_out, ERR_MEDIA_SECURE, NOT_ACCEPTABLE,
			   "the certificate that was agreed on was that of a "
			   "mediad which is gone");
}

/* The only place where the terms change. */
static void put_in_force(struct leg *leg, const struct sdp_terms *terms,
			 const char *remote)
{
	relatch(leg, terms);
	leg->terms = *terms;
	if (terms->codec < CODEC_COUNT)
		leg->in.clock_hz = leg->out.clock_hz = leg->digits.clock_hz =
			codec_rows[terms->codec].clock_hz;
	leg->remote_key = remote_key(remote);
	stream_out_switch(&leg->out);
	leg_renew(leg);
	leg_expect(leg);
	if (terms->cipher == SDP_CIPHER_DTLS)
		handshake_start(leg);
}

static bool agree(struct leg *leg, const struct sdp *local, const char *remote,
		  bool late, struct refusal *why_out)
{
	struct sdp_terms terms;
	struct sdp theirs;

	if (!agree_parse("the other side's", remote, &theirs, why_out) ||
	    !sdp_agree(local, &theirs, family_of(leg), &terms, why_out) ||
	    !is_our_house(leg, &terms, local, why_out))
		return false;
	secure(leg, &terms, local, &theirs, late);
	video_agree(leg, local, &theirs, late);
	put_in_force(leg, &terms, remote);
	return true;
}

bool agree_has(const struct leg *leg, const char *remote)
{
	uint64_t key = remote_key(remote);

	return leg->remote_key == key || leg->answer_key == key;
}

bool agree_answer(struct leg *leg, const char *remote, struct refusal *why_out)
{
	struct sdp local;

	if (remote && agree_has(leg, remote))
		return true;
	if (!agree_parse("our own", leg->sdp, &local, why_out) ||
	    !agree(leg, &local, remote, false, why_out))
		return false;
	leg->answer_key = leg->remote_key;
	return true;
}

bool agree_restored(struct leg *leg, const struct sdp *local,
		    const char *remote, struct refusal *why_out)
{
	leg->version = local->version ? local->version : 1;
	return !remote || agree(leg, local, remote, true, why_out);
}

/* --- changes --- */

static bool is_settled(const struct leg *leg, struct refusal *why_out)
{
	return leg->remote_key ||
	       refusal_set(why_out, ERR_MEDIA_SDP, REQUEST_PENDING,
			   "our first offer is not answered yet");
}

static struct sdp_self self_of(const struct leg *leg, const struct sdp *ours)
{
	const struct sdp_media *active = sdp_active(ours);
	struct sdp_self self = leg_self(leg);

	if (active)
		self.place = (unsigned)(active - ours->media);
	return self;
}

/* What a change writes: the same words as now, or new ones and a version. */
struct draft {
	struct sdp ours;
	struct buf text;
	uint64_t version;
};

typedef bool write_fn(const struct sdp_self *self, const struct draft *draft,
		      const struct sdp *theirs, struct buf *to,
		      struct refusal *why_out);

static bool write_answer(const struct sdp_self *self, const struct draft *draft,
			 const struct sdp *theirs, struct buf *to,
			 struct refusal *why_out)
{
	(void)draft;
	return sdp_write_answer(self, theirs, to, why_out);
}

static bool write_offer(const struct sdp_self *self, const struct draft *draft,
			const struct sdp *theirs, struct buf *to,
			struct refusal *why_out)
{
	(void)theirs;
	(void)why_out;
	sdp_write_reoffer(self, &draft->ours, to);
	return true;
}

/* 'draft' is to be given to draft_free in any case. */
static bool draft_make(const struct leg *leg, write_fn *write,
		       const struct sdp *theirs, struct draft *draft,
		       struct refusal *why_out)
{
	struct sdp_self self;

	draft->text = (struct buf)BUF_INIT(SDP_BYTES_MAX);
	if (!is_settled(leg, why_out) ||
	    !agree_parse("our own", leg->sdp, &draft->ours, why_out))
		return false;
	self = self_of(leg, &draft->ours);
	if (!write(&self, draft, theirs, &draft->text, why_out))
		return false;
	draft->version = self.version;
	if (str_equal(buf_text(&draft->text), leg->sdp))
		return true;
	draft->version = ++self.version;
	buf_clear(&draft->text);
	return write(&self, draft, theirs, &draft->text, why_out);
}

static void draft_free(struct draft *draft)
{
	buf_free(&draft->text);
}

/* Both descriptions of a change are there: they hold, or nothing does. */
static bool draft_take(struct leg *leg, struct draft *draft, const char *remote,
		       const struct sdp *theirs, struct refusal *why_out)
{
	struct sdp_terms terms;
	struct sdp local;

	if (draft->version == leg->version &&
	    leg->remote_key == remote_key(remote))
		return true; /* once more what is in force */
	if (!agree_parse("our own", buf_text(&draft->text), &local, why_out) ||
	    !sdp_agree(&local, theirs, family_of(leg), &terms, why_out))
		return false;
	secure(leg, &terms, &local, theirs, false);
	video_agree(leg, &local, theirs, false);
	leg_describe(leg, buf_take(&draft->text));
	leg->version = draft->version;
	put_in_force(leg, &terms, remote);
	return true;
}

/* What was agreed on with a certificate that is gone goes on as long as nobody
 * asks for another handshake; who does gets the certificate that we have. */
static void renew_house(struct leg *leg, const struct sdp *theirs)
{
	const struct sdp_media *ours, *offer = sdp_active(theirs);
	struct refusal why;
	struct sdp local;

	if (!leg->handshake.held || !offer ||
	    !agree_parse("our own", leg->sdp, &local, &why))
		return;
	ours = sdp_active(&local);
	if (ours &&
	    sdp_dtls_key(&ours->dtls, &offer->dtls) != leg->handshake.key)
		policy_renew(leg->media->policy, &leg->safety);
}

/* Their words, and ours that 'write' makes of them, come into force together.
 */
static bool change(struct leg *leg, write_fn *write, const char *remote,
		   struct refusal *why_out)
{
	struct draft draft;
	struct sdp theirs;
	bool good;

	if (!agree_parse("the other side's", remote, &theirs, why_out))
		return false;
	renew_house(leg, &theirs);
	good = draft_make(leg, write, &theirs, &draft, why_out) &&
	       draft_take(leg, &draft, remote, &theirs, why_out);
	draft_free(&draft);
	return good;
}

bool agree_offered(struct leg *leg, const char *offer, struct refusal *why_out)
{
	return change(leg, write_answer, offer, why_out);
}

bool agree_answered(struct leg *leg, const char *answer,
		    struct refusal *why_out)
{
	if (!leg->remote_key)
		return agree_answer(leg, answer, why_out);
	return change(leg, write_offer, answer, why_out);
}

bool agree_refreshed(struct leg *leg, const char *answer,
		     struct refusal *why_out)
{
	struct sdp local;

	if (!is_settled(leg, why_out) ||
	    !agree_parse("our own", leg->sdp, &local, why_out))
		return false;
	return leg->remote_key == remote_key(answer) ||
	       agree(leg, &local, answer, false, why_out);
}

bool agree_offer(const struct leg *leg, struct buf *to, struct refusal *why_out)
{
	struct draft draft;
	bool good = draft_make(leg, write_offer, NULL, &draft, why_out);

	if (good)
		buf_add_text(to, buf_text(&draft.text));
	draft_free(&draft);
	return good;
}
