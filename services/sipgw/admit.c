/*
 * admit.c - who an INVITE's call belongs to; see admit.h.
 *
 * Whoever sends no credentials is told which realm wants some; whoever sends
 * wrong ones hears the same again, whether or not the user exists.
 */
#include "services/sipgw/admit.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/accounts.h"
#include "services/sipgw/digest_in.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

#define USER_BYTES 256
#define VALUE_BYTES 1024
#define ANSWERS_MAX 4 /* Authorization headers that are looked at */

METRIC_COUNTER(good_total, "sip_digest_total", "result=\"good\"",
	       "Credentials of callers.")
METRIC_COUNTER(stale_total, "sip_digest_total", "result=\"stale\"",
	       "Credentials of callers.")
METRIC_COUNTER(wrong_total, "sip_digest_total", "result=\"wrong\"",
	       "Credentials of callers.")

static bool called_user(const sip_t *sip, char *to)
{
	const char *user = sip->sip_request->rq_url->url_user;
	return words_unescape(user ? user : "", to, USER_BYTES);
}

/* --- credentials --- */

/* One Authorization, read. */
struct answer_read {
	char username[USER_BYTES], realm[USER_BYTES], nonce[USER_BYTES];
	char uri[VALUE_BYTES], response[CREDENTIALS_HEX_BYTES];
	char algorithm[32], qop[16], count[16], client_nonce[USER_BYTES];
};

static bool read_param(const msg_auth_t *auth, const char *name, bool needed,
		       char *to, size_t size)
{
	const char *raw = msg_params_find(auth->au_params, name);
	*to = '\0';
	return raw ? words_unquote(raw, to, size) : !needed;
}

static bool read_answer(const msg_auth_t *auth, struct answer_read *to)
{
	const struct {
		const char *name;
		bool needed;
		char *to;
		size_t size;
	} params[] = {
		{"username=", true, to->username, sizeof(to->username)},
		{"realm=", true, to->realm, sizeof(to->realm)},
		{"nonce=", true, to->nonce, sizeof(to->nonce)},
		{"uri=", true, to->uri, sizeof(to->uri)},
		{"response=", true, to->response, sizeof(to->response)},
		{"algorithm=", false, to->algorithm, sizeof(to->algorithm)},
		{"qop=", false, to->qop, sizeof(to->qop)},
		{"nc=", false, to->count, sizeof(to->count)},
		{"cnonce=", false, to->client_nonce, sizeof(to->client_nonce)},
	};
	bool good = str_same(auth->au_scheme, "Digest");
	for (size_t i = 0; good && i < sizeof(params) / sizeof(params[0]); i++)
		good = read_param(auth, params[i].name, params[i].needed,
				  params[i].to, params[i].size);
	return good;
}

/* The request's own URI, by RFC 3261's rules of comparison. */
static bool same_uri(const sip_t *sip, const char *text)
{
	su_home_t *home = su_home_new(sizeof(*home));
	url_t *url = url_make(home, text);
	bool same = url && url_cmp_all(url, sip->sip_request->rq_url) == 0;
	su_home_unref(home);
	return same;
}

static enum digest_in_verdict judge(struct sipgw *gw, const sip_t *sip,
				    const struct answer_read *answer,
				    const char *source,
				    const struct credential_config *known)
{
	const struct digest_in_claim claim = {
		.claim = {.algorithm =
				  *answer->algorithm ? answer->algorithm : NULL,
			  .nonce = answer->nonce,
			  .count = answer->count,
			  .client_nonce = answer->client_nonce,
			  .qop = *answer->qop ? answer->qop : NULL,
			  .method = sip->sip_request->rq_method_name,
			  .uri = answer->uri},
		.username = answer->username,
		.realm = answer->realm,
		.response = answer->response,
		.uri_is_ours = same_uri(sip, answer->uri),
	};
	return digest_in_judge(gw->digest_in, &claim, known, source,
			       clock_mono_ms());
}

static const char *challenges(struct sipgw *gw,
			      const struct accounts_realm *realm,
			      const char *source, bool stale, char *to)
{
	char nonce[DIGEST_IN_NONCE_BYTES], quoted[520], one[VALUE_BYTES / 2];
	static const char form[] =
		"WWW-Authenticate: Digest realm=%s, nonce=\"%s\", "
		"algorithm=%s, qop=\"auth\"%s";
	const char *end = stale ? ", stale=true" : "";
	digest_in_nonce(gw->digest_in, source, clock_mono_ms(), nonce);
	*one = '\0';
	if (!words_quote(realm->realm, quoted, sizeof(quoted)))
		str_copy(quoted, sizeof(quoted), "\"voxbus\"");
	/* The better one first (RFC 8760 2.4). */
	if (realm->sha256)
		str_format(one, sizeof(one), form, quoted, nonce, "SHA-256",
			   end);
	str_copy(to, ADMIT_HEADER_BYTES, one);
	if (realm->md5) {
		size_t used = strlen(to);
		str_format(one, sizeof(one), form, quoted, nonce, "MD5", end);
		str_format(to + used, ADMIT_HEADER_BYTES - used, "%s%s",
			   used ? "\r\n" : "", one);
	}
	return to;
}

/* The answer to a challenge of this realm, if there is one. */
static bool find_answer(const sip_t *sip, const char *realm,
			struct answer_read *to)
{
	const msg_auth_t *auth = sip->sip_authorization;
	for (unsigned i = 0; auth && i < ANSWERS_MAX; i++) {
		if (read_answer(auth, to) && str_equal(to->realm, realm))
			return true;
		auth = auth->au_next;
	}
	return false;
}

enum admit admit_stranger(struct sipgw *gw, const sip_t *sip,
			  const struct sockaddr *source,
			  struct admission *admission, char *header_out)
{
	const char *host = sip->sip_request->rq_url->url_host;
	char user[USER_BYTES], source_text[64];
	struct accounts_realm realm;
	struct answer_read answer;
	bool stale = false;
	cidr_text(source, source_text);
	if (!called_user(sip, user) ||
	    !accounts_realm(gw->accounts, host ? host : "", user, &realm))
		return ADMIT_FORBIDDEN;
	if (guard_is_barred(gw->guard, source, clock_mono_ms()))
		return ADMIT_BARRED;
	if (find_answer(sip, realm.realm, &answer)) {
		const struct credential_config *known =
			accounts_credential(gw->accounts, answer.username);
		switch (judge(gw, sip, &answer, source_text, known)) {
		case DIGEST_IN_GOOD:
			metric_add(&good_total, 1);
			str_copy(admission->account_sid,
				 sizeof(admission->account_sid),
				 known->account_sid);
			return ADMIT_GOOD;
		case DIGEST_IN_STALE:
			metric_add(&stale_total, 1);
			stale = true;
			break;
		case DIGEST_IN_WRONG:
			metric_add(&wrong_total, 1);
			guard_wrong(gw->guard, source, clock_mono_ms());
			log_info(NULL, "wrong credentials from %s",
				 source_text);
			break;
		}
	}
	challenges(gw, &realm, source_text, stale, header_out);
	return ADMIT_CHALLENGED;
}

/* --- numbers --- */

enum admit admit_number(struct sipgw *gw, const sip_t *sip,
			struct admission *admission)
{
	char user[USER_BYTES];
	const char *account = admission->account_sid;
	const struct number_config *number = NULL;
	if (called_user(sip, user))
		number = accounts_number(gw->accounts, user);
	if (number && *account && !str_equal(number->account_sid, account))
		return ADMIT_FOREIGN;
	if (number)
		str_copy(admission->account_sid, sizeof(admission->account_sid),
			 number->account_sid);
	admission->number = number;
	const struct account_config *config = accounts_find(
		gw->accounts, *account ? account : gw->service->account_sid);
	return config && config->suspended ? ADMIT_FOREIGN : ADMIT_GOOD;
}
