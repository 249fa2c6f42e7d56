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

#define OPEN_LEGS_MAX 12 /* of leg_open */

/* The mediad that has the call; "any" as long as none has. */
const char *media_target(const struct call *call);
/* How the leg is secured, said to mediad. */
void media_secure(const struct leg *leg, struct leg_media *media);
/* Of the one change that gives a leg its answer. */
void media_change_name(const struct leg *leg, char change_out[ID_BYTES]);
