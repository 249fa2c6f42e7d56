/*
 * step_random_test.c - calls whose events come in any legal order, with
 * repeats, crossings, restarts and lost outcomes. Whatever happens: each leg
 * has exactly one terminal callback, which waits for nothing but what it tells,
 * numbers have no gap, what was opened is closed, the call closes once; and the
 * same events give the same commands, byte for byte.
 *
 * VOXBUS_TEST_SEED and VOXBUS_TEST_CALLS choose another run,
 * VOXBUS_TEST_TRACE=1 prints it.
 */
#include "services/interpreter/random_events_test.h"

/* A call that the API starts, in place of one that comes in. */
static void begin_by_api(struct world *world)
{
	struct call_start start = {
		.leg = ROOT,
		.gateway = "gw0",
		.to = dice(20) ? "sip:a@h;transport=udp" : "mailto:a@h",
		.voice_url = dice(4) ? "http://app/voice" : NULL,
		.status_callback = "http://app/status",
		.status_events = 15,
		.ring_ms = 5000,
		.dialect = (int)dice(3) + 1,
		.api_url = "http://api",
		.logic = 1,
	};
	world->by_api = true;
	world->dialect = start.dialect;
	if (!start.voice_url)
		start.document = documents[dice(DOCUMENTS)];
	happens(world, "apid/ap0", &call_start_message, &start);
}

static void begin(struct world *world, uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	dice_state = seed * 0x9E3779B97F4A7C15ULL + 1;
	(void)dice(2), (void)dice(2);
	world->seed = seed;
	world->now = 1712255535000;
	world->call = call_new();
	world->heard = mem_new(EVENTS_MAX, sizeof(*world->heard));
	world->lossy = dice(4) == 0;
	world->traced = getenv("VOXBUS_TEST_TRACE") != NULL;
	world_leg(world, ROOT);
	struct incoming incoming = {
		.leg = ROOT,
		.gateway = "gw0",
		.from_user = "alice",
		.from_uri = "sip:alice@h",
		.to_uri = "sip:1@h",
		.sip_call_id = "x",
		.source_ip = "127.0.0.1",
		.transport = SIP_UDP,
		.offer = dice(50) ? "v=0" : NULL,
		.voice_url = "http://app/voice",
		.fallback_url = dice(2) ? "http://app/fallback" : NULL,
		.api_url = "http://api",
		.dialect = (int)dice(3) + 1,
		.logic = 1,
	};
	world->dialect = incoming.dialect;
	if (call_can_begin(&call_start_message) && dice(5) == 0)
		begin_by_api(world);
	else
		happens(world, "sipgw/gw0", &incoming_message, &incoming);
}

/* The same events, heard by another call: the same commands. */
static void check_again(struct world *world)
{
	struct call *one = call_new(), *two = call_new();
	struct commands a = {0}, b = {0};
	char error[PROTO_ERROR_BYTES];
	for (unsigned i = 0; i < world->heard_count && !world->bad; i++) {
		struct heard *heard = &world->heard[i];
		struct envelope envelope = {.account_sid = "AC1"};
		(void)str_copy(envelope.from, sizeof(envelope.from),
			       heard->from);
		step(one, &envelope, heard->now, i + 1, heard->desc,
		     heard->message, &a);
		step(two, &envelope, heard->now, i + 1, heard->desc,
		     heard->message, &b);
		fine(world, a.count == b.count, "another number of commands");
		for (uint32_t n = 0; n < a.count && n < b.count; n++) {
			char *x = proto_encode(a.list[n].desc, &envelope,
					       a.list[n].message, error);
			char *y = proto_encode(b.list[n].desc, &envelope,
					       b.list[n].message, error);
			fine(world,
			     str_equal(x, y) &&
				     !strcmp(a.list[n].id, b.list[n].id) &&
				     !strcmp(a.list[n].target,
					     b.list[n].target),
			     "another command in the second run");
			free(x);
			free(y);
		}
		commands_clear(&a);
		commands_clear(&b);
	}
	fine(world, call_over(one) && call_over(two), "the second run is open");
	call_free(one);
	call_free(two);
}

static void check_end(struct world *world)
{
	fine(world, world->closed == 1, "it was not closed once");
	for (unsigned i = 0; i < world->leg_count; i++) {
		struct world_leg *leg = &world->legs[i];
		fine(world, leg->posts == 0 || leg->completed == 1,
		     "a leg without its last callback");
		fine(world, !leg->media_open || leg->media_closed,
		     "media was left open");
	}
	fine(world,
	     !call_next_timer(world->call, (char[CALL_TIMER_BYTES]){0},
			      &(int64_t){0}),
	     "a timer outlived the call");
}

static void finish(struct world *world)
{
	for (unsigned i = 0; i < world->heard_count; i++)
		proto_free(world->heard[i].desc, world->heard[i].message);
	for (unsigned i = 0; i < world->waiting_count; i++)
		proto_free(world->waiting[i].command,
			   world->waiting[i].message);
	free(world->heard);
	commands_clear(&world->out);
	call_free(world->call);
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);
	int64_t number;
	return text && str_number(text, 0, INT64_MAX, &number)
		       ? (uint64_t)number
		       : fallback;
}

TEST(whatever_happens_every_call_ends_properly_and_repeatably)
{
	static struct world world;
	uint64_t seed = setting("VOXBUS_TEST_SEED", 1);
	uint64_t calls = setting("VOXBUS_TEST_CALLS", 100000);
	uint64_t events = 0;
	unsigned failures = 0;
	for (uint64_t i = 0; i < calls && failures < 5; i++) {
		begin(&world, seed + i);
		while (!call_over(world.call) && !world.bad)
			something_happens(&world);
		if (!world.bad)
			check_end(&world);
		if (i % 16 == 0 && !world.bad)
			check_again(&world);
		events += world.heard_count;
		failures += world.bad;
		finish(&world);
	}
	CHECK_INT(failures, 0);
	CHECK(events >= calls);
}

TEST_MAIN()
