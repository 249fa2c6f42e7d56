/*
 * handshake.h - DTLS on a leg's port: from the SDPs that ask for it to the keys
 * that its guard gets (RFC 5763).
 *
 * Contract: embedded in its leg, zeroed at first. A handshake is held with the
 * address that the SDP names, or whom partner.h finds behind NAT instead. What
 * fails is logged, and changes nothing: without keys nothing is sent or heard.
 * The leg's thread.
 */
#pragma once

#include "lib/runtime/loop.h"
#include "services/mediad/partner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dtls;
struct leg;
struct suite_keys;

struct handshake {
	struct dtls *dtls; /* NULL: none is asked for, or it is held already */
	struct suite_keys
		*kept; /* of the process before, for the first terms */
	bool held;     /* by the process before: 'key' is that one's */
	uint64_t key;  /* of the terms that asked for it */
	bool active;
	bool failed;
	bool told;              /* that it failed */
	struct endpoint stated; /* by their SDP */
	struct partner partner;
	struct loop_timer timer;
	int64_t began_ms;
};

/* As leg->terms say; one that was held for the same terms holds on. */
void handshake_start(struct leg *leg);
/* What comes from somebody else, too fast, or unasked, is refused and counted.
 */
void handshake_take(struct leg *leg, const uint8_t *data, size_t size,
		    const struct endpoint *from);
void handshake_stop(struct leg *leg);
/*
 * After a restart: the keys that were agreed on are in force with the next
 * terms, without a handshake. False: 'ticket' is none for this leg.
 */
bool handshake_keep(struct leg *leg, const char *ticket);
