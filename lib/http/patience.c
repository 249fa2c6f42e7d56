/*
 * patience.c - how long a silent server is waited for, and which failures are
 * followed by a further attempt.
 *
 * libcurl limits the time to connect and the time in all. The time between two
 * pieces of an answer is limited here: the timer runs once per 'read_ms', not
 * once per piece.
 */
#include "lib/http/transfer.h"

#include "lib/base/clock.h"

#define PAUSE_MS 250 /* before the second attempt; then doubled, to ... */
#define PAUSE_MAX_MS 1000
#define WORTH_MS 100 /* with less time left no attempt is begun */

/* --- silence --- */
static void on_silence(struct loop_timer *timer)
{
	struct http_transfer *transfer = timer->owner;
	int64_t left_ms =
		transfer->hop.heard_ms + transfer->read_ms - clock_mono_ms();
	if (left_ms > 0) {
		loop_timer_start(transfer->loop, timer, left_ms);
		return;
	}
	transfer->hop.verdict = HOP_SILENT;
	transfer_hop_over(transfer, CURLE_OPERATION_TIMEDOUT);
}

void patience_begins(struct http_transfer *transfer)
{
	transfer->hop.heard_ms = clock_mono_ms();
	transfer->silence =
		(struct loop_timer){.due = on_silence, .owner = transfer};
	if (transfer->read_ms)
		loop_timer_start(transfer->loop, &transfer->silence,
				 transfer->read_ms);
}

void patience_ends(struct http_transfer *transfer)
{
	loop_timer_stop(transfer->loop, &transfer->silence);
	loop_timer_stop(transfer->loop, &transfer->pause);
}

/* --- further attempts --- */

/* Errors that the next attempt may not meet. */
static bool may_pass(int error)
{
	return error == ERR_HTTP_CONNECTION || error == ERR_HTTP_HOST ||
	       error == ERR_HTTP_TLS || error == ERR_HTTP_RETRIEVAL ||
	       error == ERR_HTTP_PROTOCOL;
}

/* As rp= has it; 0: of no use to try again. */
static unsigned kind_of(const struct http_transfer *transfer,
			const struct http_result *result)
{
	const struct hop *hop = &transfer->hop;
	if (result->error == ERR_HTTP_STATUS)
		return result->status >= 500   ? RETRY_5XX
		       : result->status >= 400 ? RETRY_4XX
					       : 0;
	if (!may_pass(result->error) ||
	    (hop->verdict != HOP_GOES_ON && hop->verdict != HOP_SILENT))
		return 0;
	return hop->asked ? RETRY_RT : RETRY_CT;
}

static int64_t pause_of(const struct http_transfer *transfer,
			const struct http_result *result)
{
	int64_t pause_ms = PAUSE_MS, took_ms;
	for (unsigned i = 1; i < transfer->attempts && pause_ms < PAUSE_MAX_MS;
	     i++)
		pause_ms *= 2;
	took_ms = clock_mono_ms() - transfer->attempt_ms;
	pause_ms = took_ms < pause_ms ? pause_ms - took_ms : 0;
	return result->retry_after_ms > pause_ms ? result->retry_after_ms
						 : pause_ms;
}

bool patience_has_more(const struct http_transfer *transfer,
		       const struct http_result *result, int64_t *pause_ms_out)
{
	if (!result->error || transfer->attempts > transfer->retries ||
	    !(kind_of(transfer, result) & transfer->retry_after) ||
	    transfer->hop.sunk)
		return false;
	*pause_ms_out = pause_of(transfer, result);
	return *pause_ms_out + WORTH_MS <= hop_left_ms(transfer);
}

static void on_pause(struct loop_timer *timer)
{
	struct http_transfer *transfer = timer->owner;
	transfer->attempt_ms = clock_mono_ms();
	transfer_send(transfer);
}

void patience_tries_again(struct http_transfer *transfer, int64_t pause_ms)
{
	char error[URL_ERROR_BYTES];
	url_clear(&transfer->url);
	(void)url_parse(NULL, transfer->asked, &transfer->url, error);
	hop_clear(&transfer->hop);
	buf_clear(&transfer->body);
	transfer->plain = false;
	transfer->redirects = 0;
	transfer->attempts++;
	transfer->pause =
		(struct loop_timer){.due = on_pause, .owner = transfer};
	loop_timer_start(transfer->loop, &transfer->pause, pause_ms);
}
