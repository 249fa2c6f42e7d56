/*
 * rtcp.h - RTCP (RFC 3550, section 6) with its extended reports (RFC 3611):
 * what we report and what we read.
 *
 * Contract: rtcp_parse takes a whole datagram of at most RTCP_PACKET_MAX and
 * RTCP_PARTS_MAX parts, checks it after appendix A.2 and gives what the other
 * side says about our stream; whatever else it holds is checked and ignored, a
 * BYE too. rtcp_write makes a compound packet: SR or RR, SDES with a CNAME,
 * then XR: the time when we did not send (so that the round trip is known
 * anyway), the answer to theirs, and the quality that their sound has here. Who
 * does not know XR leaves it out (RFC 3550, 6.1). Any thread.
 */
#pragma once

#include "services/mediad/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTCP_PACKET_MAX 1500
#define RTCP_PARTS_MAX 16
#define RTCP_CNAME_BYTES 32
#define RTCP_WRITE_BYTES 192 /* a report never needs more */

struct rtcp_news {
	bool sender_report;
	uint32_t ntp_middle; /* of that report: goes back in ours */
	bool about_us;       /* a report block bore our SSRC */
	uint8_t fraction_lost;
	uint32_t lost; /* of ours, so far */
	uint32_t jitter;
	uint32_t last_report, since_report; /* for the round trip; 0: none */
	/* XR */
	bool asks;                      /* for the round trip … */
	uint32_t asks_middle;           /* … with this time */
	uint32_t echo_last, echo_since; /* of what we asked; 0: none */
	bool voip;                      /* how our sound is there: … */
	uint8_t voip_loss, voip_discard, voip_r, voip_mos; /* MOS in tenths */
};

bool rtcp_parse(const uint8_t *data, size_t size, uint32_t our_ssrc,
		struct rtcp_news *news_out);

/* What is said about their sound; see RFC 3611, 4.7. */
struct rtcp_voip {
	uint8_t loss, discard; /* of 256 */
	uint16_t round_trip_ms;
	uint8_t r_factor, mos_tenths;
	uint16_t buffer_ms, buffer_max_ms;
};

struct rtcp_report {
	const struct stream_out *out;
	struct stream_in *in; /* its counters since the last report move on */
	bool sent;            /* we sent since the last report: SR */
	int64_t now_ns, wall_ms;
	uint32_t ntp_middle; /* of their last SR; 0: none … */
	int64_t heard_ns;    /* … which came then */
	const char *cname;
	uint32_t asked_middle;        /* of their XR; 0: they did not ask … */
	int64_t asked_ns;             /* … which came then */
	const struct rtcp_voip *voip; /* NULL: nothing is known */
};

/* 'to' has RTCP_WRITE_BYTES; returns how many are used. */
size_t rtcp_write(const struct rtcp_report *report, uint8_t *to);
/* The middle 32 bits of an NTP time, as SR and RR compare them. */
uint32_t rtcp_ntp_middle(int64_t wall_ms);
