/*
 * tls_names_test.c - certificates that are made here, and whom they are for.
 */
#include "lib/test/test.h"
#include "services/sipgw/tls_names.h"

#include <openssl/x509v3.h>

/* With 'alternatives' as in openssl.cnf ("DNS:a,IP:192.0.2.7"), or NULL. */
static X509 *make(const char *common, const char *alternatives)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);
	if (common)
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
					   (const unsigned char *)common, -1,
					   -1, 0);
	if (alternatives) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(
			NULL, NULL, NID_subject_alt_name, alternatives);
		X509_add_ext(certificate, extension, -1);
		X509_EXTENSION_free(extension);
	}
	return certificate;
}

static bool is_for(const char *common, const char *alternatives,
		   const char *host)
{
	X509 *certificate = make(common, alternatives);
	bool match = tls_names_match(certificate, host);
	X509_free(certificate);
	return match;
}

TEST(a_dns_name_matches_whole_and_in_any_case)
{
	CHECK(is_for(NULL, "DNS:sip.example.com", "sip.example.com"));
	CHECK(is_for(NULL, "DNS:SIP.Example.com", "sip.EXAMPLE.com"));
	CHECK(is_for(NULL, "DNS:a.example,DNS:b.example", "b.example"));
	CHECK(is_for(NULL, "DNS:sip.example.com", "sip.example.com."));
	CHECK(!is_for(NULL, "DNS:sip.example.com", "example.com"));
	CHECK(!is_for(NULL, "DNS:example.com", "sip.example.com"));
	CHECK(!is_for(NULL, "DNS:sip.example.com", ""));
}

TEST(wildcards_are_not_taken)
{
	CHECK(!is_for(NULL, "DNS:*.example.com", "sip.example.com"));
	CHECK(!is_for(NULL, "DNS:*.example.com", "*.example.com"));
	CHECK(!is_for(NULL, "DNS:.example.com", "sip.example.com"));
}

TEST(a_sip_uri_comes_before_the_dns_names)
{
	CHECK(is_for(NULL, "URI:sip:example.com", "example.com"));
	CHECK(is_for(NULL, "URI:SIP:example.com:5061", "example.com"));
	CHECK(is_for(NULL, "URI:sip:[2001:db8::7]", "2001:db8:0::7"));
	CHECK(!is_for(NULL, "URI:sip:example.com,DNS:b.example", "b.example"));
}

TEST(a_uri_of_a_person_or_of_another_scheme_proves_no_domain)
{
	CHECK(!is_for(NULL, "URI:sip:alice@example.com", "example.com"));
	CHECK(!is_for(NULL, "URI:sips:example.com", "example.com"));
	CHECK(!is_for(NULL, "URI:https://example.com", "example.com"));
	CHECK(is_for(NULL, "URI:https://a.example,DNS:b.example", "b.example"));
}

TEST(an_address_matches_the_addresses_only)
{
	CHECK(is_for(NULL, "IP:192.0.2.7", "192.0.2.7"));
	CHECK(is_for(NULL, "IP:2001:db8::7", "[2001:DB8:0:0::7]"));
	CHECK(!is_for(NULL, "IP:192.0.2.7", "192.0.2.8"));
	CHECK(!is_for(NULL, "DNS:192.0.2.7", "192.0.2.7"));
	CHECK(!is_for("192.0.2.7", NULL, "192.0.2.7"));
	CHECK(is_for(NULL, "URI:sip:a.example,IP:192.0.2.7", "192.0.2.7"));
}

TEST(the_common_name_counts_only_without_alternative_names)
{
	CHECK(is_for("sip.example.com", NULL, "sip.example.com"));
	CHECK(!is_for("sip.example.com", "IP:192.0.2.7", "sip.example.com"));
	CHECK(!is_for(NULL, NULL, "sip.example.com"));
}

TEST(the_names_are_told_to_people)
{
	char text[64];
	X509 *certificate =
		make("x", "DNS:a.example,IP:192.0.2.7,URI:sip:b.example");
	tls_names_print(certificate, text, sizeof(text));
	CHECK_TEXT(text, "a.example, 192.0.2.7, b.example");
	tls_names_print(certificate, text, 12);
	CHECK_TEXT(text, "a.example");
	X509_free(certificate);
	certificate = make(NULL, NULL);
	tls_names_print(certificate, text, sizeof(text));
	CHECK_TEXT(text, "nobody");
	X509_free(certificate);
}

TEST_MAIN()
