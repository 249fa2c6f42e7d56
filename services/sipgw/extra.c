/*
 * extra.c - header lines beside those of nta; see extra.h.
 */
#include "services/sipgw/extra.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/session_id.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/words.h"

#include <stdlib.h>
#include <string.h>

#define LINES_BYTES 32768

METRIC_COUNTER(left_out, "sip_headers_refused_total", "",
	       "Header fields that a dial may not add, and were left out.")

static void add_session(const struct leg *leg, struct buf *to)
{
	char ours[SESSION_ID_BYTES], line[SESSION_ID_LINE_BYTES];
	session_id_make(leg->gw->service->secret, leg->root, ours);
	session_id_line(ours, leg->session_id, line);
	buf_addf(to, "%s\r\n", line);
}

static void add_bare(const struct leg *leg, const char *more, struct buf *to)
{
	add_session(leg, to);
	if (leg->lines)
		buf_addf(to, "%s", leg->lines);
	if (more)
		buf_addf(to, "%s\r\n", more);
}

/* Where requests inside the dialog are addressed to. */
static char *request_uri(const struct leg *leg)
{
	const sip_route_t *route = NULL;
	const sip_contact_t *target = NULL;
	su_home_t *home = su_home_new(sizeof(*home));
	nta_leg_get_route(leg->dialog, &route, &target);
	const char *text =
		target ? url_as_string(home, target->m_url) : leg->target;
	char *uri = mem_copy_text(text ? text : "");
	su_home_unref(home);
	return uri;
}

char *extra_request(struct leg *leg, const char *method, const char *body,
		    const char *more)
{
	struct buf lines = BUF_INIT(LINES_BYTES);
	add_bare(leg, more, &lines);
	if (leg->auth) {
		char *uri = request_uri(leg);
		auth_lines(leg->auth, method, uri, body, &lines);
		free(uri);
	}
	return buf_take(&lines);
}

char *extra_request_to(struct leg *leg, const char *method, const char *uri)
{
	struct buf lines = BUF_INIT(LINES_BYTES);
	add_bare(leg, NULL, &lines);
	auth_lines(leg->auth, method, uri, NULL, &lines);
	return buf_take(&lines);
}

char *extra_bare(const struct leg *leg, const char *more)
{
	struct buf lines = BUF_INIT(LINES_BYTES);
	add_bare(leg, more, &lines);
	return buf_take(&lines);
}

char *extra_reply(const struct leg *leg)
{
	struct buf lines = BUF_INIT(LINES_BYTES);
	add_session(leg, &lines);
	return buf_take(&lines);
}

void extra_answer(const struct leg *leg, nta_incoming_t *irq, int status,
		  const char *phrase, const char *header)
{
	char *lines = extra_reply(leg);
	nta_incoming_treply(
		irq, status, phrase ? phrase : sip_status_phrase(status),
		SIPTAG_HEADER_STR(lines),
		TAG_IF(header, SIPTAG_HEADER_STR(header)), TAG_END());
	free(lines);
}

/* The sender's half; 'id_out' is left alone if there is none. */
static void read_theirs(const sip_t *sip, char *id_out)
{
	char id[SESSION_ID_BYTES];
	for (const sip_unknown_t *at = sip->sip_unknown; at; at = at->un_next)
		if (str_same(at->un_name, "Session-ID") && at->un_value &&
		    session_id_read(at->un_value, id))
			str_copy(id_out, SESSION_ID_BYTES, id);
}

void extra_hear(struct leg *leg, const sip_t *sip)
{
	_Static_assert(sizeof(leg->session_id) == SESSION_ID_BYTES,
		       "it has room for one");
	read_theirs(sip, leg->session_id);
}

void extra_stranger_line(const struct sipgw *gw, const sip_t *sip, char *to)
{
	char ours[SESSION_ID_BYTES], theirs[SESSION_ID_BYTES] = "";
	session_id_make(gw->service->secret,
			sip->sip_call_id ? sip->sip_call_id->i_id : "", ours);
	read_theirs(sip, theirs);
	session_id_line(ours, theirs, to);
}

void extra_dial_headers(const struct leg *leg, const struct dial *dial,
			uint32_t max, struct buf *to)
{
	char value[1025];
	for (uint32_t i = 0; i < dial->headers_count && i < max; i++) {
		const struct header *header = &dial->headers[i];
		const char *raw = header->value ? header->value : "";
		if (words_header_may_be_added(header->name) &&
		    !str_has_control(raw) &&
		    words_value(raw, strlen(raw), value, sizeof(value))) {
			buf_addf(to, "%s: %s\r\n", header->name, value);
			continue;
		}
		metric_add(&left_out, 1);
		log_warn(leg->root, ERR_SIP_HEADER,
			 "leg %s: a header that may not be added was left out",
			 leg->id);
	}
}
