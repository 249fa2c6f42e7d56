/*
 * tap.h - keys in the sound of a leg whose other side has no RTP events, and
 * what becomes of them.
 *
 * Contract: tap_review after the leg's terms changed: a leg that agreed on no
 * events is listened to, others are not, so that no key is heard twice. A key
 * is told once, when it is let go. If the peer knows events it is told by one,
 * from the moment that the tone is believed to be a key (about 40 ms of it were
 * heard by then); the rest of the tone is kept from it. The worker's thread.
 */
#pragma once

#include <stdbool.h>

struct leg;

void tap_review(struct leg *leg);
/* Keys of the leg go to its peer as events: its sound must pass through our
 * hands, so that they do not go there as tones too. */
bool tap_carries(const struct leg *leg);
