/*
 * httpd_request.c - what a handler may ask about its request; see httpd.h.
 */
#include "lib/runtime/httpd_private.h"

#include "lib/base/digest.h"
#include "lib/runtime/httpd_form.h"

#include <string.h>
#include <strings.h>

void httpd_read_credentials(struct exchange *exchange,
			    struct httpd_request *request)
{
	static const char scheme[] = "Basic ";
	size_t room = sizeof(exchange->credentials);
	const char *header = MHD_lookup_connection_value(
		exchange->connection, MHD_HEADER_KIND, "Authorization");
	if (!header || strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return;
	header += sizeof(scheme) - 1;
	header += strspn(header, " ");
	if (strlen(header) >= room)
		return;
	long size = digest_unbase64(header, (uint8_t *)exchange->credentials);
	if (size < 0 || (size_t)size >= room)
		return;
	exchange->credentials[size] = '\0';
	char *colon = strchr(exchange->credentials, ':');
	if (!colon || strlen(exchange->credentials) != (size_t)size)
		return;
	*colon = '\0';
	request->user = exchange->credentials;
	request->password = colon + 1;
}

/* NULL: the body is none. */
static const struct form *form_of(const struct httpd_request *request)
{
	struct exchange *exchange = request->lookup;
	const char *type = httpd_header(request, "Content-Type");
	if (!type || strncasecmp(type, FORM_TYPE, sizeof(FORM_TYPE) - 1) != 0)
		return NULL;
	if (!exchange->form)
		exchange->form = form_parse(buf_text(&exchange->body),
					    exchange->body.length);
	return exchange->form;
}

const char *httpd_field(const struct httpd_request *request, const char *name,
			unsigned n)
{
	const struct form *form = form_of(request);
	return form ? form_value_at(form, name, n) : NULL;
}

const char *httpd_field_name(const struct httpd_request *request, unsigned n)
{
	const struct form *form = form_of(request);
	return form ? form_name_at(form, n) : NULL;
}

const char *httpd_query(const struct httpd_request *request, const char *name)
{
	struct exchange *exchange = request->lookup;
	const char *value = MHD_lookup_connection_value(
		exchange->connection, MHD_GET_ARGUMENT_KIND, name);
	return value ? value : httpd_field(request, name, 0);
}

const char *httpd_header(const struct httpd_request *request, const char *name)
{
	struct exchange *exchange = request->lookup;
	return MHD_lookup_connection_value(exchange->connection,
					   MHD_HEADER_KIND, name);
}
