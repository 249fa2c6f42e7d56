/*
 * first.h - what a datagram on a media port is, by its first byte (RFC 7983).
 *
 * Contract: nothing but two bytes is looked at; what follows may be malformed
 * all the same. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum first {
	FIRST_RTP,
	FIRST_RTCP, /* its second byte is a packet type of 192 to 223 */
	FIRST_DTLS,
	FIRST_STUN, /* with ZRTP and TURN channels: nothing we answer */
	FIRST_OTHER /* no protocol that RFC 7983 knows; or empty */
};

enum first first_of(const uint8_t *data, size_t size);
