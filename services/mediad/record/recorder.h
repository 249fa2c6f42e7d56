/*
 * recorder.h - one recording of one leg, from its first sample to its last.
 *
 * Contract: listens to what the leg's other side says (the first side of the
 * tape) and to what the leg is told (the second); writes one row of 16 bit
 * samples of RECORDER_WIDE_HZ where the leg's codec has as much, of
 * RECORDER_NARROW_HZ otherwise. It ends by recorder_end, or by itself: 'ended'
 * is called then, once, and the file is finished; the recorder stays until
 * recorder_free. The worker's thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>
#include <stdint.h>

#define RECORDER_NARROW_HZ 8000
#define RECORDER_WIDE_HZ 16000

struct leg;
struct recorder;
struct writer;

typedef void recorder_ended_fn(void *owner, enum record_end why);

/* 'owner' is the writer's news' owner, too. */
struct recorder *recorder_begin(struct leg *leg,
				const struct record_start *wanted,
				struct writer *writer, recorder_ended_fn *ended,
				void *owner);
void recorder_pause(struct recorder *recorder, bool paused, bool silent);
bool recorder_is_paused(const struct recorder *recorder);
/* A second end is none. */
void recorder_end(struct recorder *recorder, enum record_end why);
/* One that goes on is left: its file is not finished. NULL is fine. */
struct recorder *recorder_free(struct recorder *recorder);
