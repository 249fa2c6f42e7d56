/*
 * auth.c - digest credentials towards the callee; see auth.h.
 *
 * A server may want a new nonce for each request without saying that the old
 * one is stale; so a challenge is a refusal only if this very request has
 * answered that realm before.
 */
#include "services/sipgw/auth.h"

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/sipgw/credentials.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

#define CHALLENGES_MAX 8 /* of one response */

struct realm {
	bool proxy;
	char *realm, *nonce, *opaque, *algorithm, *qop;
	char client_nonce[ID_BYTES];
	uint32_t count;   /* of requests that answered this nonce */
	unsigned request; /* that was challenged last */
};

struct auth {
	char *username, *password;
	struct realm realms[AUTH_REALMS_MAX];
	unsigned realm_count;
	unsigned request, rounds;
};

struct auth *auth_new(const char *username, const char *password)
{
	if (!username || !*username)
		return NULL;
	struct auth *auth = mem_new(1, sizeof(*auth));
	auth->username = mem_copy_text(username);
	auth->password = mem_copy_text(password ? password : "");
	auth->request = 1;
	return auth;
}

static void clear(struct realm *realm)
{
	free(realm->realm);
	free(realm->nonce);
	free(realm->opaque);
	free(realm->algorithm);
	free(realm->qop);
	memset(realm, 0, sizeof(*realm));
}

struct auth *auth_free(struct auth *auth)
{
	if (!auth)
		return NULL;
	for (unsigned i = 0; i < auth->realm_count; i++)
		clear(&auth->realms[i]);
	explicit_bzero(auth->password, strlen(auth->password));
	free(auth->username);
	free(auth->password);
	free(auth);
	return NULL;
}

const char *auth_username(const struct auth *auth)
{
	return auth ? auth->username : "";
}

const char *auth_password(const struct auth *auth)
{
	return auth ? auth->password : "";
}

void auth_begin(struct auth *auth)
{
	if (!auth)
		return;
	auth->request++;
	auth->rounds = 0;
}

/* --- challenges --- */

struct offer {
	struct challenge challenge;
	bool stale;
	int rank;
};

/* One parameter of a challenge, without its quotes; NULL: absent. */
static const char *param_of(su_home_t *home, const msg_auth_t *auth,
			    const char *name)
{
	char value[513];
	const char *raw = msg_params_find(auth->au_params, name);
	if (!raw || !words_unquote(raw, value, sizeof(value)))
		return NULL;
	return su_strdup(home, value);
}

static struct offer read_offer(su_home_t *home, const msg_auth_t *auth)
{
	struct offer offer = {
		.challenge = {
			.realm = param_of(home, auth, "realm="),
			.nonce = param_of(home, auth, "nonce="),
			.opaque = param_of(home, auth, "opaque="),
			.algorithm = param_of(home, auth, "algorithm="),
			.qop = param_of(home, auth, "qop="),
		}};
	const char *stale = param_of(home, auth, "stale=");
	offer.stale = stale && str_same(stale, "true");
	if (str_same(auth->au_scheme, "Digest"))
		offer.rank = credentials_rank(&offer.challenge);
	return offer;
}

static struct realm *find(struct auth *auth, const char *name, bool proxy)
{
	for (unsigned i = 0; i < auth->realm_count; i++)
		if (auth->realms[i].proxy == proxy &&
		    str_equal(auth->realms[i].realm, name))
			return &auth->realms[i];
	return NULL;
}

/* True: something new can be said to this challenge. */
static bool take(struct auth *auth, const struct offer *offer, bool proxy)
{
	const struct challenge *challenge = &offer->challenge;
	struct realm *realm = find(auth, challenge->realm, proxy);
	if (realm && realm->request == auth->request && !offer->stale)
		return false;
	if (!realm) {
		if (auth->realm_count == AUTH_REALMS_MAX)
			return false;
		realm = &auth->realms[auth->realm_count++];
	}
	clear(realm);
	realm->proxy = proxy;
	realm->realm = mem_copy_text(challenge->realm);
	realm->nonce = mem_copy_text(challenge->nonce);
	realm->opaque = mem_copy_text(challenge->opaque);
	realm->algorithm = mem_copy_text(challenge->algorithm);
	realm->qop = mem_copy_text(challenge->qop);
	realm->request = auth->request;
	id_random("NC", realm->client_nonce);
	return true;
}

/* Of those of its realm; the first of equals. */
static bool is_best(const struct offer *offers, unsigned count,
		    const struct offer *one)
{
	for (unsigned i = 0; i < count; i++) {
		const struct offer *other = &offers[i];
		if (other != one && other->rank >= one->rank &&
		    (other->rank > one->rank || other < one) &&
		    str_equal(other->challenge.realm, one->challenge.realm))
			return false;
	}
	return one->rank > 0;
}

/* Of each realm the best challenge that we understand. */
static bool take_all(struct auth *auth, su_home_t *home,
		     const msg_auth_t *header, bool proxy)
{
	struct offer offers[CHALLENGES_MAX];
	unsigned count = 0;
	bool taken = false;
	for (; header && count < CHALLENGES_MAX; header = header->au_next)
		offers[count++] = read_offer(home, header);
	for (unsigned i = 0; i < count; i++) {
		if (!is_best(offers, count, &offers[i]))
			continue;
		if (!take(auth, &offers[i], proxy))
			return false;
		taken = true;
	}
	return taken;
}

bool auth_challenged(struct auth *auth, const sip_t *sip)
{
	if (!auth || auth->rounds >= AUTH_ROUNDS_MAX)
		return false;
	auth->rounds++;
	su_home_t *home = su_home_new(sizeof(*home));
	bool www = sip->sip_www_authenticate != NULL;
	bool proxy = sip->sip_proxy_authenticate != NULL;
	bool good = www || proxy;
	if (www)
		good = take_all(auth, home, sip->sip_www_authenticate, false);
	if (good && proxy)
		good = take_all(auth, home, sip->sip_proxy_authenticate, true);
	su_home_unref(home);
	return good;
}

/* --- answers --- */

void auth_lines(struct auth *auth, const char *method, const char *uri,
		const char *body, struct buf *to)
{
	char value[CREDENTIALS_BYTES];
	for (unsigned i = 0; auth && i < auth->realm_count; i++) {
		struct realm *realm = &auth->realms[i];
		const struct challenge challenge = {
			realm->realm, realm->nonce, realm->opaque,
			realm->algorithm, realm->qop};
		const struct credentials who = {
			.username = auth->username,
			.password = auth->password,
			.method = method,
			.uri = uri,
			.client_nonce = realm->client_nonce + 2,
			.body = body,
			.count = ++realm->count,
		};
		if (credentials_make(&challenge, &who, value))
			buf_addf(to, "%s: %s\r\n",
				 realm->proxy ? "Proxy-Authorization"
					      : "Authorization",
				 value);
	}
}
