/*
 * credentials.c - digest arithmetic; see credentials.h.
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
	bool session;
	int rank;
} algorithms[] = {
	{"MD5", EVP_md5, false, 1},
	{"MD5-sess", EVP_md5, true, 2},
	{"SHA-256", EVP_sha256, false, 3},
	{"SHA-256-sess", EVP_sha256, true, 4},
	{"SHA-512-256", EVP_sha512_256, false, 5},
	{"SHA-512-256-sess", EVP_sha512_256, true, 6},
};

static int find(const char *name)
{
	if (!name)
		name = "MD5";
	for (int i = 0; i < (int)(sizeof(algorithms) / sizeof(*algorithms));
	     i++)
		if (strcasecmp(algorithms[i].name, name) == 0)
			return i;
	return -1;
}

/* The word is one of those offered. */
static bool offers(const char *list, const char *word)
{
	while (*list) {
		size_t length = strcspn(list, ", ");
		if (length == strlen(word) &&
		    strncasecmp(list, word, length) == 0)
			return true;
		list += length;
		list += strspn(list, ", ");
	}
	return false;
}

/* What is answered to a list: "auth" is enough where it is offered, since
 * bodies are changed on their way by more than attackers. NULL: no word of it.
 */
static const char *choose_qop(const char *list)
{
	if (offers(list, "auth"))
		return "auth";
	return offers(list, "auth-int") ? "auth-int" : NULL;
}

static bool is_safe(const char *text)
{
	return !text || (!str_has_control(text) && !strpbrk(text, "\"\\"));
}

int credentials_rank(const struct challenge *challenge)
{
	int algorithm = find(challenge->algorithm);
	if (algorithm < 0 || !challenge->realm || !challenge->nonce ||
	    !is_safe(challenge->realm) || !is_safe(challenge->nonce) ||
	    !is_safe(challenge->opaque) ||
	    (challenge->qop ? !choose_qop(challenge->qop)
			    : algorithms[algorithm].session))
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

bool credentials_response(const char *ha1, const struct claim *claim, char *to)
{
	char secret[HEX_BYTES], request[HEX_BYTES], body[HEX_BYTES];
	int algorithm = find(claim->algorithm);
	bool whole = claim->qop && strcasecmp(claim->qop, "auth-int") == 0;
	if (algorithm < 0 ||
	    (claim->qop && !whole && strcasecmp(claim->qop, "auth") != 0) ||
	    (!claim->qop && algorithms[algorithm].session))
		return false;
	const EVP_MD *digest = algorithms[algorithm].digest();
	const char *const a1[] = {ha1, claim->nonce, claim->client_nonce, NULL};
	const char *const text[] = {claim->body ? claim->body : "", NULL};
	const char *const a2[] = {claim->method, claim->uri,
				  whole ? body : NULL, NULL};
	const char *const plain[] = {secret, claim->nonce, request, NULL};
	const char *const counted[] = {
		secret,     claim->nonce, claim->count, claim->client_nonce,
		claim->qop, request,      NULL};
	if (algorithms[algorithm].session ? !hash(digest, a1, secret)
					  : !str_copy(secret, HEX_BYTES, ha1))
		return false;
	return hash(digest, text, body) && hash(digest, a2, request) &&
	       hash(digest, claim->qop ? counted : plain, to);
}

/* What follows the response in a header. */
static bool write_rest(const struct challenge *challenge,
		       const struct claim *claim, char *to, size_t size)
{
	return str_format(
		to, size, "%s%s%s%s%s%s%s%s%s%s",
		challenge->opaque ? ", opaque=\"" : "",
		challenge->opaque ? challenge->opaque : "",
		challenge->opaque ? "\"" : "", claim->qop ? ", qop=" : "",
		claim->qop ? claim->qop : "", claim->qop ? ", nc=" : "",
		claim->qop ? claim->count : "", claim->qop ? ", cnonce=\"" : "",
		claim->qop ? claim->client_nonce : "", claim->qop ? "\"" : "");
}

bool credentials_make(const struct challenge *challenge,
		      const struct credentials *who, char *to)
{
	char ha1[HEX_BYTES], response[HEX_BYTES], count[16], rest[1024];
	int algorithm = find(challenge->algorithm);
	struct claim claim = {
		.algorithm = challenge->algorithm,
		.nonce = challenge->nonce,
		.count = count,
		.client_nonce = who->client_nonce,
		.qop = challenge->qop ? choose_qop(challenge->qop) : NULL,
		.method = who->method,
		.uri = who->uri,
		.body = who->body,
	};
	const char *const a1[] = {who->username, challenge->realm,
				  who->password, NULL};
	if (!credentials_rank(challenge) || !is_safe(who->username) ||
	    !is_safe(who->uri) ||
	    !hash(algorithms[algorithm].digest(), a1, ha1))
		return false;
	str_format(count, sizeof(count), "%08x", who->count ? who->count : 1);
	return credentials_response(ha1, &claim, response) &&
	       write_rest(challenge, &claim, rest, sizeof(rest)) &&
	       str_format(to, CREDENTIALS_BYTES,
			  "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", "
			  "uri=\"%s\", response=\"%s\", algorithm=%s%s",
			  who->username, challenge->realm, challenge->nonce,
			  who->uri, response, algorithms[algorithm].name, rest);
}
