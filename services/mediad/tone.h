/*
 * tone.h - plays tones to legs, all from one timer.
 *
 * Contract: called by leg_feed alone. The timer runs only while somebody
 * listens. The loop's thread.
 */
#pragma once

struct leg;
struct media;

void tone_init(struct media *media);
void tone_start(struct leg *leg);
void tone_stop(struct leg *leg);
/* Plays what is due at 'media's time; the timer's work. Returns frames. */
unsigned tone_play(struct media *media);
