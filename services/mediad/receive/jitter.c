/*
 * jitter.c - slots by sequence number; a packet is due when it has waited as
 * long as delay.c wants, and from then on packet follows packet.
 *
 * The one quantity that decides is a packet's lag: how much later than the
 * fastest packet of late it would be heard if it were played now. A stall, DTX,
 * and a loss with nothing behind it all end in the same state: nothing plays,
 * and the next packet is due when its lag is what is wanted, or what it was
 * before if a longer wait would be heard.
 */
#include "services/mediad/receive/jitter.h"

#include "lib/base/cache.h"

#include <string.h>

#define NS_PER_US 1000
#define US_PER_SECOND 1000000
#define US_PER_MS 1000
#define FIRST_STEP_MS 20
#define SLACK_US 10000 /* above it, too much */
#define TICK_US 20000  /* a packet may be played that much after it is due */
#define HEAVY_US 2000000
#define HEAVY_AGAIN_US 500000
#define PAUSE_US 100000 /* without a packet: what was said is over */

static int64_t to_us(const struct jitter *jitter, int64_t time)
{
	return time * US_PER_SECOND / jitter->clock_hz;
}

static struct jitter_slot *slot_of(struct jitter *jitter, int64_t sequence)
{
	return &jitter->slots[(uint64_t)sequence % JITTER_PACKETS_MAX];
}

static void empty(struct jitter *jitter)
{
	for (unsigned i = 0; i < JITTER_PACKETS_MAX; i++)
		jitter->slots[i].used = false;
	jitter->count = 0;
	jitter->playing = jitter->played = false;
	jitter->pause = true;
	jitter->heavy_us = 0;
	shelf_clear(&jitter->shelf);
}

void jitter_init(struct jitter *jitter, uint32_t clock_hz)
{
	memset(&jitter->counts, 0, sizeof(jitter->counts));
	memset(&jitter->shelf, 0, sizeof(jitter->shelf));
	delay_init(&jitter->delay);
	jitter_restart(jitter, clock_hz);
}

void jitter_free(struct jitter *jitter)
{
	shelf_free(&jitter->shelf);
}

void jitter_restart(struct jitter *jitter, uint32_t clock_hz)
{
	empty(jitter);
	jitter->started = false;
	jitter->clock_hz = clock_hz;
	jitter->step = clock_hz / 1000 * FIRST_STEP_MS;
	delay_restart(&jitter->delay);
}

uint32_t jitter_step(const struct jitter *jitter)
{
	return jitter->step;
}

/* --- what waits --- */

static bool has_heard(const struct jitter *jitter, int64_t sequence)
{
	int64_t ago = jitter->newest - sequence;

	return ago >= 0 && ago < 64 && jitter->heard >> ago & 1;
}

static void drop(struct jitter *jitter, struct jitter_slot *slot)
{
	shelf_drop(&jitter->shelf, slot->place, slot->size);
	slot->used = false;
	jitter->count--;
}

/* The first that waits; NULL: none does. */
static struct jitter_slot *front(struct jitter *jitter)
{
	int64_t sequence = jitter->newest - JITTER_PACKETS_MAX + 1;

	if (jitter->count == 0)
		return NULL;
	if (jitter->played && jitter->next > sequence)
		sequence = jitter->next;
	for (; sequence <= jitter->newest; sequence++) {
		struct jitter_slot *slot = slot_of(jitter, sequence);

		if (slot->used && slot->sequence == sequence)
			return slot;
	}
	return NULL;
}

/* What came before a packet that is left out, or was played, is over too. */
static void go_past(struct jitter *jitter, const struct jitter_slot *slot)
{
	jitter->next = slot->sequence + 1;
	jitter->next_time = slot->time + jitter->step;
	jitter->played = true;
}

/* False: there is none. */
static bool flush_oldest(struct jitter *jitter)
{
	struct jitter_slot *slot = front(jitter);

	if (!slot)
		return false;
	go_past(jitter, slot);
	drop(jitter, slot);
	jitter->playing = false;
	jitter->counts.flushed++;
	return true;
}

static int64_t held_us(struct jitter *jitter)
{
	const struct jitter_slot *slot = front(jitter);

	if (!slot)
		return 0;
	return to_us(jitter, jitter->newest_time + jitter->step - slot->time);
}

static void keep_bounds(struct jitter *jitter)
{
	int64_t us;

	while ((us = held_us(jitter)) > JITTER_MS_MAX * US_PER_MS)
		flush_oldest(jitter);
	if (us / US_PER_MS > jitter->counts.most_ms)
		jitter->counts.most_ms = (uint32_t)(us / US_PER_MS);
}

/* --- in --- */

static void begin(struct jitter *jitter, const struct rtp_packet *packet)
{
	empty(jitter);
	jitter->started = true;
	/* Far from 0, so that what came before it has a number too. */
	jitter->newest = (int64_t)packet->sequence + (1LL << 32);
	jitter->newest_time = (int64_t)packet->timestamp + (1LL << 34);
	jitter->heard = 0;
}

static int64_t unwrap_sequence(const struct jitter *jitter, uint16_t sequence)
{
	uint16_t ahead = (uint16_t)(sequence - (uint16_t)jitter->newest);

	return jitter->newest + (int16_t)ahead;
}

static int64_t unwrap_time(const struct jitter *jitter, uint32_t timestamp)
{
	uint32_t ahead = timestamp - (uint32_t)jitter->newest_time;

	return jitter->newest_time + (int32_t)ahead;
}

static void mark_heard(struct jitter *jitter, int64_t sequence)
{
	int64_t ahead = sequence - jitter->newest;

	if (ahead > 0) {
		jitter->heard = ahead < 64 ? jitter->heard << ahead : 0;
		jitter->newest = sequence;
		ahead = 0;
	}
	if (ahead > -64)
		jitter->heard |= 1ull << -ahead;
}

static void resync(struct jitter *jitter, const struct rtp_packet *packet)
{
	jitter->counts.resyncs++;
	begin(jitter, packet);
	mark_heard(jitter, jitter->newest);
}

/* Room is made at the old end, maybe beyond the packet's own place. */
static bool find_place(struct jitter *jitter, struct jitter_slot *slot,
		       const struct rtp_packet *packet, int64_t sequence)
{
	while (!shelf_put(&jitter->shelf, packet->payload, packet->size,
			  &slot->place))
		if (!flush_oldest(jitter))
			return false;
	if (!jitter->played || sequence >= jitter->next)
		return true;
	shelf_drop(&jitter->shelf, slot->place, packet->size);
	jitter->counts.late++;
	return false;
}

static bool store(struct jitter *jitter, const struct rtp_packet *packet,
		  int64_t sequence, int64_t time)
{
	struct jitter_slot *slot = slot_of(jitter, sequence);

	if (!find_place(jitter, slot, packet, sequence))
		return false;
	slot->used = true;
	slot->sequence = sequence;
	slot->time = time;
	slot->size = (uint16_t)packet->size;
	slot->pt = packet->pt;
	slot->marker = packet->marker;
	jitter->count++;
	return true;
}

/* Slots of more than 64 packets ago must not be met again. */
static void drop_passed(struct jitter *jitter, int64_t sequence)
{
	const struct jitter_slot *slot;

	while ((slot = front(jitter)) &&
	       sequence - slot->sequence >= JITTER_PACKETS_MAX)
		flush_oldest(jitter);
}

/* Its number is taken. False: it came before, or far too late. */
static bool take_number(struct jitter *jitter, int64_t sequence)
{
	if (has_heard(jitter, sequence)) {
		jitter->counts.duplicates++;
		return false;
	}
	if (jitter->newest - sequence >= 64) {
		jitter->counts.late++;
		return false;
	}
	drop_passed(jitter, sequence);
	mark_heard(jitter, sequence);
	return true;
}

static bool is_late(const struct jitter *jitter, int64_t sequence, int64_t time)
{
	return jitter->played &&
	       (sequence < jitter->next ||
		time < jitter->next_time - (int64_t)jitter->step);
}

bool jitter_put(struct jitter *jitter, const struct rtp_packet *packet,
		bool sound, int64_t now_ns)
{
	int64_t now_us = now_ns / NS_PER_US, sequence, time;

	if (packet->size > SHELF_PAYLOAD_MAX)
		return false;
	if (!jitter->started)
		begin(jitter, packet);
	sequence = unwrap_sequence(jitter, packet->sequence);
	if (sequence - jitter->newest > JITTER_JUMP_MAX ||
	    jitter->newest - sequence > JITTER_JUMP_MAX) {
		resync(jitter, packet);
		delay_restart(&jitter->delay);
		sequence = jitter->newest;
	} else if (!take_number(jitter, sequence)) {
		return false;
	}
	if (!sound)
		return false;
	time = unwrap_time(jitter, packet->timestamp);
	if (!delay_note(&jitter->delay, now_us - to_us(jitter, time), now_us)) {
		resync(jitter, packet);
		sequence = jitter->newest;
		time = jitter->newest_time;
		delay_restart(&jitter->delay);
		delay_note(&jitter->delay, now_us - to_us(jitter, time),
			   now_us);
	}
	if (is_late(jitter, sequence, time)) {
		jitter->counts.late++;
		return false;
	}
	if (!store(jitter, packet, sequence, time))
		return false;
	if (time > jitter->newest_time)
		jitter->newest_time = time;
	jitter->counts.taken++;
	keep_bounds(jitter);
	return true;
}

/* --- out --- */

static int64_t lag_us(const struct jitter *jitter,
		      const struct jitter_slot *slot, int64_t now_us)
{
	return now_us - to_us(jitter, slot->time) - jitter->delay.base_us;
}

/* As much as the buffer can bear. */
static int64_t wanted_us(const struct jitter *jitter)
{
	int64_t most = JITTER_MS_MAX * US_PER_MS - TICK_US -
		       to_us(jitter, jitter->step);
	int64_t wanted = delay_wanted_us(&jitter->delay);

	if (most < DELAY_LEAST_US)
		most = DELAY_LEAST_US;
	return wanted < most ? wanted : most;
}

/* A wait that is as good as the one wanted. */
static int64_t enough_us(const struct jitter *jitter)
{
	int64_t wanted = wanted_us(jitter);

	return wanted - wanted / 4;
}

/* More waits than need be, and now is a time to mend that. */
static bool is_spare(struct jitter *jitter, int64_t lag, bool quiet,
		     int64_t now_us)
{
	int64_t step_us = to_us(jitter, jitter->step);

	if (lag - wanted_us(jitter) < step_us + SLACK_US) {
		jitter->heavy_us = 0;
		return false;
	}
	if (jitter->heavy_us == 0)
		jitter->heavy_us = now_us;
	if (!quiet && now_us - jitter->heavy_us < HEAVY_US)
		return false;
	if (!quiet) /* the next one in half a second */
		jitter->heavy_us = now_us - HEAVY_US + HEAVY_AGAIN_US;
	jitter->counts.shortened++;
	return true;
}

static enum jitter_turn hand_out(struct jitter *jitter,
				 struct jitter_slot *slot,
				 struct jitter_packet *packet_out)
{
	packet_out->pt = slot->pt;
	packet_out->marker = slot->marker;
	packet_out->size = slot->size;
	shelf_look(&jitter->shelf, slot->place, slot->size,
		   packet_out->payload);
	go_past(jitter, slot);
	drop(jitter, slot);
	jitter->playing = true;
	jitter->pause = false;
	jitter->counts.played++;
	return JITTER_PACKET;
}

/* Is one of the numbers from 'next' on missing, up to that of 'slot'? */
static bool is_loss(const struct jitter *jitter, const struct jitter_slot *slot)
{
	for (int64_t n = jitter->next; n < slot->sequence; n++)
		if (!has_heard(jitter, n))
			return true;
	return false;
}

static bool is_hole(const struct jitter *jitter, const struct jitter_slot *slot)
{
	return slot->time - jitter->next_time >=
	       ((int64_t)jitter->step + 1) / 2;
}

/* What is due is not here, and what follows is. */
static enum jitter_turn miss(struct jitter *jitter, int64_t now_us)
{
	int64_t lag = now_us - to_us(jitter, jitter->next_time) -
		      jitter->delay.base_us;

	/* The wait is too short: that grows where it is heard the least. */
	if (lag < enough_us(jitter)) {
		jitter->counts.stretched++;
		return JITTER_WAIT;
	}
	while (has_heard(jitter, jitter->next)) /* an event */
		jitter->next++;
	jitter->next++;
	jitter->next_time += jitter->step;
	jitter->counts.lost++;
	return JITTER_LOST;
}

/* Here the wait may grow, and nothing is heard of it. */
static bool may_stretch(struct jitter *jitter, const struct jitter_slot *slot,
			int64_t lag, bool quiet)
{
	if ((!quiet && !slot->marker) || lag >= enough_us(jitter))
		return false;
	jitter->counts.stretched++;
	return true;
}

/* The lag at which the first packet is due when nothing plays. */
static int64_t due_us(const struct jitter *jitter, bool quiet)
{
	int64_t wanted = wanted_us(jitter);

	if (jitter->pause || quiet || jitter->last_lag_us > wanted)
		return wanted;
	return jitter->last_lag_us;
}

static enum jitter_turn stop(struct jitter *jitter, bool pause)
{
	jitter->playing = false;
	jitter->pause |= pause;
	return jitter->pause ? JITTER_PAUSE : JITTER_WAIT;
}

void jitter_fetch(const struct jitter *jitter)
{
	const struct jitter_slot *slot =
		&jitter->slots[(uint64_t)jitter->next % JITTER_PACKETS_MAX];

	cache_fetch(slot, sizeof(*slot));
	shelf_fetch(&jitter->shelf);
}

enum jitter_turn jitter_get(struct jitter *jitter, bool quiet, int64_t now_ns,
			    struct jitter_packet *packet_out)
{
	int64_t now_us = now_ns / NS_PER_US, lag;
	struct jitter_slot *slot = front(jitter);

	if (!slot)
		return stop(jitter, now_us - jitter->last_us > PAUSE_US);
	lag = lag_us(jitter, slot, now_us);
	if (jitter->playing && is_hole(jitter, slot)) {
		if (is_loss(jitter, slot))
			return miss(jitter, now_us);
		stop(jitter, true);
	}
	if (jitter->playing && may_stretch(jitter, slot, lag, quiet))
		stop(jitter, true);
	if (!jitter->playing && lag < due_us(jitter, quiet))
		return stop(jitter, now_us - jitter->last_us > PAUSE_US);
	packet_out->spare = is_spare(jitter, lag, quiet, now_us);
	jitter->last_us = now_us;
	jitter->last_lag_us = lag;
	return hand_out(jitter, slot, packet_out);
}

void jitter_played(struct jitter *jitter, uint32_t step)
{
	if (step == 0 || step > jitter->clock_hz / 1000 * JITTER_MS_MAX)
		return;
	if (jitter->played)
		jitter->next_time += (int64_t)step - jitter->step;
	jitter->step = step;
}

bool jitter_look(const struct jitter *jitter, struct jitter_packet *packet_out)
{
	const struct jitter_slot *slot =
		slot_of((struct jitter *)(uintptr_t)jitter, jitter->next);

	if (!slot->used || slot->sequence != jitter->next)
		return false;
	packet_out->pt = slot->pt;
	packet_out->marker = slot->marker;
	packet_out->spare = false;
	packet_out->size = slot->size;
	shelf_look(&jitter->shelf, slot->place, slot->size,
		   packet_out->payload);
	return true;
}
