/*
 * media.h - everything that one loop's media needs: ports, sessions, the shared
 * timers, counters.
 *
 * Contract: legs and sessions belong to one 'struct media' and touch nothing
 * outside it but the metrics, so that several may run side by side, each on its
 * own thread with a share of the ports. One thread at a time.
 */
#pragma once

#include "lib/base/list.h"
#include "lib/runtime/loop.h"
#include "services/mediad/endpoint.h"
#include "services/mediad/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map;
struct ports;
struct service;
struct settings;

#define MEDIA_WHEEL_SLOTS 8 /* of a second each */
#define MEDIA_ERROR_BYTES 256
#define MEDIA_PACKET_BYTES 2048

struct media {
	struct service *service; /* NULL in tests of the media alone */
	struct loop *loop;
	struct ports *ports;
	struct endpoint bound; /* port 0 */
	struct endpoint told;  /* what SDP says; port 0 */
	struct map *sessions;  /* CallSid → struct session */
	size_t legs, legs_max;
	int64_t silence_ms; /* that is too long for a phone; 0: none is */
	struct tally tally;
	/* Legs that hear a tone, and the one timer for all of them. */
	struct list tones;
	struct loop_timer tone_timer;
	int64_t tone_due_ms;
	/* Legs by the second in which they are looked at next. */
	struct list wheel[MEDIA_WHEEL_SLOTS];
	unsigned wheel_at;
	struct loop_timer wheel_timer;
	uint8_t packet[MEDIA_PACKET_BYTES];
};

/* NULL: 'error_out' (MEDIA_ERROR_BYTES) names the setting that is wrong. */
struct media *media_new(struct loop *loop, const struct settings *settings,
			char *error_out);
/* Ends all sessions. */
struct media *media_free(struct media *media);
/* Brings the gauges up to date; after sessions, legs or ports changed. */
void media_gauges(const struct media *media);
