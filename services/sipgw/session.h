/*
 * session.h - session timers (RFC 4028) of a leg, and our refreshes: UPDATE, or
 * a re-INVITE with the SDP that stands.
 *
 * Contract: asked and agreed here, kept in the leg's record, run while its
 * dialog stands. A session that nobody refreshes ends with BYE and error 64012.
 * Loop's thread.
 */
#pragma once

#include "lib/runtime/loop.h"
#include "services/sipgw/session_terms.h"
#include "services/sipgw/sofia.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct dialog;
struct sipgw;

struct session {
	struct session_terms terms;
	bool updates;     /* their Allow has UPDATE */
	unsigned raised;  /* how often a 422 was answered */
	int64_t began_ms; /* wall clock: last refreshed */
	struct loop_timer refresh;
	struct loop_timer end;
	struct nta_outgoing_s *request; /* our refresh, on its way */
};

#define SESSION_LINES_BYTES 160

/* A new leg. */
void session_init(struct leg *leg);
/* Too short an interval: true, and the header field of the 422. */
bool session_refusal(const struct sipgw *gw, const sip_t *sip, char *to,
		     size_t size);
/* Their INVITE, or a request in the dialog that will get a 2xx. */
void session_hear_request(struct leg *leg, const sip_t *sip);
/* Lines of our 2xx; 'to' has SESSION_LINES_BYTES. */
void session_reply_lines(const struct leg *leg, char *to);
/* Lines of our INVITE. */
void session_ask(struct leg *leg, struct buf *lines);
/* Their 2xx to our INVITE. */
void session_hear_answer(struct leg *leg, const sip_t *sip);
/* Their 422 to our INVITE. True: it is to be sent again. */
bool session_hear_refusal(struct leg *leg, const sip_t *sip);
/* The session was refreshed: its time begins anew. */
void session_begin(struct leg *leg);
/* A leg of before the restart stands again. */
void session_resume(struct leg *leg);
/* Our own re-INVITE waits for its answer. */
bool session_is_offering(const struct leg *leg);
/* A 200 to our re-INVITE that came again. True: it was one, and has its ACK. */
bool session_hear_again(struct leg *leg, const sip_t *sip);
/* The dialog is ending. */
void session_stop(struct leg *leg);
/* The leg is over: no SIP object is left. */
void session_release(struct leg *leg);

void session_write(const struct leg *leg, struct dialog *record);
void session_read(struct leg *leg, const struct dialog *record);
