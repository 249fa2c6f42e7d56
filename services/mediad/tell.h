/*
 * tell.h - what mediad says without being asked: digits, keys that DTLS agreed
 * on, and phones that have fallen silent.
 *
 * Contract: bounded by what a person's fingers do: presses above
 * TELL_DIGITS_SECOND are dropped and counted. A 'struct media' without a
 * service (tests of the media alone) says nothing. The loop's thread.
 */
#pragma once

#include <stdint.h>

struct digits_press;
struct leg;
struct suite_keys;

#define TELL_DIGITS_SECOND 20

void tell_digit(struct leg *leg, const struct digits_press *press,
		int64_t now_ns);
/* What DTLS agreed on, sealed. */
void tell_keyed(struct leg *leg, const struct suite_keys *keys);
void tell_silent(struct leg *leg, int64_t for_ms);
