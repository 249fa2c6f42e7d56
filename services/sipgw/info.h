/*
 * info.h - INFO inside a dialog: digits (RFC 6086's legacy use).
 *
 * Contract: a digit is told once a transaction. No body: 200; a body of another
 * kind: 415; an info package, of which we have none: 469. Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

/* As nta's callback returns. */
int info_hear(struct leg *leg, nta_incoming_t *irq, const sip_t *sip);
