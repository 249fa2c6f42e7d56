/*
 * tls_names_fuzz.c - certificates of strangers, and whom they are for.
 */
#include "services/sipgw/tls_names.h"

#include <openssl/x509.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const hosts[] = {"localhost", "192.0.2.7",
					    "[2001:db8::7]", "*.example.com"};
	char names[128];
	const unsigned char *at = data;
	X509 *certificate = d2i_X509(NULL, &at, (long)size);
	if (!certificate)
		return 0;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		(void)tls_names_match(certificate, hosts[i]);
	if (tls_names_match(certificate, "*.example.com"))
		abort();
	tls_names_print(certificate, names, sizeof(names));
	if (strlen(names) >= sizeof(names))
		abort();
	X509_free(certificate);
	return 0;
}
