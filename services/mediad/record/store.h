/*
 * store.h - finished recordings are brought to the customer's store.
 *
 * Contract: one PUT a recording, to
 * <VOXBUS_RECORD_STORE_URL>/<RecordingSid>.wav, signed as S3-compatible stores
 * want it. A store that refuses is asked again, less and less often, for as
 * long as the process lives; then by the next one, which finds the file in the
 * spool. 'told' is called at the first failure and at the end. What is stored
 * leaves the spool. One loop's thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define STORE_URL_BYTES 2048
#define STORE_PATIENCE_MS 60000

struct loop;
struct settings;
struct store;

struct store_news {
	const char *sid;
	const char *url; /* where it is; NULL: not there (yet) */
	const char *why; /* without url: what was wrong */
	uint64_t bytes;
};

typedef void store_told_fn(void *context, const struct store_news *news);

/* NULL: no store is configured, recordings stay in the spool. */
struct store *store_new(struct loop *loop, const struct settings *settings,
			const char *folder, int64_t patience_ms,
			store_told_fn *told, void *context);
struct store *store_free(struct store *store);
/* Where a recording will be. Any thread; settings with a store. */
void store_url(const struct settings *settings, const char *sid, char *url_out);
void store_put(struct store *store, const char *sid);
/* What earlier processes left. Returns how many. */
size_t store_put_left(struct store *store);
