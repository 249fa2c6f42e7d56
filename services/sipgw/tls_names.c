/*
 * tls_names.c - whom a certificate is for; see tls_names.h.
 */
#include "services/sipgw/tls_names.h"

#include "lib/base/str.h"

#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <string.h>

#define NAME_BYTES 256

/* What one alternative name can be to us. */
enum kind { KIND_NONE, KIND_SIP, KIND_DNS, KIND_IP };

/* The string, unless a NUL or a control character hides in it. */
static bool read_text(const ASN1_STRING *from, char *to)
{
	const char *bytes = (const char *)ASN1_STRING_get0_data(from);
	int length = ASN1_STRING_length(from);
	return length > 0 && !memchr(bytes, '\0', (size_t)length) &&
	       str_copy_bytes(to, NAME_BYTES, bytes, (size_t)length) &&
	       !str_has_control(to);
}

/* The host of "sip:host", "sip:[::1]:5061;x": a URI with a user part is a
 * person's and proves no domain. */
static bool read_sip(const char *uri, char *host)
{
	const char *from = uri + 4;
	size_t length;
	if (strncasecmp(uri, "sip:", 4) != 0 || strchr(uri, '@'))
		return false;
	if (*from == '[') {
		from++;
		length = strcspn(from, "]");
	} else {
		length = strcspn(from, ":;?/");
	}
	return length > 0 && str_copy_bytes(host, NAME_BYTES, from, length);
}

static bool read_ip(const ASN1_STRING *from, char *to)
{
	const unsigned char *bytes = ASN1_STRING_get0_data(from);
	int length = ASN1_STRING_length(from);
	int family = length == 4 ? AF_INET : length == 16 ? AF_INET6 : 0;
	return family && inet_ntop(family, bytes, to, NAME_BYTES);
}

/* 'name' has NAME_BYTES. */
static enum kind read_name(const GENERAL_NAME *general, char *name)
{
	char uri[NAME_BYTES];
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(general, &type);
	switch (type) {
	case GEN_URI:
		return read_text(value, uri) && read_sip(uri, name) ? KIND_SIP
								    : KIND_NONE;
	case GEN_DNS: return read_text(value, name) ? KIND_DNS : KIND_NONE;
	case GEN_IPADD: return read_ip(value, name) ? KIND_IP : KIND_NONE;
	default: return KIND_NONE;
	}
}

static bool read_common(const X509 *certificate, char *name)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const X509_NAME_ENTRY *entry =
		at < 0 ? NULL : X509_NAME_get_entry(subject, at);
	return entry && read_text(X509_NAME_ENTRY_get_data(entry), name);
}

static GENERAL_NAMES *alternatives(const X509 *certificate)
{
	return X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

/* A numeric host as it is written everywhere; false: it is a name. */
static bool make_numeric(const char *host, char *to)
{
	unsigned char address[16];
	int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	return inet_pton(family, host, address) == 1 &&
	       inet_ntop(family, address, to, NAME_BYTES);
}

static bool match_alternatives(const GENERAL_NAMES *names, const char *host,
			       bool numeric)
{
	bool sip = false, dns = false, ip = false, any_sip = false;
	char name[NAME_BYTES], canonical[NAME_BYTES];
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		enum kind kind =
			read_name(sk_GENERAL_NAME_value(names, i), name);
		if (kind == KIND_SIP && make_numeric(name, canonical))
			str_copy(name, sizeof(name), canonical);
		bool same = kind != KIND_NONE && str_same(name, host);
		any_sip |= kind == KIND_SIP;
		sip |= same && kind == KIND_SIP;
		dns |= same && kind == KIND_DNS;
		ip |= same && kind == KIND_IP;
	}
	return sip || (numeric ? ip : dns && !any_sip);
}

bool tls_names_match(const X509 *certificate, const char *host)
{
	char bare[NAME_BYTES], name[NAME_BYTES];
	size_t length = strlen(host);
	if (length > 2 && host[0] == '[' && host[length - 1] == ']')
		host++, length -= 2;
	if (length > 1 && host[length - 1] == '.')
		length--; /* the root's dot is part of no certificate's name */
	if (!length || !str_copy_bytes(bare, sizeof(bare), host, length) ||
	    strchr(bare, '*'))
		return false;
	bool numeric = make_numeric(bare, name);
	if (numeric)
		str_copy(bare, sizeof(bare), name);
	GENERAL_NAMES *names = alternatives(certificate);
	if (!names)
		return !numeric && read_common(certificate, name) &&
		       str_same(name, bare);
	bool match = match_alternatives(names, bare, numeric);
	GENERAL_NAMES_free(names);
	return match;
}

/* Appends ", name" if it fits. */
static void add(char *to, size_t size, const char *name)
{
	size_t used = strlen(to);
	(void)str_format(to + used, size - used, used ? ", %s" : "%s", name);
}

void tls_names_print(const X509 *certificate, char *to, size_t size)
{
	char name[NAME_BYTES];
	GENERAL_NAMES *names = alternatives(certificate);
	*to = '\0';
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++)
		if (read_name(sk_GENERAL_NAME_value(names, i), name))
			add(to, size, name);
	if (!names && read_common(certificate, name))
		add(to, size, name);
	GENERAL_NAMES_free(names);
	if (!*to)
		str_copy(to, size, "nobody");
}
