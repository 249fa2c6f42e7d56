/*
 * inbound.h - the door: requests that belong to no transaction and no dialog.
 *
 * Contract: every request is judged before it costs a transaction; what is
 * refused is refused statelessly and counted by its reason. Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

struct sipgw;

/* Takes the message over. */
void inbound_request(struct sipgw *gw, msg_t *msg, sip_t *sip);
