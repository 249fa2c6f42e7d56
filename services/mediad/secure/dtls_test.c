/*
 * dtls_test.c - two sides with a wire between them that can be cut.
 */
#include "services/mediad/secure/dtls.h"

#include "lib/test/test.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 64

struct side {
	struct dtls *dtls;
	struct side *other;
	struct {
		uint8_t data[2048];
		size_t size;
	} queue[QUEUE];
	unsigned from, to;
	unsigned lose; /* so many of the next datagrams */
	unsigned sent;
};

static struct dtls_house *house, *other_house;

static void carry(void *owner, const uint8_t *data, size_t size)
{
	struct side *side = owner, *to = side->other;

	side->sent++;
	CHECK(size <= DTLS_DATAGRAM_MAX);
	if (side->lose > 0) {
		side->lose--;
		return;
	}
	memcpy(to->queue[to->to % QUEUE].data, data, size);
	to->queue[to->to++ % QUEUE].size = size;
}

static void set_up(void)
{
	static const enum suite suites[] = {SUITE_GCM_128, SUITE_CM_256_80,
					    SUITE_CM_128_80};

	if (!house)
		house = dtls_house_new(suites, 3);
	if (!other_house)
		other_house = dtls_house_new(suites, 3);
	CHECK(house && other_house);
}

static void open_side(struct side *side, struct side *other, bool active,
		      struct dtls_house *ours, const uint8_t *fingerprint)
{
	struct dtls_wish wish = {.active = active,
				 .fingerprint = fingerprint,
				 .peer = "192.0.2.1:4000",
				 .send = carry,
				 .owner = side};

	side->other = other;
	side->dtls = dtls_new(ours, &wish);
}

/* Until nobody says anything more. */
static void talk(struct side *a, struct side *b, enum dtls_state *a_out,
		 enum dtls_state *b_out)
{
	bool busy = true;

	while (busy) {
		busy = false;
		for (; a->from < a->to; a->from++, busy = true)
			*a_out = dtls_take(a->dtls,
					   a->queue[a->from % QUEUE].data,
					   a->queue[a->from % QUEUE].size);
		for (; b->from < b->to; b->from++, busy = true)
			*b_out = dtls_take(b->dtls,
					   b->queue[b->from % QUEUE].data,
					   b->queue[b->from % QUEUE].size);
	}
}

static void close_both(struct side *a, struct side *b)
{
	dtls_free(a->dtls);
	dtls_free(b->dtls);
}

TEST(both_sides_have_the_same_keys)
{
	struct side *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	enum dtls_state first = DTLS_RUNNING, second = DTLS_RUNNING;
	struct suite_keys one, two;

	set_up();
	open_side(b, a, false, other_house, dtls_house_fingerprint(house));
	open_side(a, b, true, house, dtls_house_fingerprint(other_house));
	talk(a, b, &first, &second);
	CHECK_INT(first, DTLS_DONE);
	CHECK_INT(second, DTLS_DONE);
	CHECK(dtls_keys(a->dtls, &one) && dtls_keys(b->dtls, &two));
	CHECK_INT(one.suite, SUITE_GCM_128);
	CHECK(memcmp(one.ours, two.theirs, SUITE_KEY_MAX) == 0);
	CHECK(memcmp(one.theirs, two.ours, SUITE_KEY_MAX) == 0);
	CHECK(memcmp(one.ours, one.theirs, SUITE_KEY_MAX) != 0);
	CHECK_INT(dtls_wait_ms(a->dtls), -1);
	close_both(a, b);
	free(a);
	free(b);
}

TEST(another_certificate_than_the_sdps_gives_no_keys)
{
	struct side *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	enum dtls_state first = DTLS_RUNNING, second = DTLS_RUNNING;
	struct suite_keys keys;

	set_up();
	open_side(b, a, false, other_house, dtls_house_fingerprint(house));
	open_side(a, b, true, house, dtls_house_fingerprint(house));
	talk(a, b, &first, &second);
	CHECK_INT(first, DTLS_FAILED);
	CHECK(strstr(dtls_why(a->dtls), "fingerprint"));
	CHECK(!dtls_keys(a->dtls, &keys));
	close_both(a, b);
	free(a);
	free(b);
}

TEST(what_is_lost_is_said_again_when_its_time_has_come)
{
	struct side *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	enum dtls_state first = DTLS_RUNNING, second = DTLS_RUNNING;
	int wait;

	set_up();
	open_side(b, a, false, other_house, dtls_house_fingerprint(house));
	a->lose = 1; /* the very first hello */
	open_side(a, b, true, house, dtls_house_fingerprint(other_house));
	talk(a, b, &first, &second);
	CHECK_INT(first, DTLS_RUNNING);
	wait = dtls_wait_ms(a->dtls);
	CHECK(wait > 500 && wait <= 1001);
	(void)poll(NULL, 0, wait);
	CHECK_INT(dtls_due(a->dtls), DTLS_RUNNING);
	CHECK_INT(a->sent, 2);
	talk(a, b, &first, &second);
	CHECK_INT(first, DTLS_DONE);
	CHECK_INT(second, DTLS_DONE);
	close_both(a, b);
	free(a);
	free(b);
}

TEST(noise_instead_of_a_handshake_is_nothing)
{
	struct side *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	uint8_t noise[200];
	enum dtls_state state = DTLS_RUNNING;

	set_up();
	open_side(b, a, false, other_house, dtls_house_fingerprint(house));
	open_side(a, b, true, house, dtls_house_fingerprint(other_house));
	for (int i = 0; i < 50; i++) {
		for (size_t j = 0; j < sizeof(noise); j++)
			noise[j] = (uint8_t)(rand() & 0xff);
		noise[0] = (uint8_t)(20 + i % 5);
		state = dtls_take(b->dtls, noise, sizeof(noise));
		CHECK_INT(state, DTLS_RUNNING);
	}
	talk(a, b, &state, &state);
	CHECK_INT(state, DTLS_DONE);
	close_both(a, b);
	free(a);
	free(b);
	dtls_house_free(house);
	dtls_house_free(other_house);
}

TEST_MAIN()
