/*
 * digits_fuzz.c - keys both ways: what is pressed (odd octets) goes into the
 * row, what comes from the network (even ones) into the receiver; all keys that
 * come out are keys, and what we press ourselves is heard in order.
 */
#include "services/mediad/digits/digits.h"
#include "services/mediad/digits/keys.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct digits_press *press, unsigned count)
{
	if (count > DIGITS_AT_ONCE)
		abort();
	for (unsigned i = 0; i < count; i++)
		if (!press[i].digit ||
		    !strchr("0123456789*#ABCD", press[i].digit))
			abort();
}

/* Six octets: event, bits, duration, timestamp. */
static void receive(struct digits *digits, const uint8_t *data, size_t size)
{
	struct digits_press press[DIGITS_AT_ONCE];
	uint8_t payload[4];
	struct rtp_packet packet = {.payload = payload, .size = 4};

	for (; size >= 6; data += 6, size -= 6) {
		memcpy(payload, data, 4);
		packet.timestamp += (uint32_t)(int8_t)data[4] * 160u +
				    (data[5] & 0x80 ? 0x7fff0000u : data[5]);
		if (data[1] & 0x40)
			check(press, digits_lapse(digits, &packet, press));
		else
			check(press, digits_take(digits, &packet, press));
		if (data[1] & 0x20)
			check(press, digits_close(digits, press));
	}
}

/* An octet a key: what, and for how long. */
static void press_all(const uint8_t *data, size_t size, uint32_t clock_hz,
		      uint32_t event_hz)
{
	struct digits digits = {.clock_hz = clock_hz, .event_hz = event_hz};
	struct digits_press press[DIGITS_AT_ONCE];
	struct keys keys = {0};
	struct keys_step step;
	struct rtp_packet packet = {.payload = step.event, .size = 4};
	char wanted[KEYS_MAX + 1] = "", heard[KEYS_MAX + 1] = "";
	uint32_t base = 1;
	enum keys_turn turn;

	for (size_t i = 0; i < size && strlen(wanted) < KEYS_MAX; i++) {
		char key = "0123456789*#ABCD"[data[i] & 15];

		if (keys_press(&keys, key, (data[i] >> 4) * 500u))
			wanted[strlen(wanted)] = key;
	}
	while ((turn = keys_next(&keys, event_hz, &step)) != KEYS_NOTHING) {
		unsigned count;

		if (turn == KEYS_SILENCE)
			continue;
		base += step.first ? 1u << 24 : 0;
		packet.timestamp = base + (uint32_t)((uint64_t)step.timestamp *
						     clock_hz / event_hz);
		count = digits_take(&digits, &packet, press);
		check(press, count);
		for (unsigned i = 0; i < count; i++)
			heard[strlen(heard)] = press[i].digit;
	}
	if (strcmp(wanted, heard) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digits digits = {0};

	if (size == 0)
		return 0;
	digits.clock_hz = data[0] & 2 ? 48000 : 8000;
	digits.event_hz = data[0] & 4 ? 8000 : digits.clock_hz;
	if (data[0] & 1)
		press_all(data + 1, size - 1, digits.clock_hz, digits.event_hz);
	else
		receive(&digits, data + 1, size - 1);
	return 0;
}
