/*
 * leg.h - a SIP leg: one INVITE and the dialog that may come of it.
 *
 * Contract: owned by sipgw.legs under its CallSid, from leg_new until
 * LEG_OVER's time is out. Its state changes in leg_enter() only, by the table
 * leg_states.def. Once over it holds no SIP objects and no record, only the
 * outcome that was said. Whoever waits for something outside keeps the CallSid,
 * not the pointer. Loop's thread.
 */
#pragma once

#include "lib/runtime/loop.h"
#include "proto/proto.h"
#include "services/sipgw/offer.h"
#include "services/sipgw/refer.h"
#include "services/sipgw/session.h"
#include "services/sipgw/slots.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct attempts;
struct auth;
struct sipgw;
struct forks;
struct redirects;
struct nta_leg_s;
struct nta_incoming_s;
struct nta_outgoing_s;

enum leg_state {
#define STATE(constant, word, next, limit_ms, expired, doc) constant,
#include "services/sipgw/leg_states.def"
#undef STATE
	LEG_STATES
};

struct leg {
	struct sipgw *gw;
	char id[35];   /* CallSid of the leg */
	char root[35]; /* CallSid of the call */
	char account_sid[65];
	bool inbound;
	enum leg_state state;
	struct loop_timer limit;
	struct loop_timer record;   /* when a waiting caller goes on record */
	struct loop_timer patience; /* how long he waits: his Expires */

	/* SIP. */
	enum sip_transport transport;
	char *call_id;
	char local_tag[36];
	char *local_uri; /* "<sip:…>", without tag */
	char *remote_uri;
	char *target; /* outbound: the Request-URI of the INVITE */
	struct sockaddr_storage peer; /* whom we hear from */
	uint32_t tls_link; /* over TLS: what carries the dialog (tls.h) */
	bool sips;         /* inbound: called with a sips: URI */
	struct nta_leg_s *dialog;
	struct nta_incoming_s *invite_in;
	int alert; /* 180 or 183 that the caller is to be told */
	struct nta_outgoing_s *invite_out;
	struct nta_outgoing_s *bye;
	bool bye_to_peer; /* BYE's second try */

	/* Outbound, until answered. */
	struct dial *dial;
	struct attempts *attempts; /* its addresses, and those tried */
	char host[256];            /* of its URI */
	uint32_t cseq;             /* of the INVITE */
	char branch[48];           /* of the INVITE */
	bool rung;                 /* 'ringing' was said */
	bool rung_sdp;             /* with an SDP */
	bool resumed;              /* the INVITE was sent before a restart */

	/* Inbound, after a restart: header lines of the INVITE. */
	char *outline;

	/* What its requests carry beside what nta writes (extra.h). */
	struct auth *auth;   /* outbound; NULL: no credentials */
	char *credentials;   /* the lines of the INVITE, for its ACK */
	char *lines;         /* of all ACK, BYE and CANCEL; NULL: none */
	char session_id[33]; /* the other side's half */

	/* Limits of its account. */
	bool counted;
	struct loop_timer longest;
	int64_t answered_ms; /* wall clock; 0: not yet */

	/* Session refreshes. */
	char *sdp;           /* ours, as last sent */
	char remote_sdp[65]; /* SHA-256 of theirs */

	/* The dialog's life. */
	struct session session;
	struct offer offer;
	struct refers refers;
	struct forks *forks;         /* until answered */
	struct redirects *redirects; /* once a 3xx came */

	/* How it ends, and what was said. */
	char key[SLOT_BYTES]; /* of its record in the bucket; "": none */
	bool cancelled;       /* its end is told as 'failed' */
	bool ends_confirmed;  /* inbound: BYE once the ACK came (RFC 3261 15) */
	enum leg_end end_by;
	int end_status;
	int end_error;
	char end_reason[129];
	struct header *end_headers; /* of the BYE, or of the 200 to ours */
	uint32_t end_header_count;
	const struct proto_message *said; /* the last outcome, … */
	void *said_message; /* … to be said again; NULL: 'ended' */
};

struct leg *leg_new(struct sipgw *gw, const char *id, const char *root,
		    const char *account_sid, bool inbound);
struct leg *leg_find(struct sipgw *gw, const char *id);
/* What bucket config says of its account, which may be the installation's
 * first; NULL: nothing. Borrowed until the loop's next turn. */
const struct account_config *leg_account(const struct leg *leg);
void leg_enter(struct leg *leg, enum leg_state state);
const char *leg_word(const struct leg *leg);
bool leg_is_over(const struct leg *leg);
/* Lets go of the SIP objects and the record, and enters LEG_OVER. The final
 * answer and the outcome have been said by then. */
void leg_over(struct leg *leg);
/* Frees a leg that is over. */
void leg_forget(struct leg *leg);
/* At the daemon's end: whatever state it is in, nothing is sent. */
void leg_drop_all(struct sipgw *gw);
