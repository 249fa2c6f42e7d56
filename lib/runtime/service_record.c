/*
 * service_record.c - how full the record is.
 *
 * Whoever lets calls in asks the server every ten seconds: at 90 % new calls
 * are refused, so that the calls that run can still be recorded to their end.
 */
#include "lib/base/log.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "lib/runtime/service_private.h"

#define RECORD_POLL_MS 10000
#define RECORD_ANSWER_MS 5000
#define RECORD_FULL_PERCENT 90
#define RECORD_INFO "$JS.API.STREAM.INFO.VOX"

METRIC_GAUGE(fill, "record_fill_percent", "",
	     "Part of the record's size limit that is used; sipgw asks.")

static void on_info(void *owner, int error, const char *data, size_t size)
{
	struct service *service = owner;
	struct service_private *mine = service->private;
	int64_t used, limit;
	loop_timer_start(service->loop, &mine->record_poll, RECORD_POLL_MS);
	if (error || !bus_json_number(data, size, "state.bytes", &used) ||
	    !bus_json_number(data, size, "config.max_bytes", &limit) ||
	    limit <= 0)
		return;
	int64_t percent = used / (limit / 100 + 1);
	bool full = percent >= RECORD_FULL_PERCENT;
	metric_set(&fill, percent);
	if (full && !mine->record_full)
		log_error(NULL, 0,
			  "the record is at %lld %% of its limit: new calls "
			  "are refused; raise VOXBUS_RECORD_MB or lower "
			  "VOXBUS_RECORD_HOURS",
			  (long long)percent);
	else if (!full && mine->record_full)
		log_info(NULL, "the record is at %lld %% of its limit again",
			 (long long)percent);
	mine->record_full = full;
}

static void poll_record(struct loop_timer *timer)
{
	struct service *service = timer->owner;
	bus_ask(service->bus, RECORD_INFO, "", 0, RECORD_ANSWER_MS, on_info,
		service);
}

void service_record_start(struct service *service)
{
	struct loop_timer *timer = &service->private->record_poll;
	timer->due = poll_record;
	timer->owner = service;
	loop_timer_start(service->loop, timer, 0);
}
