/*
 * wheel.h - what happens to every leg now and then, from one timer: RTCP
 * reports, and the end of sessions that were forgotten.
 *
 * Contract: each leg is looked at every 4 to 6 s; a leg that neither sent nor
 * heard RTP since costs nothing more than the look. The timer runs only while
 * there are legs. The loop's thread.
 */
#pragma once

struct leg;
struct media;

void wheel_init(struct media *media);
/* leg_free takes it out by its wheel_link. */
void wheel_add(struct leg *leg);
/* One second's work; the timer's. */
void wheel_turn(struct media *media);
