/*
 * policy.h - what of encryption is allowed for a leg: settings, and what the
 * interpreter asks for.
 *
 * Contract: made once at the start and only read then. Any thread.
 */
#pragma once

#include "services/mediad/sdp/sdp_secure.h"

struct dtls_house;
struct leg_media;
struct settings;

#define POLICY_ERROR_BYTES 256

struct policy;

/* NULL: 'error_out' (POLICY_ERROR_BYTES) names the setting that is wrong. */
struct policy *policy_new(const struct settings *settings, char *error_out);
struct policy *policy_free(struct policy *policy);
/* For handshakes; NULL: there is no DTLS here. */
struct dtls_house *policy_house(const struct policy *policy);
/* Our certificate of now, and another id, for descriptions to come. */
void policy_renew(const struct policy *policy, struct sdp_safety *safety);
/* With a seed of its own for its keys. False: 'why_out', for nothing is left
 * that is allowed. */
bool policy_for(const struct policy *policy, const struct leg_media *wanted,
		struct sdp_safety *safety_out, struct refusal *why_out);
