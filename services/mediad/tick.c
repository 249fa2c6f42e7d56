/*
 * tick.c - a wheel of ten slots of 2 ms.
 */
#include "services/mediad/tick.h"

#include "lib/base/clock.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"

#define SLOT_MS (TICK_MS / TICK_SLOTS)
#define BEHIND_MS_MAX (3 * TICK_MS)

/*
 * The legs of a slot lie far apart, and were not looked at for 20 ms: what the
 * next ones need is on its way to the processor while this one is ticked. Each
 * step reads what the one before it has asked for.
 */
static void look_ahead(const struct list *at, const struct list *end)
{
	for (unsigned step = TICK_AHEAD; step-- > 0;) {
		at = at->next;
		if (at == end)
			return;
		leg_fetch(list_of(at, struct leg, tick_link), step);
	}
}

static unsigned run_slot(struct media *media, unsigned slot, int64_t now_ns)
{
	unsigned ticks = 0;

	list_each (link, &media->ticks[slot]) {
		look_ahead(link, &media->ticks[slot]);
		leg_tick(list_of(link, struct leg, tick_link), now_ns);
		ticks++;
	}
	return ticks;
}

unsigned tick_run(struct media *media)
{
	int64_t now_ms = clock_mono_ms(), now_ns = clock_mono_ns();
	int64_t behind_ms = now_ms - media->tick_due_ms;
	unsigned ticks = 0;

	if (behind_ms > BEHIND_MS_MAX)
		media->tick_due_ms += behind_ms / TICK_MS * TICK_MS;
	for (; media->tick_due_ms <= now_ms; media->tick_due_ms += SLOT_MS) {
		unsigned slot = media->tick_at;

		media->tick_at = (slot + 1) % TICK_SLOTS;
		ticks += run_slot(media, slot, now_ns);
	}
	return ticks;
}

static void schedule(struct media *media)
{
	int64_t delay_ms = media->tick_due_ms - clock_mono_ms();

	for (unsigned i = 0; i < TICK_SLOTS; i++, delay_ms += SLOT_MS)
		if (media->tick_count[(media->tick_at + i) % TICK_SLOTS])
			break;
	loop_timer_start(media->loop, &media->tick_timer,
			 delay_ms > 0 ? delay_ms : 0);
}

static void on_due(struct loop_timer *timer)
{
	struct media *media = timer->owner;

	tick_run(media);
	if (media->tick_legs > 0)
		schedule(media);
}

void tick_init(struct media *media)
{
	for (int i = 0; i < TICK_SLOTS; i++)
		list_init(&media->ticks[i]);
	media->tick_timer.due = on_due;
	media->tick_timer.owner = media;
}

/* The emptiest; among equals the one that comes next. */
static unsigned choose(const struct media *media)
{
	unsigned best = media->tick_at;

	for (unsigned i = 1; i < TICK_SLOTS; i++) {
		unsigned slot = (media->tick_at + i) % TICK_SLOTS;

		if (media->tick_count[slot] < media->tick_count[best])
			best = slot;
	}
	return best;
}

void tick_add(struct leg *leg)
{
	struct media *media = leg->media;

	if (leg->ticks)
		return;
	leg->ticks = true;
	if (media->tick_legs++ == 0)
		media->tick_due_ms = clock_mono_ms();
	leg->tick_slot = choose(media);
	media->tick_count[leg->tick_slot]++;
	list_add_tail(&media->ticks[leg->tick_slot], &leg->tick_link);
	schedule(media);
}

void tick_remove(struct leg *leg)
{
	struct media *media = leg->media;

	if (!leg->ticks)
		return;
	leg->ticks = false;
	list_remove(&leg->tick_link);
	media->tick_count[leg->tick_slot]--;
	if (--media->tick_legs == 0)
		loop_timer_stop(media->loop, &media->tick_timer);
}
