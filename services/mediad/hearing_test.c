/*
 * hearing_test.c - what needs samples: phones of different codecs, ears, what
 * is played. A second's tone is measured where it arrives.
 */
#include "services/mediad/relay_test.h"

#include "services/mediad/codec/decoder.h"
#include "services/mediad/codec/setup.h"
#include "services/mediad/hearing.h"
#include "services/mediad/speaking.h"

#include <math.h>

#define WIDE "9 96\r\na=rtpmap:96 telephone-event/8000\r\n"
#define OPUS "111\r\na=rtpmap:111 opus/48000/2\r\n"
#define TONE_HZ 1000
#define LOUD 8000.0

static double phase;

static void start(void)
{
	static const struct codec_setup setup = {.opus_complexity = 0};

	CHECK(codec_setup(&setup));
	phase = 0;
	set_up();
}

/* The next 20 ms of a tone, in PCMU. */
static void phone_hums(struct phone *phone, const struct leg *to)
{
	uint8_t payload[160];

	for (int i = 0; i < 160; i++) {
		payload[i] = g711_ulaw((int16_t)(LOUD * sin(phase)));
		phase += 2 * acos(-1.0) * TONE_HZ / 8000;
	}
	phone_send(phone, to, 0, payload, sizeof(payload));
}

/* What is heard by a phone, decoded. */
struct heard {
	struct decoder *decoder;
	enum codec codec;
	unsigned packets, holes;
	uint16_t sequence;
	uint32_t timestamp, step;
	double square;
	unsigned samples, crossings;
	int16_t before;
};

static void measure(struct heard *heard, const int16_t *pcm, int samples)
{
	for (int i = 0; i < samples; i++) {
		heard->square += (double)pcm[i] * pcm[i];
		heard->crossings += heard->before < 0 && pcm[i] >= 0;
		heard->before = pcm[i];
	}
	heard->samples += (unsigned)samples;
}

static void listen_to(struct phone *phone, struct heard *heard, bool measured)
{
	int16_t pcm[DECODER_SAMPLES_MAX];
	struct rtp_packet packet;

	while (phone_hears(phone, &packet)) {
		int samples = decoder_decode(heard->decoder, heard->codec,
					     packet.payload, packet.size, pcm,
					     DECODER_SAMPLES_MAX);

		CHECK(samples > 0);
		if (heard->packets++ > 0) {
			heard->holes += (uint16_t)(packet.sequence -
						   heard->sequence) != 1;
			CHECK_INT(packet.timestamp - heard->timestamp,
				  heard->step);
		}
		heard->sequence = packet.sequence;
		heard->timestamp = packet.timestamp;
		if (measured)
			measure(heard, pcm, samples);
	}
}

static double level_db(const struct heard *heard)
{
	return 20 *
	       log10(sqrt(heard->square / heard->samples) / (LOUD / sqrt(2)));
}

static void pass_20_ms(void)
{
	move_clock(20);
	tick_run(media);
	run();
}

/* A PCMU phone hums for two seconds; every 'lost'th packet does not come. */
static struct heard hum_to(const char *formats, enum codec codec, int lost)
{
	struct heard heard = {.codec = codec,
			      .decoder = decoder_new(codec, 8000),
			      .step = codec_rows[codec].clock_hz / 50};
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	start();
	a = phone_new(7100, ULAW);
	b = phone_new(7102, formats);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	CHECK(leg_a->transcoded && leg_b->transcoded);
	for (int i = 0; i < 100; i++) {
		if (lost && i % lost == lost - 1) {
			a.sequence++;
			phase += 2 * acos(-1.0) * TONE_HZ / 50;
		} else {
			phone_hums(&a, leg_a);
		}
		pass_20_ms();
		listen_to(&b, &heard, i >= 40);
	}
	leg_free(leg_b);
	CHECK(!leg_a->hearing && !leg_a->ticks);
	phone_free(&a);
	phone_free(&b);
	tear_down();
	decoder_free(heard.decoder);
	return heard;
}

TEST(a_tone_comes_through_to_a_phone_of_another_codec_as_loud_as_it_was)
{
	static const struct {
		const char *formats;
		enum codec codec;
	} rows[] = {{WIDE, CODEC_G722}, {OPUS, CODEC_OPUS}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard heard = hum_to(rows[i].formats, rows[i].codec, 0);
		double seconds = heard.samples / 8000.0;

		CHECK(heard.packets >= 93);
		CHECK_INT(heard.holes, 0);
		CHECK(fabs(level_db(&heard)) < 1);
		CHECK(fabs(heard.crossings / seconds - TONE_HZ) <
		      TONE_HZ / 100);
	}
}

TEST(lost_packets_are_made_up_for_and_leave_no_hole)
{
	struct heard heard = hum_to(WIDE, CODEC_G722, 10);

	CHECK(heard.packets >= 93);
	CHECK_INT(heard.holes, 0);
	CHECK(fabs(level_db(&heard)) < 2);
}

static void phone_sends_60_ms(struct phone *phone, const struct leg *to)
{
	uint8_t data[RTP_HEAD_BYTES + 480];
	struct rtp_packet packet = {.sequence = phone->sequence,
				    .timestamp = phone->sequence * 480u,
				    .ssrc = phone->ssrc};
	struct endpoint at = media->bound;

	memset(data, 0x80, sizeof(data));
	rtp_head(&packet, data);
	endpoint_set_port(&at, to->port);
	CHECK_INT(socket_send(phone->sockets.rtp, data, sizeof(data), &at), 0);
	phone->sequence++;
}

/* Two ticks' sound of each packet is kept for its time. */
TEST(packets_of_60_ms_are_handed_on_by_20)
{
	struct phone a, b;
	struct leg *leg_a;
	struct rtp_packet packet;
	unsigned packets = 0;

	start();
	a = phone_new(7114, ULAW);
	b = phone_new(7116, WIDE);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_bridge(leg_a, opened("CAb", LEG_ROLE_ANSWER, b.sdp), false);
	for (int i = 0; i < 60; i++) {
		if (i % 3 == 0)
			phone_sends_60_ms(&a, leg_a);
		pass_20_ms();
		while (phone_hears(&b, &packet))
			packets++;
	}
	CHECK(packets >= 54 && packets <= 60);
	hearing_count(leg_a);
	CHECK_INT(leg_a->quality.concealed_us, 0);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(a_leg_that_is_to_be_heard_takes_memory_when_it_speaks)
{
	struct phone a;
	struct leg *leg_a;

	start();
	media->finds_tones = true;
	a = phone_new(7118, ULAW); /* no events: its sound is listened to */
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	CHECK(leg_a->hearing && hearing_rests(leg_a));
	CHECK_INT(hearing_wait_ms(leg_a), 0);
	phone_hums(&a, leg_a);
	pass_20_ms();
	CHECK_INT(hearing_wait_ms(leg_a), 40);
	phone_free(&a);
	tear_down();
}

TEST(digits_go_on_between_phones_of_different_codecs)
{
	uint8_t digit[4] = {5, 0x8a, 0, 160};
	struct rtp_packet packet;
	struct phone a, b;
	struct leg *leg_a;
	unsigned events = 0;
	uint16_t before = 0;

	start();
	a = phone_new(7104, ULAW_EVENTS);
	b = phone_new(7106, WIDE);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_bridge(leg_a, opened("CAb", LEG_ROLE_ANSWER, b.sdp), false);
	for (int i = 0; i < 20; i++) {
		if (i == 10)
			phone_send(&a, leg_a, 96, digit, sizeof(digit));
		else
			phone_hums(&a, leg_a);
		pass_20_ms();
		while (phone_hears(&b, &packet)) {
			if (before)
				CHECK_INT((uint16_t)(packet.sequence - before),
					  1);
			before = packet.sequence;
			events += packet.pt == 96;
			if (packet.pt == 96)
				CHECK(memcmp(packet.payload, digit, 4) == 0);
		}
	}
	CHECK_INT(events, 1);
	CHECK_INT(digits_told, 1);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

#define OPUS_EVENTS(clock)                                                     \
	"111 101\r\na=rtpmap:111 opus/48000/2\r\n"                             \
	"a=rtpmap:101 telephone-event/" clock "\r\n"

/* Both speak Opus and nothing is decoded: a duration is what changes. */
TEST(digits_cross_from_one_clock_to_another_where_sound_is_relayed)
{
	uint8_t digit[4] = {5, 0x8a, 0x03, 0x20}; /* 800: 100 ms of 8000 */
	struct rtp_packet packet;
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	start();
	a = phone_new(7120, OPUS_EVENTS("8000"));
	b = phone_new(7122, OPUS_EVENTS("48000"));
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	CHECK(!leg_a->transcoded && !leg_a->tap && !leg_b->tap);
	phone_send(&a, leg_a, 101, digit, sizeof(digit));
	CHECK(phone_hears(&b, &packet));
	CHECK_INT(packet.pt, 101);
	CHECK_INT(rtp_read16(packet.payload + 2), 4800);
	CHECK_INT(digits_told, 1);
	phone_send(&b, leg_b, 101, packet.payload, packet.size);
	CHECK(phone_hears(&a, &packet));
	CHECK_INT(rtp_read16(packet.payload + 2), 800);
	CHECK_INT(digits_told, 2);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

struct counting_ear {
	struct leg_ear ear;
	size_t samples;
	uint32_t rate_hz;
	unsigned gone;
};

static void count_heard(struct leg_ear *ear, const int16_t *pcm, size_t samples,
			uint32_t rate_hz, int64_t now_ns)
{
	struct counting_ear *counting = (struct counting_ear *)ear;

	(void)pcm;
	(void)now_ns;
	counting->samples += samples;
	counting->rate_hz = rate_hz;
}

static void count_gone(struct leg_ear *ear)
{
	((struct counting_ear *)ear)->gone++;
}

TEST(an_ear_hears_what_passes_untouched)
{
	struct counting_ear ear = {
		.ear = {.heard = count_heard, .gone = count_gone}};
	struct phone a, b;
	struct leg *leg_a;
	unsigned passed = 0;

	start();
	a = phone_new(7108, ULAW);
	b = phone_new(7110, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_bridge(leg_a, opened("CAb", LEG_ROLE_ANSWER, b.sdp), false);
	leg_listen(leg_a, &ear.ear);
	CHECK(!leg_a->transcoded);
	for (int i = 0; i < 50; i++) {
		phone_hums(&a, leg_a);
		passed += phone_drains(&b);
		pass_20_ms();
	}
	CHECK_INT(passed, 50);
	CHECK_INT(ear.rate_hz, 8000);
	CHECK(ear.samples >= 45 * 160 && ear.samples <= 50 * 160);
	leg_free(leg_a);
	CHECK_INT(ear.gone, 1);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(a_phone_that_sends_nothing_costs_no_ticks)
{
	struct counting_ear ear = {
		.ear = {.heard = count_heard, .gone = count_gone}};
	struct phone a;
	struct leg *leg_a;

	start();
	a = phone_new(7116, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_listen(leg_a, &ear.ear);
	CHECK(!leg_a->ticks);
	for (int i = 0; i < 10; i++) {
		phone_hums(&a, leg_a);
		pass_20_ms();
	}
	CHECK(leg_a->ticks);
	for (int i = 0; i < 70; i++)
		pass_20_ms();
	CHECK(!leg_a->ticks);
	ear.samples = 0;
	for (int i = 0; i < 10; i++) {
		phone_hums(&a, leg_a);
		pass_20_ms();
	}
	CHECK(leg_a->ticks);
	CHECK(ear.samples >= 5 * 160);
	leg_free(leg_a);
	phone_free(&a);
	tear_down();
}

struct short_voice {
	struct leg_voice voice;
	unsigned frames, over, ended;
};

static size_t next_of_voice(struct leg_voice *voice, int16_t *pcm,
			    size_t samples, uint32_t rate_hz)
{
	struct short_voice *mine = (struct short_voice *)voice;

	CHECK(rate_hz == 8000 || rate_hz == 16000);
	memset(pcm, 0, samples * sizeof(*pcm));
	return mine->frames-- > 1 ? samples : samples / 2;
}

static void voice_over(struct leg_voice *voice, bool ended)
{
	struct short_voice *mine = (struct short_voice *)voice;

	mine->over++;
	mine->ended += ended;
}

TEST(a_voice_is_played_once_and_the_bridge_is_heard_again)
{
	struct short_voice first = {.voice = {next_of_voice, voice_over},
				    .frames = 100};
	struct short_voice second_voice = {.voice = {next_of_voice, voice_over},
					   .frames = 5};
	struct phone a, b;
	struct leg *leg_a, *leg_b;
	unsigned packets = 0;

	start();
	a = phone_new(7112, OPUS);
	b = phone_new(7114, OPUS);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	leg_play(leg_a, &first.voice);
	leg_play(leg_a, &second_voice.voice);
	CHECK_INT(first.over, 1);
	CHECK_INT(first.ended, 0);
	for (int i = 0; i < 10; i++) {
		pass_20_ms();
		packets += phone_drains(&a);
	}
	CHECK_INT(packets, 5);
	CHECK_INT(second_voice.over, 1);
	CHECK_INT(second_voice.ended, 1);
	CHECK_INT(leg_a->source, LEG_BRIDGED);
	CHECK(!leg_a->ticks);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST_MAIN()
