/*
 * leg_roles.h - how a leg comes to its ports and descriptions: it answers an
 * offer, makes one, or is what it was before a crash.
 *
 * Contract: for leg_open. False: 'why_out'; the leg is to be freed, with
 * whatever it has got until then. The worker's thread.
 */
#pragma once

#include "services/mediad/leg.h"

bool leg_roles_open(struct leg *leg, const struct leg_media *wanted,
		    struct refusal *why_out);
