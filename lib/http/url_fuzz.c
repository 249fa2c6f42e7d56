/*
 * url_fuzz.c - URLs and queries as strangers write them: what is read once must
 * read the same again, with nothing that splits a request line or header, and
 * one host for every reader: no userinfo, no backslash, a numeric address in
 * the four decimal numbers that it means.
 */
#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/form.h"
#include "lib/http/sign.h"
#include "lib/http/url.h"
#include "proto/proto.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An address in the form that no two readers read differently, or none. */
static bool is_plain_host(const char *host, size_t length)
{
	char text[256], plain[INET_ADDRSTRLEN];
	struct in_addr four;
	return !str_copy_bytes(text, sizeof(text), host, length) ||
	       inet_aton(text, &four) == 0 ||
	       (inet_ntop(AF_INET, &four, plain, sizeof(plain)) &&
		strcmp(plain, text) == 0);
}

static void check_authority(const struct url *url)
{
	const char *start = strstr(url->text, "://") + 3;
	size_t length = strcspn(start, "/?");
	const char *port = memrchr(start, ':', length);
	if (!length || start[length] != '/' || memchr(start, '@', length) ||
	    memchr(start, '\\', length))
		abort();
	if (strncmp(url->origin, url->text, (size_t)(start - url->text)) != 0 ||
	    strpbrk(url->origin + (start - url->text), "/?@\\"))
		abort();
	if (start[0] == '[')
		return;
	for (size_t i = 0; i < length; i++)
		if (start[i] >= 'A' && start[i] <= 'Z')
			abort();
	if (!is_plain_host(start, port ? (size_t)(port - start) : length))
		abort();
}

static void check(const struct url *url)
{
	char error[URL_ERROR_BYTES], signature[SIGN_BYTES];
	struct url again;
	struct param param = {"CallSid", NULL};
	struct buf query = BUF_INIT(1 << 20);
	if (str_has_control(url->text) || strchr(url->text, ' ') ||
	    strchr(url->text, '#'))
		abort();
	check_authority(url);
	form_add_query(&query, url->text, &param, 1, true);
	if (!form_has(buf_text(&query), param.name))
		abort();
	buf_free(&query);
	sign_request("key", url->text, &param, 1, signature);
	if (!url_parse(NULL, url->text, &again, error))
		return; /* longer than it may be, once encoded */
	if (strcmp(again.text, url->text) != 0 ||
	    strcmp(again.origin, url->origin) != 0)
		abort();
	url_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[URL_ERROR_BYTES];
	char *text = mem_copy_bytes((const char *)data, size);
	struct url url;
	if (url_parse(NULL, text, &url, error)) {
		check(&url);
		url_clear(&url);
	}
	if (url_parse("https://a.example/b/c?d=e", text, &url, error)) {
		check(&url);
		url_clear(&url);
	}
	free(text);
	return 0;
}
