/*
 * ticket.h - the keys of a leg as a text that is put on record, for a mediad
 * that does not know them any more.
 *
 * Contract: AES-256-GCM under the installation's secret and bound to the leg:
 * whoever reads the record alone reads no keys, and no other leg's ticket is
 * taken for this one's. Any thread.
 */
#pragma once

#include "services/mediad/secure/suite.h"

#define TICKET_TEXT_BYTES 176

/* 'text_out' has TICKET_TEXT_BYTES. False: OpenSSL refuses. */
bool ticket_seal(const char *secret, const char *leg,
		 const struct suite_keys *keys, char *text_out);
/* False: it was not sealed with this secret for this leg. 'keys_out' is to be
 * wiped after use. */
bool ticket_open(const char *secret, const char *leg, const char *text,
		 struct suite_keys *keys_out);
