/*
 * leg.h - one side of a call's media: a port pair, what its two SDPs agree on,
 * a stream in and a stream out.
 *
 * Contract: belongs to a session, from leg_open to leg_free. What it hears goes
 * to 'peer' when that one is fed by a bridge. A leg is fed by one source at a
 * time, and leg_feed is the only place that changes it. The loop's thread.
 */
#pragma once

#include "lib/base/list.h"
#include "lib/runtime/loop.h"
#include "proto/proto.h"
#include "services/mediad/digits/digits.h"
#include "services/mediad/handshake.h"
#include "services/mediad/latch.h"
#include "services/mediad/receive/quality.h"
#include "services/mediad/refusal.h"
#include "services/mediad/sdp/sdp_answer.h"
#include "services/mediad/secure/guard.h"
#include "services/mediad/socket.h"
#include "services/mediad/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearing;
struct media;
struct press;
struct prompt_run;
struct session;
struct speaking;
struct tap;
struct wave;

enum leg_source {
	LEG_SILENT,
	LEG_TONE,
	LEG_PLAYED, /* by 'voice' */
	LEG_BRIDGED
};

/*
 * Who needs as samples what a leg's other side says: a recorder, a detector.
 * Embedded in its owner; hears every 20 ms that were sent, and what concealment
 * makes of those that were lost; nothing while the other side sends nothing.
 */
struct leg_ear {
	struct list link;
	void (*heard)(struct leg_ear *ear, const int16_t *pcm, size_t samples,
		      uint32_t rate_hz, int64_t now_ns);
	void (*gone)(struct leg_ear *ear); /* the leg is; may be NULL */
};

/* What is played to a leg. Embedded in its owner. */
struct leg_voice {
	/* The next 'samples' of it, mono; fewer: its end. */
	size_t (*next)(struct leg_voice *voice, int16_t *pcm, size_t samples,
		       uint32_t rate_hz);
	/* It is not played any more: it has ended, or was replaced, or the leg
	 * is gone. Called once; may free the voice. */
	void (*over)(struct leg_voice *voice, bool ended);
};

struct leg {
	struct list link; /* in the session */
	struct session *session;
	struct media *media;
	char name[35];
	uint64_t number; /* of o=, and the CNAME */
	uint16_t port;
	char *sdp;           /* ours, as it was sent */
	uint64_t version;    /* of its o= */
	uint64_t remote_key; /* which SDP of theirs is in force; 0: none */
	uint64_t answer_key; /* which one answered the first offer; 0: none */
	struct endpoint source_host; /* of their SIP; none if unknown */
	struct socket_pair sockets;
	struct loop_watch rtp_watch, rtcp_watch;
	unsigned ptime_ms;        /* that our offers name; 0: the usual one */
	struct sdp_safety safety; /* what of encryption is allowed */
	/* the packet path's */
	struct sdp_terms terms;
	struct guard guard;
	struct handshake handshake;
	struct video *video; /* NULL: it has no pictures */
	int64_t proof_ns[2]; /* who has to prove a key: unknown, known */
	struct latch latch, rtcp_latch;
	struct stream_in in;
	struct stream_out out;
	uint32_t events_sent; /* packets of keys among them */
	enum leg_source source;
	struct leg *peer;
	enum codec heard;        /* what the other side sends at present */
	int64_t heard_ms;        /* since when */
	struct hearing *hearing; /* NULL: nobody needs samples of it */
	bool transcoded;         /* the peer is given those, not packets */
	bool pauses; /* its other side describes its pauses (CODEC_CN) */
	struct press *press; /* keys for the other side; NULL: never yet */
	struct tap *tap;     /* keys in its sound; NULL: not looked for */
	struct speaking *speaking; /* NULL: nothing was said as samples yet */
	bool early;                /* the bridge is of before the answer */
	int64_t rate_ns, rtcp_rate_ns; /* when the next packet is due at most */
	struct digits digits;
	struct loop_timer event_timer; /* digits/watch.c's */
	int64_t event_heard_ns;
	int64_t digits_rate_ns;
	unsigned told; /* events of this leg so far */
	uint32_t tone_frame;
	const struct wave *ring;   /* the tone that is played */
	struct leg_voice *voice;   /* NULL unless LEG_PLAYED */
	bool voice_ended;          /* by itself */
	struct prompt_run *prompt; /* sound/prompts.c's: the last one */
	struct list ears;
	struct list overhearers;
	bool ticks;
	unsigned tick_slot;
	struct list tick_link;
	uint32_t refused;
	uint32_t logged; /* bits of tally_refused that were logged */
	/* the reports' */
	struct list wheel_link;
	uint64_t heard_before;
	uint32_t sent_before;
	int64_t expected_ms; /* since when it should be heard */
	bool silence_told;
	struct quality quality;
	uint32_t ntp_middle;
	int64_t ntp_heard_ns;
};

/*
 * Opens what 'wanted' says in its role. NULL: 'why_out'. The name must not
 * exist in the session yet.
 */
struct leg *leg_open(struct session *session, const struct leg_media *wanted,
		     struct refusal *why_out);
/* Sockets closed, port at rest, the other side of its bridge unbridged. */
struct leg *leg_free(struct leg *leg);
/* Our description is this one from now on, which becomes the leg's. */
void leg_describe(struct leg *leg, char *sdp);
/* What our description of it begins with. */
struct sdp_self leg_self(const struct leg *leg);
void leg_feed(struct leg *leg, enum leg_source source);
/* Instead of what it heard; then what it would hear without it. */
void leg_play(struct leg *leg, struct leg_voice *voice);
/* Before its time, if there is one. */
void leg_play_end(struct leg *leg);
void leg_listen(struct leg *leg, struct leg_ear *ear);
void leg_listen_end(struct leg *leg, struct leg_ear *ear);
/* The same for what the leg itself is told: by a tone, a voice, or the other
 * side of its bridge. */
void leg_overhear(struct leg *leg, struct leg_ear *ear);
void leg_overhear_end(struct leg *leg, struct leg_ear *ear);
/* Whether somebody needs as samples what the other side says. */
bool leg_is_listened_to(const struct leg *leg);
/* Hands samples round: what the other side said, to its ears and to those that
 * overhear whom it speaks to; or what a tone or voice says to the leg. */
void leg_said(struct leg *leg, const int16_t *pcm, size_t samples,
	      uint32_t rate_hz, int64_t now_ns);
void leg_told(struct leg *leg, const int16_t *pcm, size_t samples,
	      uint32_t rate_hz, int64_t now_ns);
/* Whether it must be ticked, or its sound decoded, may have changed. */
void leg_review(struct leg *leg);
/* What was agreed has changed. */
void leg_renew(struct leg *leg);
/* The other side sends another of the codecs that were agreed. False: too soon
 * after the last change, the packet is of no use. */
bool leg_hears_codec(struct leg *leg, enum codec codec, int64_t now_ms);
/* A packet came that describes a pause: a peer that does not know such hears
 * its noise from now on. */
void leg_hears_pause(struct leg *leg);
/* It will be ticked soon: what for that is needed of memory is asked for, in
 * steps of which each reads what came of the one before (cache.h). */
void leg_fetch(const struct leg *leg, unsigned step);
/* 20 ms have passed; tick.h's. */
void leg_tick(struct leg *leg, int64_t now_ns);
/* Both hear each other; either leaves the bridge it was in. Not with itself.
 * 'early': one of them has not answered yet, and need not be heard. */
void leg_bridge(struct leg *a, struct leg *b, bool early);
/* From now on its silence counts anew. */
void leg_expect(struct leg *leg);
/* How long the other side has been silent that should speak: bridged, answered
 * and not on hold. 0: it need not. */
int64_t leg_silence_ms(const struct leg *leg, int64_t now_ms);
/* Each falls silent, unless a tone is played to it. */
void leg_unbridge(struct leg *leg);
void leg_stats(struct leg *leg, struct leg_stats *stats_out);
