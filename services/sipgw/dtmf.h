/*
 * dtmf.h - digits in the body of an INFO: application/dtmf-relay
 * ("Signal=5\r\nDuration=160") and application/dtmf ("5").
 *
 * Contract: pure. The numbers 10 to 15 of some phones are *, # and A to D; 16
 * is a hook flash, which is no digit. Any thread.
 */
#pragma once

#include <stddef.h>

#define DTMF_DURATION_MAX_MS 60000

enum dtmf { DTMF_BAD, DTMF_NONE, DTMF_DIGIT };

/* 'digit_out' and 'duration_ms_out' (0: not told) are set for DTMF_DIGIT. */
enum dtmf dtmf_relay(const char *body, size_t length, char *digit_out,
		     int *duration_ms_out);
enum dtmf dtmf_plain(const char *body, size_t length, char *digit_out);
