/*
 * sounds_request.c - from a sound file's URL to bytes on the shelf: what is
 * asked, and what the answer makes of it. See sounds_private.h.
 */
#include "services/fetcher/sounds_private.h"

#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/http/overrides.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/fetcher/freshness.h"

#include <errno.h>
#include <string.h>

#define CONNECT_MS 5000
#define AGAIN_MS 500
#define REDIRECTS_MAX 5

SOUNDS_COUNTER(count_fetched, "fetched")
SOUNDS_COUNTER(count_same, "same")
SOUNDS_COUNTER(count_stale, "stale")

static void drop_part(struct object *object)
{
	if (object->writing)
		shelf_drop(&object->part);
	object->writing = false;
}

static bool on_bytes(void *owner, const char *data, size_t size)
{
	struct object *object = owner;

	if (!object->writing)
		object->writing =
			shelf_begin(object->sounds->shelf, &object->part);
	if (object->writing && shelf_add(&object->part, data, size))
		return true;
	object->write_error = errno;
	return false;
}

static void name_version(struct object *object)
{
	struct shelf_label *label = &object->label;
	char random[ID_BYTES], text[640];
	uint8_t digest[DIGEST_SHA256_BYTES];

	if (!label->etag[0] && !label->last_modified[0]) {
		id_random("SV", random);
		str_copy(label->version, sizeof(label->version), random);
		return;
	}
	str_format(text, sizeof(text), "%s\n%s\n%lld", label->etag,
		   label->last_modified, (long long)object->part.size);
	digest_hmac_sha256(object->key, strlen(object->key), text, strlen(text),
			   digest);
	digest_hex(digest, sizeof(digest), label->version);
}

static void take_answer(struct object *object, const struct http_result *result)
{
	struct freshness freshness = freshness_of(result->cache_control);
	struct shelf_label *label = &object->label;

	*label = (struct shelf_label){.strict = freshness.strict,
				      .size = object->part.size};
	str_copy(label->etag, sizeof(label->etag), result->etag);
	str_copy(label->last_modified, sizeof(label->last_modified),
		 result->last_modified);
	str_copy(label->type, sizeof(label->type), result->content_type);
	if (freshness.fresh_ms)
		label->fresh_until_ms = clock_wall_ms() + freshness.fresh_ms;
	name_version(object);
	/* What can be neither fresh nor asked for is of no use later on. */
	freshness.keep =
		freshness.keep && (label->fresh_until_ms || label->etag[0] ||
				   label->last_modified[0]);
	object->writing = false;
	object->fd = shelf_keep(&object->part,
				freshness.keep ? object->key : NULL, label);
	if (object->fd < 0) {
		object_fail(object, ERR_INTERNAL, strerror(errno));
		return;
	}
	metric_add(&count_fetched, 1);
	log_debug(object->call, "sound %s: %lld bytes in %lld ms",
		  object->shown, (long long)label->size,
		  (long long)result->total_ms);
	object_settle(object, OBJECT_WHOLE);
}

static void take_same(struct object *object, const struct http_result *result,
		      struct shelf_book *book)
{
	struct freshness freshness = freshness_of(result->cache_control);
	int64_t until_ms =
		freshness.fresh_ms ? clock_wall_ms() + freshness.fresh_ms : 0;

	if (until_ms != book->label.fresh_until_ms ||
	    freshness.strict != book->label.strict)
		shelf_fresh(object->sounds->shelf, book, until_ms,
			    freshness.strict);
	metric_add(&count_same, 1);
	if (!object_take(object, book))
		object_fail(object, ERR_INTERNAL, "it vanished from the cache");
}

/* The server is in trouble, not the file. */
static bool is_trouble(const struct http_result *result)
{
	return result->status == 0 || result->status >= 500 ||
	       result->error == ERR_HTTP_RETRIEVAL ||
	       result->error == ERR_HTTP_PROTOCOL;
}

static bool deserves_another_try(const struct object *object,
				 const struct http_result *result)
{
	return !object->tried &&
	       (result->error == ERR_HTTP_CONNECTION ||
		(result->status >= 502 && result->status <= 504));
}

static void on_again(struct loop_timer *timer)
{
	object_request(timer->owner);
}

static void take_failure(struct object *object,
			 const struct http_result *result)
{
	struct sounds *sounds = object->sounds;
	struct shelf_book *book = shelf_find(sounds->shelf, object->key);

	drop_part(object);
	if (deserves_another_try(object, result)) {
		object->tried = true;
		object->again =
			(struct loop_timer){.due = on_again, .owner = object};
		loop_timer_start(sounds->service->loop, &object->again,
				 AGAIN_MS);
		return;
	}
	if (book && !book->label.strict && is_trouble(result)) {
		log_warn(object->call, result->error,
			 "sound %s: what is in the cache is played: %s",
			 object->shown, result->text);
		if (object_take(object, book)) {
			metric_add(&count_stale, 1);
			return;
		}
	}
	object_fail(object, object->write_error ? ERR_INTERNAL : result->error,
		    object->write_error ? strerror(object->write_error)
					: result->text);
}

static void on_done(void *owner, const struct http_result *result)
{
	struct object *object = owner;
	struct shelf_book *book =
		shelf_find(object->sounds->shelf, object->key);

	object->transfer = NULL;
	if (result->status == 304 && book)
		take_same(object, result, book);
	else if (result->error)
		take_failure(object, result);
	else if (object->writing)
		take_answer(object, result);
	else
		object_fail(object, ERR_HTTP_STATUS, "the answer is empty");
}

void object_request(struct object *object)
{
	struct sounds *sounds = object->sounds;
	const struct settings *settings = &sounds->service->settings;
	const struct shelf_book *book = shelf_find(sounds->shelf, object->key);
	struct http_request wanted = {
		.url = object->url,
		.method = HTTP_GET,
		.body_max = (size_t)(settings->sound_max_mb * SOUNDS_MIB),
		.sink = on_bytes,
		.redirects_max = REDIRECTS_MAX,
		.connect_ms = CONNECT_MS,
		.total_ms = settings->sound_timeout * 1000,
		.extra = {{"Accept", "audio/*, application/ogg, */*;q=0.1"}},
	};
	struct overrides limits = {.connect_ms = wanted.connect_ms,
				   .total_ms = wanted.total_ms,
				   .policy = RETRY_CT};
	unsigned at = 1;

	overrides_read(object->url, &limits, NULL);
	wanted.connect_ms = limits.connect_ms;
	wanted.read_ms = limits.read_ms;
	wanted.total_ms = limits.total_ms;
	wanted.retries = limits.retries;
	wanted.retry_after = limits.policy;
	if (book && book->label.etag[0])
		wanted.extra[at++] =
			(struct http_header){"If-None-Match", book->label.etag};
	if (book && book->label.last_modified[0])
		wanted.extra[at++] = (struct http_header){
			"If-Modified-Since", book->label.last_modified};
	object->transfer = http_start(sounds->http, &wanted, on_done, object);
}
