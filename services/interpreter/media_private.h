/*
 * media_private.h - what the files share that talk with mediad for a call; what
 * others call of them is in call.h.
 *
 * media.c          what is asked of it: open, bridge, tone, close
 * media_heard.c    what it answers, and what that means for the call
 * media_restore.c  what is stated again when it comes back without memory
 */
#pragma once

#include "services/interpreter/call.h"

#define LEGS_OF(message)                                                       \
	(sizeof(((struct message *)NULL)->legs) /                              \
	 sizeof(((struct message *)NULL)->legs[0]))
#define OPEN_LEGS_MAX LEGS_OF(leg_open)
#define CLOSE_LEGS_MAX LEGS_OF(leg_close)

_Static_assert(OPEN_LEGS_MAX > DIALECT_SIPS_MAX,
	       "a caller and all that it dials are opened together");
_Static_assert(CLOSE_LEGS_MAX == CALL_LEGS_MAX,
	       "all of a call are closed together");

/* The mediad that has the call; "any" as long as none has. */
const char *media_target(const struct call *call);
/* How the leg is secured, said to mediad. */
void media_secure(const struct leg *leg, struct leg_media *media);
/* Of the one change that gives a leg its answer. */
void media_change_name(const struct leg *leg, char change_out[ID_BYTES]);
