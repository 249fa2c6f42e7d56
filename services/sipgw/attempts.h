/*
 * attempts.h - the addresses of a callee: which is tried next, for how long,
 * and how each one went.
 *
 * Contract: an address is checked when it is about to be used: it is one of our
 * family that VOXBUS_SIP_OUT_ALLOW and the account's list let us reach. While
 * another address waits, one that stays silent is given up after
 * ATTEMPT_SILENT_MS. Owned by the leg; gone with it. Loop's thread.
 */
#pragma once

#include "services/sipgw/targets.h"

#include <stdbool.h>

/* INVITEs over UDP have gone out four times by then. */
#define ATTEMPT_SILENT_MS 4000
#define ATTEMPTS_MAX 16

struct leg;
struct attempts;

/* The leg's addresses from here on; what was tried before stays told. */
void attempts_set(struct leg *leg, const struct targets *targets);
void attempts_free(struct leg *leg);
/* Sets the leg's peer and transport to the next address. False: there is none
 * left; 'error_out' is why the last one was not used, or unchanged. */
bool attempts_next(struct leg *leg, int *error_out);
/* Another address waits. */
bool attempts_left(const struct leg *leg);
/* The INVITE to it is sent. 'silent' runs if nothing comes, and another address
 * is left. */
void attempts_sent(struct leg *leg, void (*silent)(struct leg *leg));
/* Something came from there. */
void attempts_heard(struct leg *leg);
/* How it went. 'status' 0: nothing came, and 'error' says why; 'error_text' is
 * more about it, or "": what errors.def says. */
void attempts_end(struct leg *leg, int status, const char *phrase, int error,
		  const char *error_text);
/* Why the last address that had this error had it, and which one it was; NULL:
 * none had it. */
const char *attempts_why(const struct leg *leg, int error);
/* Copies what was tried; returns how many. 'to' has ATTEMPTS_MAX. */
uint32_t attempts_tell(const struct leg *leg, struct attempt *to);
