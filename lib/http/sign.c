/*
 * sign.c - what receivers verify; see sign.h.
 */
#include "lib/http/sign.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/form.h"
#include "proto/proto.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SIGNED_MAX (16 * 1024 * 1024)

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

static void add_stamped(const char *key, const struct buf *text, char *to,
			size_t size)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	char hex[2 * DIGEST_SHA256_BYTES + 1];
	size_t there = strlen(to);
	if (!key || !*key)
		return;
	digest_hmac_sha256(key, strlen(key), buf_text(text), text->length,
			   digest);
	digest_hex(digest, sizeof(digest), hex);
	str_format(to + there, size - there, ",v1=%s", hex);
}

void sign_stamped(const struct sign_stamp *stamp, char *signature_out)
{
	struct buf text = BUF_INIT(SIGNED_MAX);
	buf_addf(&text, "%" PRId64 "\n%s\n", stamp->time_s, stamp->method);
	buf_add_text(&text, stamp->url);
	buf_add_text(&text, "\n");
	buf_add_text(&text, stamp->body);
	str_format(signature_out, SIGN_STAMPED_BYTES, "t=%" PRId64,
		   stamp->time_s);
	add_stamped(stamp->key, &text, signature_out, SIGN_STAMPED_BYTES);
	add_stamped(stamp->second_key, &text, signature_out,
		    SIGN_STAMPED_BYTES);
	buf_free(&text);
}
