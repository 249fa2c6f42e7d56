/*
 * tls_reason.c - why a TLS connection is refused, in words; see tls_link.h.
 */
#include "services/sipgw/tls_link.h"

#include "lib/base/str.h"
#include "proto/proto.h"
#include "services/sipgw/tls_names.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <string.h>
#include <time.h>

static void print_time(const ASN1_TIME *time, char *to, size_t size)
{
	struct tm tm;
	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
	    !strftime(to, size, "%Y-%m-%d %H:%M:%S UTC", &tm))
		str_copy(to, size, "?");
}

static void print_issuer(const X509 *certificate, char *to, size_t size)
{
	const X509_NAME *issuer = X509_get_issuer_name(certificate);
	int at = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);
	const ASN1_STRING *name =
		at < 0 ? NULL
		       : X509_NAME_ENTRY_get_data(
				 X509_NAME_get_entry(issuer, at));
	if (!name ||
	    !str_copy_bytes(to, size, (const char *)ASN1_STRING_get0_data(name),
			    (size_t)ASN1_STRING_length(name)) ||
	    str_has_control(to) || !str_is_utf8(to, strlen(to)))
		str_copy(to, size, "unnamed");
}

/* --- the chain --- */

static void explain(struct tls_link *link, const X509 *certificate, int error)
{
	char text[128] = "";
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		print_time(X509_get0_notAfter(certificate), text, sizeof(text));
		str_format(link->why, sizeof(link->why),
			   "its certificate expired on %s", text);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		print_time(X509_get0_notBefore(certificate), text,
			   sizeof(text));
		str_format(link->why, sizeof(link->why),
			   "its certificate is not valid before %s", text);
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		str_copy(link->why, sizeof(link->why),
			 "its certificate is signed by itself, and is not "
			 "among our CAs (VOXBUS_TLS_CA)");
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		print_issuer(certificate, text, sizeof(text));
		str_format(link->why, sizeof(link->why),
			   "its certificate is signed by '%s', which is not "
			   "among our CAs (VOXBUS_TLS_CA)",
			   text);
		return;
	default:
		str_format(link->why, sizeof(link->why), "its certificate: %s",
			   X509_verify_cert_error_string(error));
		return;
	}
}

static int on_certificate(int good, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
	struct tls_link *link = SSL_get_app_data(ssl);
	if (!good && certificate && !*link->why)
		explain(link, certificate, X509_STORE_CTX_get_error(store));
	return good;
}

void tls_reason_watch(struct tls_link *link)
{
	SSL_set_verify(link->ssl, SSL_VERIFY_PEER, on_certificate);
}

/* --- the name --- */

bool tls_reason_check_name(struct tls_link *link)
{
	char names[128];
	if (!link->checked)
		return true;
	X509 *certificate = SSL_get1_peer_certificate(link->ssl);
	bool match = certificate && tls_names_match(certificate, link->host);
	if (certificate)
		tls_names_print(certificate, names, sizeof(names));
	else
		str_copy(names, sizeof(names), "nobody");
	X509_free(certificate);
	if (match)
		return true;
	if (!str_format(link->why, sizeof(link->why),
			"its certificate is for %s, not for %s", names,
			link->host))
		str_copy(link->why, sizeof(link->why),
			 "its certificate is for another name");
	tls_link_end(link, ERR_SIP_CERTIFICATE, NULL);
	return false;
}

/* --- everything else --- */

/* What OpenSSL finds in bytes that are no TLS. */
static bool is_no_tls(int reason)
{
	static const int reasons[] = {
		SSL_R_WRONG_VERSION_NUMBER,   SSL_R_HTTP_REQUEST,
		SSL_R_HTTPS_PROXY_REQUEST,    SSL_R_BAD_RECORD_TYPE,
		SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_UNEXPECTED_MESSAGE,
		SSL_R_RECORD_LENGTH_MISMATCH, SSL_R_UNKNOWN_PROTOCOL,
	};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i] == reason)
			return true;
	return false;
}

static void explain_protocol(struct tls_link *link, unsigned long error)
{
	int reason = ERR_GET_REASON(error);
	const char *words = ERR_reason_error_string(error);
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		reason = 0;
	if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		str_copy(link->why, sizeof(link->why),
			 link->state == TLS_UP
				 ? "the other side closed the connection"
				 : "the other side closed the connection "
				   "during the TLS handshake");
	else if (link->state == TLS_SHAKING && is_no_tls(reason))
		str_copy(link->why, sizeof(link->why),
			 "no TLS there: what came is no TLS handshake");
	else if (reason >= SSL_AD_REASON_OFFSET)
		str_format(link->why, sizeof(link->why),
			   "the other side refused the TLS handshake: %s",
			   words ? words : "no reason");
	else
		str_format(link->why, sizeof(link->why), "TLS failed: %s",
			   words ? words : "no reason");
}

void tls_reason_failed(struct tls_link *link, int result, int errno_then)
{
	unsigned long error = ERR_peek_error();
	bool ours = link->ssl && !link->inbound && link->checked &&
		    SSL_get_verify_result(link->ssl) != X509_V_OK;
	if (ours && !*link->why)
		str_format(link->why, sizeof(link->why), "its certificate: %s",
			   X509_verify_cert_error_string(
				   SSL_get_verify_result(link->ssl)));
	else if (!ours && result == SSL_ERROR_SSL && error)
		explain_protocol(link, error);
	else if (!ours)
		str_copy(link->why, sizeof(link->why),
			 errno_then ? strerror(errno_then)
				    : "the other side closed the connection");
	ERR_clear_error();
	tls_link_end(link, ours ? ERR_SIP_CERTIFICATE : ERR_SIP_TLS, NULL);
}
