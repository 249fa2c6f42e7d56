/*
 * press_test.c - keys across two legs, whatever each side speaks: RTP events or
 * tones.
 */
#include "services/mediad/relay_test.h"

#include "services/mediad/digits/press.h"
#include "services/mediad/digits/tones.h"

#define ROW "159#*0A5"

static struct phone a, b;
static struct leg *leg_a, *leg_b;

/* What 'b' hears. */
static struct tones *tones;
static struct digits events;
static char by_tone[64], by_event[64];
static unsigned loud, packets, holes;
static uint16_t before;

static void start(const char *formats_a, const char *formats_b)
{
	set_up();
	media->finds_tones = true;
	a = phone_new(7200, formats_a);
	b = phone_new(7202, formats_b);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	tones = tones_new(8000);
	memset(&events, 0, sizeof(events));
	memset(by_tone, 0, sizeof(by_tone));
	memset(by_event, 0, sizeof(by_event));
	loud = packets = holes = 0;
}

static void finish(void)
{
	tones_free(tones);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

static void hear_event(const struct rtp_packet *packet)
{
	struct digits_press press[DIGITS_AT_ONCE];
	unsigned count = digits_take(&events, packet, press);

	for (unsigned i = 0; i < count; i++)
		by_event[strlen(by_event)] = press[i].digit;
}

static void hear_sound(const struct rtp_packet *packet)
{
	int16_t pcm[160];
	struct tones_news news;

	CHECK_INT(packet->size, 160);
	for (unsigned i = 0; i < 160; i++)
		pcm[i] = g711_from_ulaw(packet->payload[i]);
	loud += abs(pcm[10]) > 500 || abs(pcm[77]) > 500;
	if (tones_find(tones, pcm, 160, &news) && news.up)
		by_tone[strlen(by_tone)] = news.up_key;
}

static void take_in(void)
{
	struct rtp_packet packet;

	while (phone_hears(&b, &packet)) {
		if (packets++ > 0)
			holes += (uint16_t)(packet.sequence - before) != 1;
		before = packet.sequence;
		if (packet.pt == 0)
			hear_sound(&packet);
		else
			hear_event(&packet);
	}
}

static void pass(unsigned ms)
{
	for (; ms > 0; ms -= 20) {
		move_clock(20);
		tick_run(media);
		run();
		take_in();
	}
}

/* A key as a tone of 'a', or silence for so long. */
static void sound_key(char key, unsigned ms)
{
	int16_t pcm[160] = {0};
	uint8_t payload[160];

	for (unsigned t = 0; t < ms; t += 20) {
		(void)tones_make(key, 8000, t * 8, pcm, 160);
		for (unsigned i = 0; i < 160; i++)
			payload[i] = g711_ulaw(pcm[i]);
		phone_send(&a, leg_a, 0, payload, sizeof(payload));
		pass(20);
	}
}

/* A key as an event of 'a'. */
static void send_event(char key, unsigned n)
{
	static const char codes[] = "0123456789*#ABCD";
	struct rtp_packet packet = {
		.pt = 96, .ssrc = a.ssrc, .timestamp = 100000 + n * 3200};
	struct endpoint at = media->bound;

	endpoint_set_port(&at, leg_a->port);
	for (unsigned i = 1; i <= 8; i++) {
		uint8_t data[RTP_HEAD_BYTES + 4];

		packet.sequence = a.sequence++;
		rtp_head(&packet, data);
		data[12] = (uint8_t)(strchr(codes, key) - codes);
		data[13] = i > 5 ? 0x8a : 0x0a;
		rtp_write16(data + 14, (uint16_t)(160 * (i < 6 ? i : 6)));
		CHECK_INT(socket_send(a.sockets.rtp, data, sizeof(data), &at),
			  0);
		run();
		pass(20);
	}
	pass(100);
}

TEST(tones_of_a_phone_are_events_for_one_that_knows_them)
{
	start(ULAW, ULAW_EVENTS);
	sound_key(0, 400);
	for (const char *key = ROW; *key; key++) {
		sound_key(*key, 100);
		sound_key(0, 160);
	}
	sound_key(0, 400);
	CHECK_TEXT(by_event, ROW);
	CHECK_INT(digits_told, strlen(ROW));
	/* At most a little of each tone went through. */
	CHECK_TEXT(by_tone, "");
	CHECK(loud <= 3 * strlen(ROW));
	CHECK_INT(holes, 0);
	finish();
}

TEST(events_of_a_phone_are_tones_for_one_that_knows_none)
{
	start(ULAW_EVENTS, ULAW);
	sound_key(0, 200);
	for (unsigned i = 0; i < strlen(ROW); i++)
		send_event(ROW[i], i);
	sound_key(0, 200);
	pass(400);
	CHECK_TEXT(by_tone, ROW);
	CHECK_TEXT(by_event, "");
	CHECK_INT(digits_told, strlen(ROW));
	CHECK_INT(holes, 0);
	finish();
}

TEST(tones_between_phones_that_know_nothing_else_are_told_and_left_alone)
{
	start(ULAW, ULAW);
	sound_key(0, 200);
	for (const char *key = ROW; *key; key++) {
		sound_key(*key, 100);
		sound_key(0, 100);
	}
	CHECK_TEXT(by_tone, ROW);
	CHECK_INT(digits_told, strlen(ROW));
	finish();
}

TEST(who_agreed_to_events_is_not_listened_to)
{
	start(ULAW_EVENTS, ULAW_EVENTS);
	CHECK(!leg_a->tap && !leg_a->hearing);
	sound_key('5', 200);
	sound_key(0, 200);
	CHECK_INT(digits_told, 0);
	CHECK_TEXT(by_tone, "5");
	finish();
}

TEST(keys_that_we_press_are_heard_once_in_either_form)
{
	for (int event = 0; event < 2; event++) {
		start(ULAW_EVENTS, event ? ULAW_EVENTS : ULAW);
		for (const char *key = ROW; *key; key++)
			CHECK(press_key(leg_b, *key, 100));
		CHECK(press_busy(leg_b));
		for (unsigned i = 0; i < 100; i++) /* and 'a' goes on */
			phone_says(&a, leg_a, 0, 0xff), pass(20);
		CHECK(!press_busy(leg_b) && !press_mutes(leg_b));
		CHECK_TEXT(by_event, event ? ROW : "");
		CHECK_TEXT(by_tone, event ? "" : ROW);
		CHECK_INT(holes, 0);
		CHECK(!press_key(leg_b, 'x', 100));
		finish();
	}
}

TEST(a_row_is_pressed_once_however_often_it_is_said)
{
	start(ULAW_EVENTS, ULAW_EVENTS);
	for (int i = 0; i < 3; i++)
		CHECK(press_row(leg_b, "PI1", "1w-2W"));
	CHECK(press_row(leg_b, "PI2", "2"));
	pass(160);
	CHECK(!press_mutes(leg_b)); /* the pause is nobody's but ours */
	pass(3000);
	CHECK_TEXT(by_event, "122");
	CHECK(!press_busy(leg_b));
	finish();
}

TEST(a_bridge_that_ends_lets_go_of_the_key)
{
	start(ULAW, ULAW_EVENTS);
	sound_key('5', 200);
	CHECK(press_busy(leg_b));
	leg_unbridge(leg_a);
	pass(200);
	CHECK(!press_busy(leg_b));
	CHECK_TEXT(by_event, "5");
	finish();
}

TEST_MAIN()
