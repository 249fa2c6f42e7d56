/*
 * commands.h - what the interpreter asks of mediad, and what it is told.
 *
 * Contract: each command is idempotent by the leg that it names: a repeat is
 * answered with the leg's present state, and changes nothing. Its outcome's id
 * is derived from the command's, so that a repeat stands on record once. The
 * 'daemon' is a struct media. The loop's thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>

struct service;

/* For service_shape. */
void *commands_start(struct service *service);
bool commands_drained(void *daemon);
bool commands_ready(void *daemon, char *reason, size_t size);
void commands_stop(void *daemon);

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
