/*
 * early.h - commands that come too early: while the dialogs of before the start
 * are still being read, or before the INVITE that they are about has come
 * again.
 *
 * Contract: a handler asks early_hold() first; what is held is handed to it
 * again, in order: by early_release() once the sockets are open; by
 * early_appeared() when a caller's leg is there; EARLY_COPY_MS after the start
 * at the latest. At most EARLY_MAX; more are dropped and counted. Loop's
 * thread.
 */
#pragma once

#include "lib/runtime/talk.h"

#include <stdbool.h>

#define EARLY_MAX 10000
/* A caller without 100 Trying repeats his INVITE when he has waited as long
 * again as until now, and half a second (RFC 3261 17.1.1.2): this is enough for
 * 3.5 s without us. */
#define EARLY_COPY_MS 4000

struct sipgw;

/* True: it was put aside. 'leg' is the caller's that it is about; NULL: it is
 * about a callee's, which never comes by itself. */
bool early_hold(struct sipgw *gw, talk_fn *handler,
		const struct proto_message *desc,
		const struct envelope *envelope, const void *message,
		const char *leg);
/* The sockets are open. */
void early_release(struct sipgw *gw);
/* The leg of a caller is there: what was said about his call is done. */
void early_appeared(struct sipgw *gw, const char *call_sid);
/* At the daemon's end. */
void early_drop(struct sipgw *gw);
