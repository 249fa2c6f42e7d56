/*
 * answer.c - what HTTP gave, as the message 'fetched'; see answer.h.
 */
#include "services/fetcher/answer.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/http/recorded.h"
#include "proto/proto.h"

#include <string.h>

static void set_body(struct fetched *answer, const char *body, size_t size)
{
	if (!size)
		return;
	if (str_is_utf8(body, size)) {
		answer->body = mem_copy_bytes(body, size);
		return;
	}
	answer->body_base64 = mem_new(1, DIGEST_BASE64_BYTES(size));
	digest_base64((const uint8_t *)body, size, answer->body_base64);
}

void answer_make(const struct http_result *result, struct fetched *answer)
{
	if (result->status >= 0 && result->status <= 999)
		answer->status = result->status;
	if (result->url[0])
		proto_set_long(&answer->url, result->url);
	str_copy(answer->content_type, sizeof(answer->content_type),
		 result->content_type);
	answer->error = result->error;
	answer->attempts = result->attempts;
	proto_set_long(&answer->cookies, result->cookies && result->cookies[0]
						 ? result->cookies
						 : NULL);
	str_copy(answer->error_text, sizeof(answer->error_text), result->text);
	RECORDED_FILL(answer, result);
	set_body(answer, result->body, result->size);
}

void answer_late(struct fetched *answer)
{
	answer->error = ERR_LATE;
	str_copy(answer->error_text, sizeof(answer->error_text),
		 proto_error(ERR_LATE)->advice);
}
