/*
 * recorder.c - ears that put what they hear on a tape, and what the tape gives
 * into the file. A timer looks at the tape for as long as nobody speaks.
 */
#include "services/mediad/record/recorder.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "services/mediad/codec/codec.h"
#include "services/mediad/codec/resampler.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/record/tape.h"
#include "services/mediad/record/voice.h"
#include "services/mediad/record/writer.h"

#include <stdlib.h>

#define LOOK_MS 100
#define NS_PER_MS 1000000
#define HEARD_MAX (TAPE_RATE_MAX / 1000 * TAPE_ROOM_MS / 2)

/* One side of the tape, and how it comes there. */
struct side {
	struct leg_ear ear;
	struct recorder *recorder;
	unsigned number;
	bool listens;
	uint32_t rate_hz; /* of what comes */
	struct resampler *resampler;
};

struct recorder {
	struct leg *leg; /* NULL: it is gone, or the recording is over */
	struct loop *loop;
	struct loop_timer look;
	recorder_ended_fn *ended;
	void *owner;
	struct writer_file *file; /* NULL: finished */
	struct side sides[TAPE_SIDES];
	struct tape tape;
	struct voice voice;
	bool trim, spoken; /* somebody has */
	int64_t max_ms, silence_ms;
	int64_t length_ms, quiet_ms;
	uint64_t put, keep; /* samples of all channels */
};

static int64_t now_ms(void)
{
	return clock_mono_ms();
}

/* --- from the tape into the file --- */

static void put_frame(struct recorder *recorder, const int16_t *pcm,
		      size_t samples)
{
	bool voice = voice_heard(&recorder->voice, pcm, samples);

	recorder->length_ms += TAPE_FRAME_MS;
	/* who is not listened to may be silent for as long as it takes */
	if (!recorder->tape.paused)
		recorder->quiet_ms =
			voice ? 0 : recorder->quiet_ms + TAPE_FRAME_MS;
	recorder->spoken = recorder->spoken || voice;
	if (recorder->trim && !recorder->spoken)
		return;
	writer_put(recorder->file, pcm, samples);
	recorder->put += samples;
	if (voice)
		recorder->keep = recorder->put;
}

static enum record_end over_by_itself(const struct recorder *recorder)
{
	if (writer_is_broken(recorder->file))
		return RECORD_END_FAILED;
	if (recorder->max_ms &&
	    recorder->length_ms + writer_found_ms(recorder->file) >=
		    recorder->max_ms)
		return RECORD_END_LENGTH;
	if (recorder->silence_ms && recorder->quiet_ms >= recorder->silence_ms)
		return RECORD_END_SILENCE;
	return RECORD_END_NONE;
}

static void drain(struct recorder *recorder)
{
	int16_t pcm[TAPE_SIDES * TAPE_FRAME_MAX];
	enum record_end why = RECORD_END_NONE;
	size_t samples;

	while (!why &&
	       (samples = tape_take(&recorder->tape, pcm, now_ms())) > 0) {
		put_frame(recorder, pcm, samples);
		why = over_by_itself(recorder);
	}
	if (why)
		recorder_end(recorder, why);
}

static void on_look(struct loop_timer *timer)
{
	struct recorder *recorder = timer->owner;

	loop_timer_start(recorder->loop, timer, LOOK_MS);
	if (writer_is_broken(recorder->file))
		recorder_end(recorder, RECORD_END_FAILED);
	else
		drain(recorder);
}

/* --- ears --- */

static void on_heard(struct leg_ear *ear, const int16_t *pcm, size_t samples,
		     uint32_t rate_hz, int64_t now_ns)
{
	struct side *side = list_of(ear, struct side, ear);
	struct recorder *recorder = side->recorder;
	int16_t heard[HEARD_MAX];

	if (side->rate_hz != rate_hz) {
		resampler_free(side->resampler);
		side->rate_hz = rate_hz;
		side->resampler =
			rate_hz == recorder->tape.rate
				? NULL
				: resampler_new(rate_hz, recorder->tape.rate);
	}
	if (side->resampler) {
		samples = resampler_run(side->resampler, pcm, samples, heard,
					HEARD_MAX);
		pcm = heard;
	}
	tape_put(&recorder->tape, side->number, pcm, samples,
		 now_ns / NS_PER_MS);
}

static void on_gone(struct leg_ear *ear)
{
	struct side *side = list_of(ear, struct side, ear);

	side->listens = false;
	recorder_end(side->recorder, RECORD_END_GONE);
}

static void attach(struct recorder *recorder, unsigned number,
		   void (*start)(struct leg *leg, struct leg_ear *ear))
{
	struct side *side = &recorder->sides[number];

	side->ear = (struct leg_ear){.heard = on_heard, .gone = on_gone};
	side->recorder = recorder;
	side->number = number;
	side->listens = true;
	start(recorder->leg, &side->ear);
}

static void end_listening(struct recorder *recorder)
{
	struct side *said = &recorder->sides[0], *told = &recorder->sides[1];

	if (said->listens)
		leg_listen_end(recorder->leg, &said->ear);
	if (told->listens)
		leg_overhear_end(recorder->leg, &told->ear);
	said->listens = told->listens = false;
	recorder->leg = NULL;
}

/* --- its life --- */

static uint32_t rate_of(const struct leg *leg)
{
	bool wide = leg->terms.codec != CODEC_NONE &&
		    codec_rows[leg->terms.codec].rate_hz >= RECORDER_WIDE_HZ;

	return wide ? RECORDER_WIDE_HZ : RECORDER_NARROW_HZ;
}

struct recorder *recorder_begin(struct leg *leg,
				const struct record_start *wanted,
				struct writer *writer, recorder_ended_fn *ended,
				void *owner)
{
	struct recorder *recorder = mem_new(1, sizeof(*recorder));
	bool both = wanted->track == TRACK_BOTH;
	bool dual = both && wanted->dual;
	uint32_t rate = rate_of(leg);

	recorder->leg = leg;
	recorder->loop = leg->media->loop;
	recorder->ended = ended;
	recorder->owner = owner;
	recorder->trim = wanted->trim;
	recorder->max_ms = wanted->max_ms;
	recorder->silence_ms = wanted->silence_ms;
	recorder->file = writer_open(writer, wanted->recording, rate,
				     dual ? 2 : 1, owner);
	tape_begin(&recorder->tape, rate, dual, now_ms());
	recorder->look = (struct loop_timer){.due = on_look, .owner = recorder};
	loop_timer_start(recorder->loop, &recorder->look, LOOK_MS);
	if (wanted->track != TRACK_OUTBOUND)
		attach(recorder, 0, leg_listen);
	if (wanted->track == TRACK_OUTBOUND || both)
		attach(recorder, 1, leg_overhear);
	return recorder;
}

void recorder_pause(struct recorder *recorder, bool paused, bool silent)
{
	if (!recorder->file)
		return;
	drain(recorder);
	if (paused)
		tape_pause(&recorder->tape, silent, now_ms());
	else
		tape_go_on(&recorder->tape, now_ms());
}

bool recorder_is_paused(const struct recorder *recorder)
{
	return recorder->tape.paused;
}

static void let_go(struct recorder *recorder)
{
	loop_timer_stop(recorder->loop, &recorder->look);
	end_listening(recorder);
	for (unsigned i = 0; i < TAPE_SIDES; i++)
		recorder->sides[i].resampler =
			resampler_free(recorder->sides[i].resampler);
	tape_end(&recorder->tape);
}

void recorder_end(struct recorder *recorder, enum record_end why)
{
	int16_t pcm[TAPE_SIDES * TAPE_FRAME_MAX];
	struct writer_file *file = recorder->file;
	size_t samples;

	if (!file)
		return;
	while (why != RECORD_END_LENGTH && why != RECORD_END_FAILED &&
	       (samples = tape_take_rest(&recorder->tape, pcm, now_ms())) > 0)
		put_frame(recorder, pcm, samples);
	recorder->file = NULL;
	let_go(recorder);
	writer_finish(file, recorder->trim ? recorder->keep : WRITER_KEEP_ALL);
	recorder->ended(recorder->owner, why);
}

struct recorder *recorder_free(struct recorder *recorder)
{
	if (recorder) {
		if (recorder->file)
			let_go(recorder);
		free(recorder);
	}
	return NULL;
}
