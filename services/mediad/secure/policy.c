/*
 * policy.c - see policy.h.
 */
#include "services/mediad/secure/policy.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/settings.h"
#include "proto/proto.h"
#include "services/mediad/secure/dtls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NOT_ACCEPTABLE 488

struct policy {
	enum secure_mode answering, offering; /* where nothing is asked for */
	bool keys_always;
	enum suite suites[SUITE_COUNT];
	unsigned suite_count;
	struct dtls_house *house; /* NULL: no suite that DTLS knows */
};

static const struct {
	bool plain, sdes, dtls;
} allowed[] = {
	[SECURE_ABSENT] = {true, false, false},
	[SECURE_OFF] = {true, false, false},
	[SECURE_OPTIONAL] = {true, true, true},
	[SECURE_SDES] = {false, true, false},
	[SECURE_DTLS] = {false, false, true},
	[SECURE_REQUIRED] = {false, true, true},
};

static bool take_suites(struct policy *policy, const char *text,
			char *error_out)
{
	if (!text)
		return true; /* a program without that setting: none */
	policy->suite_count = suite_list(text, policy->suites);
	if (policy->suite_count > 0)
		return true;
	(void)str_format(error_out, POLICY_ERROR_BYTES,
			 "VOXBUS_SRTP_SUITES=%s: an unknown suite, or one "
			 "named twice",
			 text);
	return false;
}

struct policy *policy_new(const struct settings *settings, char *error_out)
{
	struct policy *policy = mem_new(1, sizeof(*policy));
	const char *word = settings->media_secure;

	if (!word || !word[0] || str_equal(word, "offered")) {
		policy->answering = SECURE_OPTIONAL;
		policy->offering = SECURE_OFF;
	} else {
		policy->answering = policy->offering =
			(enum secure_mode)proto_value(&secure_mode_set, word);
	}
	policy->keys_always = str_equal(settings->srtp_keys, "always");
	if (!take_suites(policy, settings->srtp_suites, error_out))
		return policy_free(policy);
	if (policy->suite_count > 0)
		policy->house =
			dtls_house_new(policy->suites, policy->suite_count);
	return policy;
}

struct dtls_house *policy_house(const struct policy *policy)
{
	return policy->house;
}

struct policy *policy_free(struct policy *policy)
{
	if (policy)
		dtls_house_free(policy->house);
	free(policy);
	return NULL;
}

static enum secure_mode mode_of(const struct policy *policy,
				const struct leg_media *wanted)
{
	if (wanted->secure != SECURE_ABSENT)
		return (enum secure_mode)wanted->secure;
	return wanted->role == LEG_ROLE_OFFER ? policy->offering
					      : policy->answering;
}

/* Suites that the interpreter asks for are among ours, or nothing. */
static void narrow(const struct policy *policy, const char *text,
		   struct sdp_safety *safety)
{
	enum suite asked[SUITE_COUNT];
	unsigned count = suite_list(text, asked);

	safety->suite_count = 0;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < policy->suite_count; j++)
			if (policy->suites[j] == asked[i])
				safety->suites[safety->suite_count++] =
					asked[i];
}

/* The id is another one for each leg: it tells one handshake from the next. */
static void take_house(const struct dtls_house *house,
		       struct sdp_safety *safety)
{
	uint8_t bytes[(SDP_TLS_ID_BYTES - 1) / 2];

	memcpy(safety->fingerprint, dtls_house_fingerprint(house),
	       SDP_FINGERPRINT_BYTES);
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	digest_hex(bytes, sizeof(bytes), safety->tls_id);
}

void policy_renew(const struct policy *policy, struct sdp_safety *safety)
{
	if (policy->house)
		take_house(policy->house, safety);
}

bool policy_for(const struct policy *policy, const struct leg_media *wanted,
		struct sdp_safety *safety_out, struct refusal *why_out)
{
	enum secure_mode mode = mode_of(policy, wanted);

	memset(safety_out, 0, sizeof(*safety_out));
	safety_out->plain = allowed[mode].plain;
	safety_out->sdes =
		allowed[mode].sdes && (policy->keys_always || wanted->tls);
	safety_out->dtls = allowed[mode].dtls && policy->house;
	if (safety_out->dtls)
		take_house(policy->house, safety_out);
	memcpy(safety_out->suites, policy->suites, sizeof(policy->suites));
	safety_out->suite_count = policy->suite_count;
	if (wanted->suites[0])
		narrow(policy, wanted->suites, safety_out);
	if (safety_out->suite_count == 0)
		safety_out->sdes = false;
	if (safety_out->sdes &&
	    getrandom(safety_out->seed, SDP_SEED_BYTES, 0) != SDP_SEED_BYTES)
		abort();
	if (safety_out->plain || safety_out->sdes || safety_out->dtls ||
	    wanted->role == LEG_ROLE_RESTORE)
		return true;
	return refusal_set(why_out, ERR_MEDIA_SECURE, NOT_ACCEPTABLE,
			   !wanted->tls && allowed[mode].sdes
				   ? "keys may not stand in an SDP over a SIP "
				     "that others can read: use TLS, or set "
				     "VOXBUS_SRTP_KEYS=always"
				   : "no suite is allowed that is asked for");
}
