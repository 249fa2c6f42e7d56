/*
 * bus_stream.c - streams and buckets exist, with the limits asked for.
 *
 * CREATE is answered with success when the stream is there with the same
 * configuration; when it is there with another, UPDATE follows. While JetStream
 * is away the question is asked again.
 */
#include "lib/runtime/bus_private.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_BYTES 4096
#define AGAIN_MS 250
#define ERR_CODE_NO_STORAGE 10047
#define ERR_CODE_STREAM_NAME_IN_USE 10058
#define ERR_CODE_SAME_SETUP 10045 /* "already the same" */

struct ensure {
	struct list link;
	struct bus *bus;
	struct loop_timer timer;
	char name[64];
	char *config;
	bool update;
	bus_done_fn *done;
	void *owner;
};

static void ensure_send(struct ensure *ensure);

int64_t bus_api_error(const char *what, const char *data, size_t size)
{
	int64_t error = 0;
	char why[160] = "no reason given";
	if (!bus_json_has(data, size, "error"))
		return 0;
	bus_json_number(data, size, "error.err_code", &error);
	bus_json_text(data, size, "error.description", why, sizeof(why));
	if (what)
		log_error(NULL, 0, "bus: %s: %s (%lld)", what, why,
			  (long long)error);
	return error ? error : 1;
}

static void ensure_end(struct ensure *ensure, int error)
{
	if (ensure->done)
		ensure->done(ensure->owner, error, 0, false);
	list_remove(&ensure->link);
	free(ensure->config);
	free(ensure);
}

void ensures_free(struct bus *bus)
{
	list_each (link, &bus->ensures) {
		struct ensure *ensure = list_of(link, struct ensure, link);
		loop_timer_stop(bus->loop, &ensure->timer);
		bus_ask_cancel(bus, ensure);
		free(ensure->config);
		free(ensure);
	}
}

/* The server's "503" in words: it is starting, or has no leader yet. */
static bool passes(const char *data, size_t size)
{
	int64_t code = 0;
	return bus_json_number(data, size, "error.code", &code) && code == 503;
}

static void on_answer(void *owner, int error, const char *data, size_t size)
{
	struct ensure *ensure = owner;
	int64_t code = error ? 0 : bus_api_error(NULL, data, size);
	if (error || passes(data, size)) {
		loop_timer_start(ensure->bus->loop, &ensure->timer, AGAIN_MS);
	} else if (code == ERR_CODE_STREAM_NAME_IN_USE && !ensure->update) {
		ensure->update = true;
		ensure_send(ensure);
	} else if (code == ERR_CODE_NO_STORAGE) {
		ensure_end(ensure, -ENOSPC);
	} else {
		bus_api_error(ensure->name, data, size);
		ensure_end(ensure, code ? -EINVAL : 0);
	}
}

static void ensure_send(struct ensure *ensure)
{
	char subject[BUS_SUBJECT_BYTES];
	str_format(subject, sizeof(subject), "$JS.API.STREAM.%s.%s",
		   ensure->update ? "UPDATE" : "CREATE", ensure->name);
	bus_ask(ensure->bus, subject, ensure->config, strlen(ensure->config),
		BUS_API_MS, on_answer, ensure);
}

static void on_again(struct loop_timer *timer)
{
	ensure_send(timer->owner);
}

static void ensure_start(struct bus *bus, const char *name, struct buf *config,
			 bus_done_fn *done, void *owner)
{
	struct ensure *ensure = mem_new(1, sizeof(*ensure));
	ensure->bus = bus;
	list_add_tail(&bus->ensures, &ensure->link);
	ensure->timer = (struct loop_timer){.due = on_again, .owner = ensure};
	ensure->config = buf_take(config);
	ensure->done = done;
	ensure->owner = owner;
	str_copy(ensure->name, sizeof(ensure->name), name);
	ensure_send(ensure);
}

static long long ns(int64_t ms)
{
	return (long long)ms * 1000000;
}

void bus_stream_ensure(struct bus *bus, const struct bus_stream *stream,
		       bus_done_fn *done, void *owner)
{
	struct buf config = BUF_INIT(CONFIG_BYTES);
	buf_addf(&config, "{\"name\":\"%s\"", stream->name);
	buf_addf(&config, ",\"subjects\":[\"%s\"]", stream->subjects);
	buf_addf(&config,
		 ",\"retention\":\"%s\",\"discard\":\"%s\",\"storage\":\"file\""
		 ",\"num_replicas\":1,\"max_consumers\":-1,\"max_msgs\":-1"
		 ",\"max_msgs_per_subject\":-1,\"max_msg_size\":-1"
		 ",\"max_bytes\":%lld,\"max_age\":%lld"
		 ",\"duplicate_window\":%lld,\"allow_direct\":true}",
		 stream->work_queue ? "workqueue" : "limits",
		 stream->discard_new ? "new" : "old",
		 stream->bytes_max ? (long long)stream->bytes_max : -1LL,
		 ns(stream->age_max_ms), ns(stream->duplicate_ms));
	ensure_start(bus, stream->name, &config, done, owner);
}

#define KV_DUPLICATE_MS 120000

void bus_kv_ensure(struct bus *bus, const char *bucket, int64_t age_max_ms,
		   bus_done_fn *done, void *owner)
{
	struct buf config = BUF_INIT(CONFIG_BYTES);
	char name[64];
	int64_t duplicate_ms = KV_DUPLICATE_MS;
	if (age_max_ms && age_max_ms < duplicate_ms)
		duplicate_ms = age_max_ms;
	str_format(name, sizeof(name), "KV_%s", bucket);
	buf_addf(&config,
		 "{\"name\":\"%s\",\"subjects\":[\"$KV.%s.>\"]"
		 ",\"retention\":\"limits\",\"discard\":\"new\""
		 ",\"storage\":\"file\",\"num_replicas\":1"
		 ",\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1"
		 ",\"max_msgs_per_subject\":1,\"max_msg_size\":-1"
		 ",\"max_age\":%lld,\"duplicate_window\":%lld"
		 ",\"allow_rollup_hdrs\":true,\"deny_delete\":true"
		 ",\"allow_direct\":true}",
		 name, bucket, ns(age_max_ms), ns(duplicate_ms));
	ensure_start(bus, name, &config, done, owner);
}
