/*
 * sdp_secure.c - see sdp_secure.h.
 */
#include "services/mediad/sdp/sdp_secure.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/str.h"
#include "proto/proto.h"
#include "services/mediad/sdp/sdp_parser.h"

#include <stdio.h>
#include <string.h>

#define NOT_ACCEPTABLE 488
#define KEY_TEXT_BYTES DIGEST_BASE64_BYTES(SUITE_KEY_MAX)
#define TLS_ID_MIN 20 /* RFC 8842, 4 */
#define TLS_ID_MAX 255

/* --- reading --- */

/* Base64 with its padding or, as some write it, without. */
static bool decode(struct sdp_slice text, uint8_t *key_out, size_t *size_out)
{
	char padded[KEY_TEXT_BYTES + 4];
	uint8_t bytes[KEY_TEXT_BYTES];
	size_t length = text.length;
	long size;

	while (length > 0 && text.at[length - 1] == '=')
		length--;
	if (!str_copy_bytes(padded, KEY_TEXT_BYTES, text.at, length))
		return false;
	for (; length % 4; length++)
		padded[length] = '=';
	padded[length] = '\0';
	size = digest_unbase64(padded, bytes);
	if (size > 0 && size <= SUITE_KEY_MAX) {
		memcpy(key_out, bytes, (size_t)size);
		*size_out = (size_t)size;
	}
	suite_wipe(padded, sizeof(padded));
	suite_wipe(bytes, sizeof(bytes));
	return size > 0 && size <= SUITE_KEY_MAX;
}

static bool has_key(const struct sdp_crypto *crypto, uint8_t *key_out)
{
	size_t size;

	return decode(crypto->key, key_out, &size) &&
	       size == suite_bytes(crypto->suite);
}

/* "inline:KEY", "inline:KEY|2^31"; a key with an index (MKI) or several keys
 * are for those who change them on the way: not ours. */
static bool read_key(struct sdp_slice word, struct sdp_crypto *crypto)
{
	uint8_t key[SUITE_KEY_MAX];
	struct sdp_slice method = sdp_slice_until(&word, ':');
	bool good;

	if (!sdp_slice_same(method, "inline") ||
	    memchr(word.at, ';', word.length))
		return false;
	crypto->key = sdp_slice_until(&word, '|');
	if (memchr(word.at, ':', word.length))
		return false;
	good = has_key(crypto, key);
	suite_wipe(key, sizeof(key));
	return good;
}

/* Parameters that change the packets are refused, the one that does not is
 * let be: it is a hint. */
static bool are_harmless(struct sdp_slice parameters)
{
	struct sdp_slice word;

	while (sdp_slice_word(&parameters, &word))
		if (word.length < 4 || strncmp(word.at, "WSH=", 4) != 0)
			return false;
	return true;
}

/* "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:…|2^20" */
bool sdp_take_crypto(struct sdp_parser *parser, struct sdp_slice value)
{
	struct sdp_media *media = parser->media;
	struct sdp_slice tag, name, key;
	struct sdp_crypto crypto;
	uint32_t number;

	if (!media || media->crypto_count == SDP_CRYPTO_MAX ||
	    !sdp_slice_word(&value, &tag) || !sdp_slice_word(&value, &name) ||
	    !sdp_slice_word(&value, &key) || tag.length > 9 ||
	    !sdp_slice_number(tag, 999999999, &number))
		return true;
	crypto.tag = tag;
	crypto.suite = suite_find(name.at, name.length);
	if (crypto.suite != SUITE_NONE && are_harmless(value) &&
	    read_key(key, &crypto))
		media->crypto[media->crypto_count++] = crypto;
	return true;
}

static struct sdp_dtls *dtls_of(struct sdp_parser *parser)
{
	return parser->media ? &parser->media->dtls : &parser->dtls;
}

/* "4A:AD:…" */
static bool read_hex(struct sdp_slice text, uint8_t *bytes_out)
{
	if (text.length != 3 * SDP_FINGERPRINT_BYTES - 1)
		return false;
	for (size_t i = 0; i < SDP_FINGERPRINT_BYTES; i++) {
		int high = str_hex_digit(text.at[3 * i]),
		    low = str_hex_digit(text.at[3 * i + 1]);

		if (high < 0 || low < 0 || (i > 0 && text.at[3 * i - 1] != ':'))
			return false;
		bytes_out[i] = (uint8_t)(16 * high + low);
	}
	return true;
}

/* "fingerprint:sha-256 4A:AD:…"; of several the one that we can check. */
bool sdp_take_fingerprint(struct sdp_parser *parser, struct sdp_slice value)
{
	struct sdp_dtls *dtls = dtls_of(parser);
	uint8_t bytes[SDP_FINGERPRINT_BYTES];
	struct sdp_slice name, text;

	if (!sdp_slice_word(&value, &name) || !sdp_slice_word(&value, &text) ||
	    !sdp_slice_same(name, "sha-256") || !read_hex(text, bytes))
		return true;
	dtls->there = true;
	memcpy(dtls->fingerprint, bytes, sizeof(bytes));
	return true;
}

static const char *const setups[] = {
	[SDP_SETUP_ACTIVE] = "active",
	[SDP_SETUP_PASSIVE] = "passive",
	[SDP_SETUP_ACTPASS] = "actpass",
	[SDP_SETUP_HOLD] = "holdconn",
};

bool sdp_take_setup(struct sdp_parser *parser, struct sdp_slice value)
{
	for (int i = SDP_SETUP_ACTIVE; i <= SDP_SETUP_HOLD; i++)
		if (sdp_slice_same(sdp_slice_trimmed(value), setups[i]))
			dtls_of(parser)->setup = (enum sdp_setup)i;
	return true;
}

bool sdp_take_tls_id(struct sdp_parser *parser, struct sdp_slice value)
{
	value = sdp_slice_trimmed(value);
	if (value.length >= TLS_ID_MIN && value.length <= TLS_ID_MAX)
		dtls_of(parser)->tls_id = value;
	return true;
}

/* --- choosing --- */

static const struct sdp_crypto *first_crypto(const struct sdp_safety *safety,
					     const struct sdp_media *media)
{
	for (unsigned i = 0; i < media->crypto_count; i++)
		for (unsigned j = 0; j < safety->suite_count; j++)
			if (media->crypto[i].suite == safety->suites[j])
				return &media->crypto[i];
	return NULL;
}

static bool refuse(const struct sdp_media *media, const char *why,
		   struct refusal *why_out)
{
	return refusal_set(why_out, ERR_MEDIA_SECURE, NOT_ACCEPTABLE,
			   "line %u: %s", media->line, why);
}

/* Keys in the SDP come first where both are offered: there is sound at once,
 * and it survives us. RTP/AVP with keys is the offer of RFC 8643. */
bool sdp_choose_cipher(const struct sdp_safety *safety,
		       const struct sdp_media *media,
		       struct sdp_choice *choice_out, struct refusal *why_out)
{
	const struct sdp_crypto *crypto =
		safety->sdes && media->profile != SDP_PROFILE_DTLS
			? first_crypto(safety, media)
			: NULL;
	bool dtls = safety->dtls && media->dtls.there &&
		    media->dtls.setup != SDP_SETUP_HOLD;

	*choice_out = (struct sdp_choice){.cipher = SDP_CIPHER_NONE};
	if (crypto) {
		choice_out->cipher = SDP_CIPHER_SDES;
		choice_out->crypto = crypto;
		return true;
	}
	if (dtls) {
		choice_out->cipher = SDP_CIPHER_DTLS;
		return true;
	}
	if (media->profile == SDP_PROFILE_PLAIN)
		return safety->plain ||
		       refuse(media, "media must be encrypted", why_out);
	if (!safety->sdes && !safety->dtls)
		return refuse(media, "encrypted media is switched off",
			      why_out);
	return refuse(media,
		      "no way to encrypt that is allowed here: its suites, or "
		      "keys over a SIP that others can read",
		      why_out);
}

enum sdp_setup sdp_setup_for(const struct sdp_safety *safety,
			     const struct sdp_media *offer)
{
	enum sdp_setup theirs = offer->dtls.setup;

	return theirs == SDP_SETUP_ACTIVE || theirs == SDP_SETUP_NONE ||
			       (theirs == SDP_SETUP_ACTPASS && safety->waits)
		       ? SDP_SETUP_PASSIVE
		       : SDP_SETUP_ACTIVE;
}

const char *sdp_proto_for(const struct sdp_safety *safety)
{
	if (safety->plain)
		return "RTP/AVP";
	return safety->sdes ? "RTP/SAVP" : "UDP/TLS/RTP/SAVP";
}

/* --- writing --- */

/*
 * Two blocks of HMAC-SHA-256 with the seed are as good as 64 random bytes, and
 * the same for the same question.
 */
static void make_key(const struct sdp_safety *safety, enum suite suite,
		     unsigned place, struct sdp_slice theirs, uint8_t *key_out)
{
	uint8_t blocks[2 * DIGEST_SHA256_BYTES];
	char words[128 + KEY_TEXT_BYTES];

	for (int i = 0; i < 2; i++) {
		int length =
			snprintf(words, sizeof(words), "sdes %d %s %u %.*s", i,
				 suite_rows[suite].name, place,
				 (int)theirs.length, theirs.at);

		digest_hmac_sha256((const char *)safety->seed, SDP_SEED_BYTES,
				   words, (size_t)length,
				   blocks + i * DIGEST_SHA256_BYTES);
	}
	memcpy(key_out, blocks, SUITE_KEY_MAX);
	suite_wipe(blocks, sizeof(blocks));
	suite_wipe(words, sizeof(words));
}

static void write_crypto(const struct sdp_safety *safety, enum suite suite,
			 struct sdp_slice tag, unsigned place,
			 struct sdp_slice theirs, struct buf *to)
{
	uint8_t key[SUITE_KEY_MAX];
	char text[KEY_TEXT_BYTES];

	make_key(safety, suite, place, theirs, key);
	digest_base64(key, suite_bytes(suite), text);
	buf_addf(to, "a=crypto:%.*s %s inline:%s\r\n", (int)tag.length, tag.at,
		 suite_rows[suite].name, text);
	suite_wipe(key, sizeof(key));
	suite_wipe(text, sizeof(text));
}

static void write_fingerprint(const uint8_t *bytes, struct buf *to)
{
	buf_add_text(to, "a=fingerprint:sha-256 ");
	for (int i = 0; i < SDP_FINGERPRINT_BYTES; i++)
		buf_addf(to, "%s%02X", i ? ":" : "", bytes[i]);
	buf_add_text(to, "\r\n");
}

static void write_dtls(const uint8_t *fingerprint, enum sdp_setup setup,
		       struct sdp_slice tls_id, struct buf *to)
{
	write_fingerprint(fingerprint, to);
	buf_addf(to, "a=setup:%s\r\n", setups[setup]);
	if (tls_id.length > 0)
		buf_addf(to, "a=tls-id:%.*s\r\n", (int)tls_id.length,
			 tls_id.at);
}

static struct sdp_slice own_tls_id(const struct sdp_safety *safety)
{
	return (struct sdp_slice){safety->tls_id, strlen(safety->tls_id)};
}

void sdp_write_choice(const struct sdp_safety *safety,
		      const struct sdp_choice *choice,
		      const struct sdp_media *offer, unsigned place,
		      struct buf *to)
{
	if (choice->cipher == SDP_CIPHER_SDES)
		write_crypto(safety, choice->crypto->suite, choice->crypto->tag,
			     place, choice->crypto->key, to);
	if (choice->cipher == SDP_CIPHER_DTLS)
		write_dtls(safety->fingerprint, sdp_setup_for(safety, offer),
			   offer->dtls.tls_id.length > 0
				   ? own_tls_id(safety)
				   : (struct sdp_slice){0},
			   to);
}

void sdp_write_ciphers(const struct sdp_safety *safety, unsigned place,
		       struct buf *to)
{
	char tag[12];

	for (unsigned i = 0; safety->sdes && i < safety->suite_count; i++) {
		(void)str_format(tag, sizeof(tag), "%u", i + 1);
		write_crypto(safety, safety->suites[i],
			     (struct sdp_slice){tag, strlen(tag)}, place,
			     (struct sdp_slice){"", 0}, to);
	}
	if (safety->dtls)
		write_dtls(safety->fingerprint, SDP_SETUP_ACTPASS,
			   own_tls_id(safety), to);
}

void sdp_write_same_ciphers(const struct sdp_media *ours, struct buf *to)
{
	for (unsigned i = 0; i < ours->crypto_count; i++) {
		const struct sdp_crypto *crypto = &ours->crypto[i];

		buf_addf(to, "a=crypto:%.*s %s inline:%.*s\r\n",
			 (int)crypto->tag.length, crypto->tag.at,
			 suite_rows[crypto->suite].name,
			 (int)crypto->key.length, crypto->key.at);
	}
	/* RFC 8842, 5.2: whoever offers leaves open who begins. */
	if (ours->dtls.there)
		write_dtls(ours->dtls.fingerprint, SDP_SETUP_ACTPASS,
			   ours->dtls.tls_id, to);
}

/* --- agreeing --- */

static bool same_slice(struct sdp_slice a, struct sdp_slice b)
{
	return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

/* The answer has one line, with the tag of the offer's that it takes. */
static bool find_pair(const struct sdp_media *ours,
		      const struct sdp_media *theirs,
		      const struct sdp_crypto **our_out,
		      const struct sdp_crypto **their_out)
{
	for (unsigned i = 0; i < ours->crypto_count; i++)
		for (unsigned j = 0; j < theirs->crypto_count; j++) {
			*our_out = &ours->crypto[i];
			*their_out = &theirs->crypto[j];
			if ((*our_out)->suite == (*their_out)->suite &&
			    same_slice((*our_out)->tag, (*their_out)->tag))
				return true;
		}
	return false;
}

bool sdp_agree_cipher(const struct sdp_media *ours,
		      const struct sdp_media *theirs,
		      enum sdp_cipher *cipher_out, struct refusal *why_out)
{
	const struct sdp_crypto *our, *their;

	if (find_pair(ours, theirs, &our, &their)) {
		*cipher_out = SDP_CIPHER_SDES;
		return true;
	}
	if (ours->dtls.there && theirs->dtls.there) {
		*cipher_out = SDP_CIPHER_DTLS;
		return true;
	}
	*cipher_out = SDP_CIPHER_NONE;
	return (ours->profile == SDP_PROFILE_PLAIN &&
		theirs->profile == SDP_PROFILE_PLAIN) ||
	       refuse(theirs, "no way to encrypt that we offered", why_out);
}

bool sdp_agree_keys(const struct sdp_media *ours,
		    const struct sdp_media *theirs, struct suite_keys *keys_out)
{
	const struct sdp_crypto *our, *their;

	if (!find_pair(ours, theirs, &our, &their))
		return false;
	memset(keys_out, 0, sizeof(*keys_out));
	keys_out->suite = our->suite;
	return has_key(our, keys_out->ours) && has_key(their, keys_out->theirs);
}

bool sdp_agree_active(const struct sdp_media *ours,
		      const struct sdp_media *theirs)
{
	if (ours->dtls.setup != SDP_SETUP_ACTPASS)
		return ours->dtls.setup == SDP_SETUP_ACTIVE;
	return theirs->dtls.setup == SDP_SETUP_PASSIVE;
}
