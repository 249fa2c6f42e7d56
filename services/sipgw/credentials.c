/*
 * credentials.c - the answer to a digest challenge; see credentials.h.
 *
 * Our own, since sofia's client leaves out the nonce count that qop demands,
 * and knows MD5 only.
 */
#include "services/sipgw/credentials.h"

#include "lib/base/digest.h"
#include "lib/base/str.h"

#include <openssl/evp.h>

#include <string.h>
#include <strings.h>

#define HEX_BYTES (2 * EVP_MAX_MD_SIZE + 1)

static const struct {
	const char *name;
	const EVP_MD *(*digest)(void);
	int rank;
} algorithms[] = {
	{"MD5", EVP_md5, 1},
	{"SHA-256", EVP_sha256, 2},
};

static int find(const struct challenge *challenge)
{
	const char *name = challenge->algorithm ? challenge->algorithm : "MD5";
	for (int i = 0; i < (int)(sizeof(algorithms) / sizeof(*algorithms));
	     i++)
		if (strcasecmp(algorithms[i].name, name) == 0)
			return i;
	return -1;
}

/* "auth" is one of the words offered. */
static bool offers_auth(const char *qop)
{
	while (*qop) {
		size_t length = strcspn(qop, ", ");
		if (length == 4 && strncasecmp(qop, "auth", 4) == 0)
			return true;
		qop += length;
		qop += strspn(qop, ", ");
	}
	return false;
}

static bool is_safe(const char *text)
{
	return !text || (!str_has_control(text) && !strpbrk(text, "\"\\"));
}

int credentials_rank(const struct challenge *challenge)
{
	int algorithm = find(challenge);
	if (algorithm < 0 || !challenge->realm || !challenge->nonce ||
	    !is_safe(challenge->realm) || !is_safe(challenge->nonce) ||
	    !is_safe(challenge->opaque) ||
	    (challenge->qop && !offers_auth(challenge->qop)))
		return 0;
	return algorithms[algorithm].rank;
}

/* Hex of the digest of the parts, joined by colons. */
static bool hash(const EVP_MD *digest, const char *const *parts, char *hex_out)
{
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestInit_ex(context, digest, NULL) == 1;
	for (size_t i = 0; good && parts[i]; i++)
		good = (i == 0 || EVP_DigestUpdate(context, ":", 1) == 1) &&
		       EVP_DigestUpdate(context, parts[i], strlen(parts[i])) ==
			       1;
	good = good && EVP_DigestFinal_ex(context, bytes, &size) == 1;
	EVP_MD_CTX_free(context);
	digest_hex(bytes, good ? size : 0, hex_out);
	return good;
}

bool credentials_make(const struct challenge *challenge,
		      const struct credentials *who, char *to)
{
	char secret[HEX_BYTES], request[HEX_BYTES], response[HEX_BYTES];
	int algorithm = find(challenge);
	if (!credentials_rank(challenge) || !is_safe(who->username) ||
	    !is_safe(who->uri))
		return false;
	const EVP_MD *digest = algorithms[algorithm].digest();
	const char *const a1[] = {who->username, challenge->realm,
				  who->password, NULL};
	const char *const a2[] = {who->method, who->uri, NULL};
	const char *const plain[] = {secret, challenge->nonce, request, NULL};
	const char *const counted[] = {
		secret, challenge->nonce, "00000001", who->client_nonce,
		"auth", request,          NULL};
	if (!hash(digest, a1, secret) || !hash(digest, a2, request) ||
	    !hash(digest, challenge->qop ? counted : plain, response))
		return false;
	return str_format(
		to, CREDENTIALS_BYTES,
		"Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", "
		"uri=\"%s\", response=\"%s\", algorithm=%s%s%s%s%s%s%s",
		who->username, challenge->realm, challenge->nonce, who->uri,
		response, algorithms[algorithm].name,
		challenge->opaque ? ", opaque=\"" : "",
		challenge->opaque ? challenge->opaque : "",
		challenge->opaque ? "\"" : "",
		challenge->qop ? ", qop=auth, nc=00000001, cnonce=\"" : "",
		challenge->qop ? who->client_nonce : "",
		challenge->qop ? "\"" : "");
}
