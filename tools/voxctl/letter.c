/*
 * letter.c - a webhook that was given up, or waits; see letter.h.
 */
#include "tools/voxctl/letter.h"

#include "lib/base/str.h"
#include "lib/http/url.h"

#include <string.h>
#include <strings.h>

static void of_retry(struct retry *retry, struct dead *dead)
{
	*dead = (struct dead){.url = retry->url,
			      .method = retry->method,
			      .params_count = retry->params_count,
			      .sequence = retry->sequence,
			      .tried = retry->tried,
			      .tries_count = retry->tries_count,
			      .at = retry->due};
	memcpy(dead->hook, retry->hook, sizeof(dead->hook));
	memcpy(dead->leg, retry->leg, sizeof(dead->leg));
	memcpy(dead->event, retry->event, sizeof(dead->event));
	memcpy(dead->again_of, retry->again_of, sizeof(dead->again_of));
	memcpy(dead->params, retry->params, sizeof(dead->params));
	memcpy(dead->tries, retry->tries, sizeof(dead->tries));
	memset(retry, 0, sizeof(*retry)); /* what it owned was moved */
}

bool letter_decode(bool waiting, const char *json, size_t size,
		   struct letter *letter_out)
{
	char error[PROTO_ERROR_BYTES];
	struct retry retry;
	letter_out->waiting = waiting;
	letter_out->json = json;
	if (!waiting)
		return proto_decode(&dead_message, json, size,
				    &letter_out->envelope, &letter_out->dead,
				    error);
	if (!proto_decode(&retry_message, json, size, &letter_out->envelope,
			  &retry, error))
		return false;
	of_retry(&retry, &letter_out->dead);
	return true;
}

void letter_clear(struct letter *letter)
{
	proto_clear(&dead_message, &letter->dead);
}

/* As "shop.example", "shop.example:8443" or "https://shop.example:8443". */
static bool is_host(const char *text, const char *host)
{
	char error[URL_ERROR_BYTES];
	struct url url;
	if (!url_parse(NULL, text, &url, error))
		return false;
	const char *name = strstr(url.origin, "//") + 2;
	size_t length = (size_t)(strrchr(name, ':') - name);
	bool same = str_same(host, url.origin) || str_same(host, name) ||
		    (strlen(host) == length &&
		     strncasecmp(host, name, length) == 0);
	url_clear(&url);
	return same;
}

bool letter_matches(const struct letter_filter *filter,
		    const struct letter *letter)
{
	const struct dead *dead = &letter->dead;
	return (!filter->hook || str_starts(dead->hook, filter->hook)) &&
	       (!filter->call ||
		str_equal(letter->envelope.call_sid, filter->call) ||
		str_equal(dead->leg, filter->call)) &&
	       (!filter->event || str_same(dead->event, filter->event)) &&
	       (!filter->host || is_host(dead->url, filter->host));
}
