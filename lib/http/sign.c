/*
 * sign.c - the signature that customers' SDKs verify; see sign.h.
 */
#include "lib/http/sign.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/http/form.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>

#define SIGNED_MAX (1024 * 1024)

static const char *value_of(const struct param *param)
{
	return param->value ? param->value : "";
}

static int compare(const void *left, const void *right)
{
	const struct param *a = *(const struct param *const *)left;
	const struct param *b = *(const struct param *const *)right;
	int order = form_order(a->name, b->name);
	return order ? order : form_order(value_of(a), value_of(b));
}

static void add_params(struct buf *text, const struct param *params,
		       size_t count)
{
	const struct param **sorted = mem_new(count + 1, sizeof(*sorted));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &params[i];
	qsort(sorted, count, sizeof(*sorted), compare);
	for (size_t i = 0; i < count; i++) {
		if (i && compare(&sorted[i], &sorted[i - 1]) == 0)
			continue;
		buf_add_text(text, sorted[i]->name);
		buf_add_text(text, value_of(sorted[i]));
	}
	free(sorted);
}

void sign_request(const char *key, const char *url, const struct param *params,
		  size_t count, char *signature_out)
{
	uint8_t digest[DIGEST_SHA1_BYTES];
	struct buf text = BUF_INIT(SIGNED_MAX);
	buf_add_text(&text, url);
	add_params(&text, params, count);
	digest_hmac_sha1(key, strlen(key), buf_text(&text), text.length,
			 digest);
	digest_base64(digest, sizeof(digest), signature_out);
	buf_free(&text);
}
