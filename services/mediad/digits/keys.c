/*
 * keys.c - a row of presses, 20 ms by 20 ms.
 */
#include "services/mediad/digits/keys.h"

#include "services/mediad/rtp.h"

#include <string.h>

#define END_BIT 0x80
#define VOLUME 10 /* -10 dBm0 */
#define ENDS 3
#define SEGMENT_MAX 0xffff

static const char events[] = "0123456789*#ABCD";

static char upper(char key)
{
	return key >= 'a' && key <= 'd' ? (char)(key - 'a' + 'A') : key;
}

bool keys_is_key(char key)
{
	return key != 0 && (key == KEYS_PAUSE || strchr(events, upper(key)));
}

bool keys_press(struct keys *keys, char key, unsigned ms)
{
	unsigned at = (keys->head + keys->count) % KEYS_MAX;

	if (!keys_is_key(key) || keys->count == KEYS_MAX)
		return false;
	if (ms > 0 && ms < KEYS_LEAST_MS)
		ms = KEYS_LEAST_MS;
	if (ms > UINT16_MAX)
		ms = UINT16_MAX;
	keys->row[at].key = upper(key);
	keys->row[at].ms = (uint16_t)ms;
	keys->count++;
	return true;
}

/* The last one that is held: it may still wait for its turn. */
void keys_up(struct keys *keys)
{
	for (unsigned i = 0; i < keys->count; i++) {
		unsigned at = (keys->head + i) % KEYS_MAX;

		if (keys->row[at].ms > 0)
			continue;
		keys->row[at].ms = KEYS_LEAST_MS;
		if (i == 0 && keys->past_ms > KEYS_LEAST_MS)
			keys->row[at].ms = (uint16_t)keys->past_ms;
	}
}

bool keys_busy(const struct keys *keys)
{
	return keys->count > 0;
}

static void write_event(struct keys *keys, struct keys_step *step, bool end)
{
	step->event[0] = (uint8_t)(strchr(events, step->key) - events);
	step->event[1] = (uint8_t)((end ? END_BIT : 0) | VOLUME);
	rtp_write16(step->event + 2, (uint16_t)keys->duration);
	step->timestamp = keys->segment;
}

/* 20 ms more; a full segment is left for another. */
static void grow(struct keys *keys, uint32_t clock_hz, struct keys_step *step)
{
	uint32_t by = clock_hz / 1000 * KEYS_TICK_MS;

	if (keys->duration + by > SEGMENT_MAX) {
		keys->segment += keys->duration;
		keys->duration = 0;
	}
	step->segment_first = keys->duration == 0;
	keys->duration += by;
}

static void begin(struct keys *keys)
{
	keys->ends = 0;
	keys->segment = keys->duration = 0;
}

static void go_on(struct keys *keys)
{
	keys->head = (keys->head + 1) % KEYS_MAX;
	keys->count--;
	keys->past_ms = 0;
}

enum keys_turn keys_next(struct keys *keys, uint32_t clock_hz,
			 struct keys_step *step_out)
{
	uint32_t ms, past = keys->past_ms;
	bool last;

	memset(step_out, 0, sizeof(*step_out));
	if (keys->count == 0)
		return KEYS_NOTHING;
	ms = keys->row[keys->head].ms;
	if (ms == 0)
		ms = KEYS_HELD_MS_MAX;
	step_out->key = keys->row[keys->head].key;
	step_out->first = past == 0;
	step_out->sound_ms = past;
	if (past == 0)
		begin(keys);
	keys->past_ms += KEYS_TICK_MS;
	if (step_out->key == KEYS_PAUSE) {
		if (keys->past_ms >= ms)
			go_on(keys);
		return KEYS_SILENCE;
	}
	if (past < ms) {
		last = keys->past_ms >= ms;
		grow(keys, clock_hz, step_out);
		write_event(keys, step_out, last);
		keys->ends += last;
		return KEYS_SOUND;
	}
	if (past + KEYS_TICK_MS >= ms + KEYS_GAP_MS)
		go_on(keys);
	if (keys->ends >= ENDS)
		return KEYS_SILENCE;
	keys->ends++;
	write_event(keys, step_out, true);
	return KEYS_END;
}
