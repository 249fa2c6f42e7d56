/*
 * commands.h - what the interpreter asks of mediad, and what it is told.
 *
 * Contract: each command is idempotent by the leg that it names: a repeat is
 * answered with the leg's present state, and changes nothing. Its outcome's id
 * is derived from the command's, so that a repeat stands on record once. The
 * 'daemon' is the struct media that has the call. Its worker's thread.
 */
#pragma once

#include "proto/proto.h"

void commands_leg_open(void *daemon, const struct envelope *envelope,
		       const void *message);
void commands_bridge(void *daemon, const struct envelope *envelope,
		     const void *message);
void commands_leg_change(void *daemon, const struct envelope *envelope,
			 const void *message);
void commands_tone(void *daemon, const struct envelope *envelope,
		   const void *message);
void commands_leg_close(void *daemon, const struct envelope *envelope,
			const void *message);
