/*
 * library.h - the sounds that this mediad has decoded, for all its calls.
 *
 * Contract: lives on the bus's thread; library_want and library_return may be
 * called on any. A wish brings a player its clips, as they begin to come; the
 * clips are kept until the player is returned. A file is asked for again each
 * time, by its version; what is spoken stays what it is. All that is held is
 * bounded by VOXBUS_SOUND_MEMORY_MB: what nobody hears goes first, the least
 * recently used before the others; when everything is heard, a new sound fails.
 */
#pragma once

#include <stdint.h>

struct library;
struct library_wish;
struct player;
struct service;

struct library *library_new(struct service *service);
/* After all players were returned, and when the bus says no more. */
struct library *library_free(struct library *library);
/* Never NULL; the player stays the caller's until library_return. */
struct library_wish *library_want(struct library *library,
				  struct player *player, uint32_t rate_hz,
				  const char *account, const char *call);
/* Gives the player away: it is freed. */
void library_return(struct library_wish *wish);
