/*
 * httpd_late.c - answers of the HTTP server that come later; see httpd.h.
 */
#include "lib/runtime/httpd_private.h"

#include "proto/proto.h"

struct httpd_late *httpd_late(const struct httpd_request *request,
			      struct httpd_answer *answer)
{
	struct exchange *exchange = request->lookup;
	answer->late = true;
	exchange->late = LATE_ASKED;
	list_add_tail(&exchange->httpd->late, &exchange->late_link);
	return (struct httpd_late *)exchange;
}

void httpd_late_answer(struct httpd_late *late,
		       const struct httpd_answer *answer)
{
	struct exchange *exchange = (struct exchange *)late;
	bool suspended = exchange->late == LATE_SUSPENDED;
	exchange->late_answer = *answer;
	exchange->late = LATE_ANSWERED;
	list_remove(&exchange->late_link);
	if (!suspended)
		return;
	/* on_piece is called once more: by a run, which nothing else asks for
	 */
	MHD_resume_connection(exchange->connection);
	loop_timer_start(exchange->httpd->loop, &exchange->httpd->timeout, 0);
}

void httpd_give_up_late(struct httpd *httpd)
{
	bool some = !list_empty(&httpd->late);
	list_each (link, &httpd->late) {
		struct exchange *exchange =
			list_of(link, struct exchange, late_link);
		struct httpd_answer answer = {0};
		httpd_error(&answer, 503, ERR_OVERLOAD, "The server is ending");
		httpd_late_answer((struct httpd_late *)exchange, &answer);
	}
	if (some) /* it may not be stopped while a connection is suspended */
		MHD_run(httpd->daemon);
}
