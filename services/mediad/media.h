/*
 * media.h - everything that one worker's media needs: ports, sessions, the
 * shared timers, counters.
 *
 * Contract: legs and sessions belong to one 'struct media' and touch nothing
 * outside it but the metrics and the pool of ports, so that several run side by
 * side, each on its own thread (crew.h). One thread at a time, but for what is
 * atomic.
 */
#pragma once

#include "lib/base/list.h"
#include "lib/runtime/loop.h"
#include "services/mediad/endpoint.h"
#include "services/mediad/hearing.h"
#include "services/mediad/socket.h"
#include "services/mediad/tally.h"
#include "services/mediad/tick.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct library;
struct map;
struct policy;
struct ports;
struct proto_message;
struct service;
struct settings;
struct talk_to;

#define MEDIA_WHEEL_SLOTS 8 /* of a second each */
#define MEDIA_ERROR_BYTES 256

/* What is told goes through here to the thread that has the bus. */
typedef void media_say_fn(void *owner, const struct talk_to *to,
			  const struct proto_message *desc,
			  const void *message);

struct media {
	/* Its names are read; NULL in tests of the media alone. */
	const struct service *service;
	media_say_fn *say; /* NULL: nobody is told anything */
	void *say_owner;
	atomic_bool draining; /* no new sessions */
	struct loop *loop;
	struct ports *ports;           /* shared by all workers … */
	struct policy *policy;         /* of encryption; shared likewise … */
	bool shares_ports;             /* … and another one's */
	struct endpoint bound;         /* port 0 */
	struct endpoint told;          /* what SDP says; port 0 */
	struct library *library;       /* of sounds; the bus's thread has it */
	struct map *sessions;          /* CallSid → struct session */
	struct recordings *recordings; /* NULL before the first one */
	atomic_size_t recordings_open; /* whose end is not told yet */
	atomic_size_t legs;
	size_t legs_max;
	size_t sessions_shown, legs_shown; /* in the gauges */
	bool finds_tones;   /* keys in the sound, where there are no events */
	int64_t silence_ms; /* that is too long for a phone; 0: none is */
	struct tally tally;
	/* Legs that are ticked, by the 2 ms in which they are. */
	struct list ticks[TICK_SLOTS];
	unsigned tick_count[TICK_SLOTS];
	unsigned tick_legs, tick_at;
	int64_t tick_due_ms; /* when the slot 'tick_at' is */
	struct loop_timer tick_timer;
	/* Legs by the second in which they are looked at next. */
	struct list wheel[MEDIA_WHEEL_SLOTS];
	unsigned wheel_at;
	struct loop_timer wheel_timer;
	struct socket_batch batch;
	int16_t heard[HEARING_ROOM]; /* hearing.c's, during one leg's tick */
};

/* NULL: 'error_out' (MEDIA_ERROR_BYTES) names the setting that is wrong. */
struct media *media_new(struct loop *loop, const struct settings *settings,
			char *error_out);
/* Another one like 'first', on the same ports. 'first' is to be freed last. */
struct media *media_new_beside(struct loop *loop, const struct media *first);
/* On the way to the interpreter; the message is copied. */
void media_say(struct media *media, const struct talk_to *to,
	       const struct proto_message *desc, const void *message);
/* Ends all sessions. */
struct media *media_free(struct media *media);
/* Brings the gauges up to date; after sessions, legs or ports changed. */
void media_gauges(struct media *media);
