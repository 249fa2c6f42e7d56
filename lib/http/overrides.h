/*
 * overrides.h - what a customer's URL says about its own request, in its
 * fragment: "https://app.example/voice#ct=2000&rc=3&rp=5xx,ct".
 *
 * Contract: Twilio's names and ranges, and SignalWire's 'ot' for 'ct'. Names
 * and words ignore case; values may be percent-encoded; of a name that comes
 * twice the last one holds. A number out of its range becomes the nearest one
 * within. What is not understood changes nothing. The fragment is neither sent
 * nor signed (url.h). Pure; any thread.
 *
 *   ct, ot  time to connect, TLS included                  100..10000 ms
 *   rt      wait for the answer, and between its pieces    100..15000 ms
 *   tt      everything: retries and redirects too          100..15000 ms
 *   rc      attempts after the first one                   0..5
 *   rp      after which failures: 4xx, 5xx, ct, rt, all    any, with commas
 *   sni, e  accepted without effect: a server's name is always told to it,
 *           and there is one place that requests leave from
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define OVERRIDES_ERROR_BYTES 160

enum overrides_retry { /* words of 'rp'; a mask */
		       RETRY_4XX = 1,
		       RETRY_5XX = 2,
		       RETRY_CT = 4, /* no connection: DNS, TCP or TLS */
		       RETRY_RT = 8, /* no (whole) answer over one */
		       RETRY_ALL = 15
};

struct overrides {
	int64_t connect_ms, read_ms, total_ms;
	unsigned retries;
	unsigned policy; /* mask of enum overrides_retry */
};

/*
 * 'overrides' holds what is so without a word, and then what holds. False: at
 * least one thing was not understood or not in its range; 'error_out'
 * (OVERRIDES_ERROR_BYTES, or NULL) says which was the first; "" otherwise. A
 * fragment without '=' is an anchor in a page, and says nothing.
 */
bool overrides_read(const char *url, struct overrides *overrides,
		    char *error_out);
