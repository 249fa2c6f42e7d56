/*
 * dtls.c - see dtls.h. OpenSSL talks to a BIO of our own, which holds one
 * datagram that came in, and hands on each that goes out.
 */
#include "services/mediad/secure/dtls.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S (24L * 3600)
#define SECRET_BYTES 32
#define LABEL "EXTRACTOR-dtls_srtp"
#define PEER_BYTES 64

struct dtls_house {
	SSL_CTX *context;
	BIO_METHOD *wire;
	uint8_t fingerprint[DTLS_FINGERPRINT_BYTES];
	char secret[SECRET_BYTES]; /* of cookies */
};

struct dtls {
	struct dtls_house *house;
	SSL *ssl;
	enum dtls_state state;
	bool active;
	uint8_t fingerprint[DTLS_FINGERPRINT_BYTES];
	char peer[PEER_BYTES];
	dtls_send_fn *send;
	void *owner;
	const uint8_t *data; /* that came in; NULL: taken */
	size_t size;
	const char *why;
};

/* --- the wire --- */

static int wire_write(BIO *bio, const char *data, int size)
{
	struct dtls *dtls = BIO_get_data(bio);

	dtls->send(dtls->owner, (const uint8_t *)data, (size_t)size);
	return size;
}

static int wire_read(BIO *bio, char *data, int size)
{
	struct dtls *dtls = BIO_get_data(bio);
	size_t taken = dtls->size;

	BIO_clear_retry_flags(bio);
	if (!dtls->data) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if (taken > (size_t)size)
		taken = (size_t)size;
	memcpy(data, dtls->data, taken);
	dtls->data = NULL;
	return (int)taken;
}

static long wire_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH: return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU: return DTLS_DATAGRAM_MAX;
	default: return 0;
	}
}

static int wire_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *wire_method(void)
{
	BIO_METHOD *method = BIO_meth_new(
		BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "voxbus datagrams");

	if (method && (!BIO_meth_set_write(method, wire_write) ||
		       !BIO_meth_set_read(method, wire_read) ||
		       !BIO_meth_set_ctrl(method, wire_control) ||
		       !BIO_meth_set_create(method, wire_create))) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

/* --- our house --- */

/* Its fingerprint is all that the other side looks at. */
static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name =
		certificate ? X509_get_subject_name(certificate) : NULL;
	uint8_t serial[8];
	uint64_t number;

	if (!certificate || RAND_bytes(serial, sizeof(serial)) != 1)
		return NULL;
	memcpy(&number, serial, sizeof(number));
	if (X509_set_version(certificate, X509_VERSION_3) &&
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate),
				    number) &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S) &&
	    X509_gmtime_adj(X509_getm_notAfter(certificate), 3650 * DAY_S) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				       (const unsigned char *)"voxbus", -1, -1,
				       0) &&
	    X509_set_issuer_name(certificate, name) &&
	    X509_set_pubkey(certificate, key) &&
	    X509_sign(certificate, key, EVP_sha256()))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static bool has_fingerprint(X509 *certificate, uint8_t *bytes_out)
{
	unsigned size = 0;

	return certificate &&
	       X509_digest(certificate, EVP_sha256(), bytes_out, &size) &&
	       size == DTLS_FINGERPRINT_BYTES;
}

static bool take_certificate(struct dtls_house *house)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = key ? make_certificate(key) : NULL;
	bool good = has_fingerprint(certificate, house->fingerprint) &&
		    SSL_CTX_use_certificate(house->context, certificate) == 1 &&
		    SSL_CTX_use_PrivateKey(house->context, key) == 1;

	X509_free(certificate);
	EVP_PKEY_free(key);
	return good;
}

static bool take_suites(struct dtls_house *house, const enum suite *suites,
			unsigned count)
{
	struct buf names = BUF_INIT(512);
	bool good;

	for (unsigned i = 0; i < count; i++)
		if (suite_rows[suites[i]].dtls)
			buf_addf(&names, "%s%s", names.length ? ":" : "",
				 suite_rows[suites[i]].dtls);
	/* 0 is good, here alone. */
	good = names.length > 0 &&
	       !SSL_CTX_set_tlsext_use_srtp(house->context, buf_text(&names));
	buf_free(&names);
	return good;
}

/* Any certificate will do here: its fingerprint is looked at afterwards, before
 * the keys are used. */
static int accept_certificate(int good, X509_STORE_CTX *store)
{
	(void)good;
	(void)store;
	return 1;
}

static void cookie_of(const struct dtls *dtls, unsigned char *cookie)
{
	digest_hmac_sha256(dtls->house->secret, SECRET_BYTES, dtls->peer,
			   strlen(dtls->peer), cookie);
}

static int make_cookie(SSL *ssl, unsigned char *cookie, unsigned *size)
{
	cookie_of(SSL_get_app_data(ssl), cookie);
	*size = DIGEST_SHA256_BYTES;
	return 1;
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned size)
{
	unsigned char ours[DIGEST_SHA256_BYTES];

	cookie_of(SSL_get_app_data(ssl), ours);
	return size == sizeof(ours) && CRYPTO_memcmp(ours, cookie, size) == 0;
}

struct dtls_house *dtls_house_new(const enum suite *suites, unsigned count)
{
	struct dtls_house *house = mem_new(1, sizeof(*house));

	house->context = SSL_CTX_new(DTLS_method());
	house->wire = wire_method();
	if (!house->context || !house->wire ||
	    RAND_bytes((unsigned char *)house->secret, SECRET_BYTES) != 1 ||
	    !SSL_CTX_set_min_proto_version(house->context, DTLS1_2_VERSION) ||
	    !take_certificate(house) || !take_suites(house, suites, count))
		return dtls_house_free(house);
	SSL_CTX_set_verify(house->context,
			   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   accept_certificate);
	SSL_CTX_set_options(house->context,
			    SSL_OP_COOKIE_EXCHANGE | SSL_OP_NO_QUERY_MTU |
				    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(house->context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_cookie_generate_cb(house->context, make_cookie);
	SSL_CTX_set_cookie_verify_cb(house->context, check_cookie);
	return house;
}

struct dtls_house *dtls_house_free(struct dtls_house *house)
{
	if (house) {
		SSL_CTX_free(house->context);
		BIO_meth_free(house->wire);
		suite_wipe(house, sizeof(*house));
		free(house);
	}
	return NULL;
}

const uint8_t *dtls_house_fingerprint(const struct dtls_house *house)
{
	return house->fingerprint;
}

/* --- one handshake --- */

static void fail(struct dtls *dtls, const char *why)
{
	dtls->state = DTLS_FAILED;
	dtls->why = why;
}

static bool is_theirs(const struct dtls *dtls)
{
	X509 *certificate = SSL_get1_peer_certificate(dtls->ssl);
	uint8_t bytes[DTLS_FINGERPRINT_BYTES];
	bool good = has_fingerprint(certificate, bytes) &&
		    CRYPTO_memcmp(bytes, dtls->fingerprint, sizeof(bytes)) == 0;

	X509_free(certificate);
	return good;
}

static void finish(struct dtls *dtls)
{
	if (!is_theirs(dtls))
		fail(dtls, "their certificate is not the one that their SDP "
			   "has the fingerprint of");
	else if (!SSL_get_selected_srtp_profile(dtls->ssl))
		fail(dtls, "no suite of SRTP in common");
	else
		dtls->state = DTLS_DONE;
}

static enum dtls_state go_on(struct dtls *dtls)
{
	int result, error;

	ERR_clear_error();
	result = SSL_do_handshake(dtls->ssl);
	error = SSL_get_error(dtls->ssl, result);
	if (result == 1)
		finish(dtls);
	else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		fail(dtls, "the handshake failed");
	return dtls->state;
}

struct dtls *dtls_new(struct dtls_house *house, const struct dtls_wish *wish)
{
	struct dtls *dtls = mem_new(1, sizeof(*dtls));
	BIO *bio = BIO_new(house->wire);

	dtls->house = house;
	dtls->active = wish->active;
	dtls->send = wish->send;
	dtls->owner = wish->owner;
	memcpy(dtls->fingerprint, wish->fingerprint, DTLS_FINGERPRINT_BYTES);
	(void)str_copy(dtls->peer, sizeof(dtls->peer), wish->peer);
	dtls->ssl = SSL_new(house->context);
	if (!dtls->ssl || !bio)
		abort(); /* no memory: as everywhere */
	BIO_set_data(bio, dtls);
	SSL_set_bio(dtls->ssl, bio, bio);
	SSL_set_app_data(dtls->ssl, dtls);
	DTLS_set_link_mtu(dtls->ssl, DTLS_DATAGRAM_MAX);
	if (wish->active) {
		SSL_set_connect_state(dtls->ssl);
		(void)go_on(dtls);
	} else {
		SSL_set_accept_state(dtls->ssl);
	}
	return dtls;
}

struct dtls *dtls_free(struct dtls *dtls)
{
	if (dtls) {
		SSL_free(dtls->ssl);
		free(dtls);
	}
	return NULL;
}

enum dtls_state dtls_take(struct dtls *dtls, const uint8_t *data, size_t size)
{
	char rest[64];

	if (dtls->state == DTLS_FAILED)
		return DTLS_FAILED;
	dtls->data = data;
	dtls->size = size;
	if (dtls->state == DTLS_RUNNING) {
		(void)go_on(dtls);
	} else {
		/* Nothing is ever said inside; but lost words are repeated. */
		ERR_clear_error();
		(void)SSL_read(dtls->ssl, rest, sizeof(rest));
	}
	dtls->data = NULL;
	return dtls->state;
}

int dtls_wait_ms(const struct dtls *dtls)
{
	struct timeval left;

	if (dtls->state != DTLS_RUNNING ||
	    DTLSv1_get_timeout(dtls->ssl, &left) != 1)
		return -1;
	return (int)(left.tv_sec * 1000 + left.tv_usec / 1000) + 1;
}

enum dtls_state dtls_due(struct dtls *dtls)
{
	if (dtls->state != DTLS_RUNNING)
		return dtls->state;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(dtls->ssl) < 0)
		fail(dtls, "nobody answered");
	return dtls->state;
}

const char *dtls_why(const struct dtls *dtls)
{
	return dtls->why ? dtls->why : "";
}

static enum suite suite_of(const SSL *ssl)
{
	const SRTP_PROTECTION_PROFILE *profile =
		SSL_get_selected_srtp_profile((SSL *)(uintptr_t)ssl);

	for (unsigned i = 0; profile && i < SUITE_COUNT; i++)
		if (suite_rows[i].dtls &&
		    strcmp(suite_rows[i].dtls, profile->name) == 0)
			return (enum suite)i;
	return SUITE_NONE;
}

bool dtls_keys(const struct dtls *dtls, struct suite_keys *keys_out)
{
	uint8_t block[2 * SUITE_KEY_MAX];
	enum suite suite = suite_of(dtls->ssl);
	size_t key, salt;
	uint8_t *client = dtls->active ? keys_out->ours : keys_out->theirs;
	uint8_t *server = dtls->active ? keys_out->theirs : keys_out->ours;
	bool good;

	if (dtls->state != DTLS_DONE || suite == SUITE_NONE)
		return false;
	key = suite_rows[suite].key_bytes;
	salt = suite_rows[suite].salt_bytes;
	memset(keys_out, 0, sizeof(*keys_out));
	keys_out->suite = suite;
	good = SSL_export_keying_material(dtls->ssl, block, 2 * (key + salt),
					  LABEL, strlen(LABEL), NULL, 0,
					  0) == 1;
	/* RFC 5764, 4.2: both keys, then both salts. */
	memcpy(client, block, key);
	memcpy(server, block + key, key);
	memcpy(client + key, block + 2 * key, salt);
	memcpy(server + key, block + 2 * key + salt, salt);
	suite_wipe(block, sizeof(block));
	return good;
}
