/*
 * refer.c - one side of a Dial transfers the other (REFER, RFC 3515; blind
 * transfer, RFC 5589 section 6.1): the Dial's referUrl is asked for a document,
 * and whoever is not transferring runs it. The transferor hears how it went by
 * NOTIFY, and leaves.
 *
 * Until there is such a document the call stays as it is; without one it goes
 * on as if nothing had been asked for. Many phones hang up as soon as REFER is
 * accepted: then the other side waits alone, and without a document its leg
 * ends.
 */
#include "services/interpreter/params.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/url.h"

#include <stdlib.h>
#include <string.h>

#define DECLINED 603
#define UNAVAILABLE 503

enum refer_state {
	REFER_FETCHING, /* the document is awaited */
	REFER_TOLD      /* the last NOTIFY is out */
};

/* A transfer that a leg asked for. */
struct refer {
	char refer[ID_BYTES]; /* its name */
	enum refer_state state;
	char fetch[ID_BYTES];
	char *url;      /* of the document */
	unsigned other; /* number of the leg that is transferred */
	bool moved;     /* it runs the document: the transferor is to leave */
};

static bool is_fetching(const struct leg *leg)
{
	return leg->refer && leg->refer->state == REFER_FETCHING;
}

void refer_gone(struct leg *leg)
{
	if (is_fetching(leg))
		return;
	refer_free(leg);
	leg_timer_stop(leg, TIMER_REFER);
}

void refer_free(struct leg *leg)
{
	if (leg->refer) {
		free(leg->refer->url);
		free(leg->refer);
	}
	leg->refer = NULL;
}

static struct notify *new_notify(const struct leg *leg, const char *refer,
				 int status)
{
	struct notify *notify = proto_new(&notify_message);
	(void)str_copy(notify->leg, sizeof(notify->leg), leg->sid);
	(void)str_copy(notify->refer, sizeof(notify->refer), refer);
	notify->status = status;
	return notify;
}

static void tell(struct call *call, struct leg *leg, int status)
{
	leg->refer->state = REFER_TOLD;
	leg_timer_stop(leg, TIMER_REFER);
	if (leg->state >= LEG_CANCELING)
		return;
	leg_timer_set(call, leg, TIMER_REFER, GUARD_END_MS);
	ask(call, leg, &notify_message,
	    new_notify(leg, leg->refer->refer, status), call->gateway);
}

/* --- who transfers whom --- */

struct parties {
	struct leg *dialer; /* whose document has the Dial */
	struct leg *other;  /* who is transferred */
};

static bool parties_of(struct leg *leg, struct parties *out)
{
	struct leg *parent = leg->parent;
	struct leg *winner = leg->runner && leg->runner->dial_waits
				     ? leg->runner->winner
				     : NULL;
	if (winner && winner->met) {
		*out = (struct parties){leg, winner};
	} else if (parent && dial_waits_for(leg) &&
		   parent->runner->winner == leg && leg->met) {
		*out = (struct parties){parent, parent};
	} else {
		return false;
	}
	return out->other->state == LEG_UP;
}

static struct leg *leg_of_number(struct call *call, unsigned number)
{
	struct leg *leg = call->root;
	while (leg && leg->number != number)
		leg = leg->next;
	return leg;
}

/* --- what referUrl is told --- */

typedef const char *value_fn(const struct parties *parties,
			     const struct leg *leg,
			     const struct referred *referred);

static const char *target_value(const struct parties *parties,
				const struct leg *leg,
				const struct referred *referred)
{
	(void)parties;
	(void)leg;
	return referred->refer_to;
}

static const char *transferor_value(const struct parties *parties,
				    const struct leg *leg,
				    const struct referred *referred)
{
	(void)parties;
	(void)referred;
	return leg->parent ? leg->to : leg->from;
}

static const char *transferee_value(const struct parties *parties,
				    const struct leg *leg,
				    const struct referred *referred)
{
	(void)leg;
	(void)referred;
	return parties->other->parent ? parties->other->to
				      : parties->other->from;
}

static const char *by_value(const struct parties *parties,
			    const struct leg *leg,
			    const struct referred *referred)
{
	(void)parties;
	(void)leg;
	return referred->referred_by;
}

static const struct {
	const char *name;
	unsigned of; /* enum params_of */
	value_fn *value;
} refer_rows[] = {
	{"ReferTransferTarget", PARAMS_SIGNALWIRE | PARAMS_TWILIO,
	 target_value},
	{"ReferTarget", PARAMS_RESTCOMM, target_value},
	{"Transferor", PARAMS_RESTCOMM, transferor_value},
	{"Transferee", PARAMS_RESTCOMM, transferee_value},
	{"ReferredBy", PARAMS_ALL, by_value},
};

static void add_param(struct get *get, const char *prefix, const char *name,
		      const char *value)
{
	struct param *param = &get->params[get->params_count];
	if (!value || !*value ||
	    get->params_count == sizeof(get->params) / sizeof(get->params[0]) ||
	    !str_format(param->name, sizeof(param->name), "%s%s", prefix, name))
		return;
	proto_set_long(&param->value, value);
	get->params_count++;
}

static void add_params(struct call *call, const struct parties *parties,
		       const struct leg *leg, const struct referred *referred,
		       struct get *get)
{
	params_of_document(call, parties->other, NULL, get);
	for (size_t i = 0; i < sizeof(refer_rows) / sizeof(refer_rows[0]);
	     i++) {
		if (refer_rows[i].of & call->dialect->params)
			add_param(get, "", refer_rows[i].name,
				  refer_rows[i].value(parties, leg, referred));
	}
	for (uint32_t i = 0; i < referred->headers_count; i++)
		add_param(get, "SipHeader_", referred->headers[i].name,
			  referred->headers[i].value);
}

/* --- the request --- */

static void fetch(struct call *call, struct leg *leg,
		  const struct parties *parties,
		  const struct referred *referred)
{
	const struct runner *runner = parties->dialer->runner;
	struct refer *refer = leg->refer;
	struct get *get = fetch_new(
		call, parties->other, refer->url,
		verbs_method(runner->document, runner->verb, "referMethod"),
		refer->fetch);
	add_params(call, parties, leg, referred, get);
	leg_timer_set(call, leg, TIMER_REFER, GUARD_FETCH_MS);
	say(call, &get_message, get, "any");
}

/* The document that says what a transfer means. False: there is none. */
static bool find_url(struct call *call, struct leg *leg,
		     const struct parties *parties, char url_out[URL_BYTES])
{
	const struct runner *runner = parties->dialer->runner;
	const char *text =
		verbs_text(runner->document, runner->verb, "referUrl");
	if (!text || !*text) {
		note(call, leg, NOTE_WARNING, ERR_REFER, runner->url,
		     "the phone asked for a transfer (REFER), and was refused: "
		     "<Dial> has no referUrl");
		return false;
	}
	if (!url_document(runner->url, text, url_out, URL_BYTES)) {
		note(call, leg, NOTE_ERROR, ERR_URL_INVALID, runner->url,
		     "Dial: referUrl '%.100s' is no http(s) or nats URL: the "
		     "transfer "
		     "is refused",
		     text);
		return false;
	}
	return true;
}

static void refuse(struct call *call, const struct leg *leg, const char *refer)
{
	say(call, &notify_message, new_notify(leg, refer, DECLINED),
	    call->gateway);
}

void on_referred(struct call *call, const void *event)
{
	const struct referred *referred = event;
	struct leg *leg = call_leg(call, referred->leg);
	struct parties parties;
	char url[URL_BYTES];
	if (!leg || leg->state >= LEG_CANCELING)
		return;
	if (leg->refer && strcmp(leg->refer->refer, referred->refer) == 0)
		return; /* said once more: its NOTIFY follows, or did */
	if (leg->refer && (is_fetching(leg) || leg->refer->moved)) {
		refuse(call, leg, referred->refer); /* one at a time */
		return;
	}
	if (leg->state != LEG_UP || !parties_of(leg, &parties)) {
		note(call, leg, NOTE_WARNING, ERR_REFER, NULL,
		     "the phone asked for a transfer (REFER), and was refused: "
		     "it is not connected to anybody");
		refuse(call, leg, referred->refer);
		return;
	}
	if (!find_url(call, leg, &parties, url)) {
		refuse(call, leg, referred->refer);
		return;
	}
	refer_free(leg);
	leg->refer = mem_new(1, sizeof(*leg->refer));
	(void)str_copy(leg->refer->refer, sizeof(leg->refer->refer),
		       referred->refer);
	leg->refer->url = mem_copy_text(url);
	leg->refer->other = parties.other->number;
	fetch(call, leg, &parties, referred);
}

/* --- the answer --- */

/* The document, or NULL: it was noted why not. */
static struct document *parse(struct call *call, struct leg *leg,
			      const struct fetched *fetched)
{
	struct findings findings = {0};
	struct document *document = NULL;
	const char *url = leg->refer->url;
	if (fetched->error || fetched->status < 200 || fetched->status > 299) {
		note(call, leg, NOTE_ERROR,
		     fetched->error ? (int)fetched->error : ERR_HTTP_STATUS,
		     url, "referUrl: %s",
		     fetched->error_text[0]
			     ? fetched->error_text
			     : "the web application must answer 200");
		return NULL;
	}
	if (fetched->body_base64) {
		size_t room = strlen(fetched->body_base64) + 1;
		char *body = mem_new(room, 1);
		long size =
			digest_unbase64(fetched->body_base64, (uint8_t *)body);
		document = document_parse(body, size > 0 ? (size_t)size : 0,
					  fetched->content_type, call->strict,
					  &findings);
		free(body);
	} else {
		const char *body = fetched->body ? fetched->body : "";
		document = document_parse(body, strlen(body),
					  fetched->content_type, call->strict,
					  &findings);
	}
	if (document)
		verbs_check(document, call->dialect, false, &findings);
	note_findings(call, leg, &findings, url);
	findings_clear(&findings);
	return document;
}

/* The two are connected no more; neither waits for the other. */
static void separate(struct call *call, struct leg *leg, struct leg *other)
{
	struct leg *dialer = other->parent == leg ? leg : other;
	struct leg *callee = dialer == leg ? other : leg;
	dialer->runner->dial_waits = false;
	tape_leave(call, dialer);
	dialer->runner->winner = NULL;
	dialer->runner->state = RUN_OVER;
	callee->dial = 0;
	leg_timer_stop(callee, TIMER_LIMIT);
}

static void move(struct call *call, struct leg *leg, struct leg *other,
		 struct document *document)
{
	struct leg *callee = other->parent == leg ? other : leg;
	separate(call, leg, other);
	if (callee->bridged)
		media_part(call, callee->parent, callee);
	callee->bridged = false;
	leg->refer->moved = true;
	tell(call, leg, 200);
	leg_run(call, other, leg->refer->url, document);
}

static struct leg *waiting_for(struct call *call, const char *fetch_name)
{
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		if (is_fetching(leg) &&
		    strcmp(leg->refer->fetch, fetch_name) == 0)
			return leg;
	}
	return NULL;
}

/* --- the transferor has hung up --- */

void refer_leg_gone(struct call *call, struct leg *leg)
{
	struct parties parties;
	if (!is_fetching(leg))
		return;
	if (!parties_of(leg, &parties)) {
		refer_free(leg);
		leg_timer_stop(leg, TIMER_REFER);
		return;
	}
	separate(call, leg, parties.other);
	parties.other->bridged = false;
	media_close(call, CLOSE_GONE);
}

/* Who was left alone, and waits for nothing but the document; or NULL. */
static struct leg *alone(struct call *call, const struct leg *leg)
{
	struct leg *other = leg_of_number(call, leg->refer->other);
	bool waits = other && other->state == LEG_UP &&
		     (!other->runner || other->runner->state == RUN_OVER);
	return waits ? other : NULL;
}

static void end_alone(struct call *call, struct leg *leg,
		      struct document *document)
{
	struct leg *other = alone(call, leg);
	leg_timer_stop(leg, TIMER_REFER);
	if (other && document)
		leg_run(call, other, leg->refer->url, document);
	else if (other)
		leg_end_for(call, other, CALL_COMPLETED, END_PARTNER);
	if (!other)
		document_free(document);
	refer_free(leg);
}

void on_refer_fetched(struct call *call, const void *event)
{
	const struct fetched *fetched = event;
	struct leg *leg = waiting_for(call, fetched->fetch);
	struct parties parties;
	if (!leg)
		return;
	struct leg *other = leg_of_number(call, leg->refer->other);
	if (other)
		fetch_answered(call, other, fetched);
	if (fetched->url) {
		char url[URL_BYTES];
		url_arrived(leg->refer->url, fetched->url, url, sizeof(url));
		proto_set_long(&leg->refer->url, url);
	}
	if (leg->state == LEG_GONE) {
		end_alone(call, leg, parse(call, leg, fetched));
		return;
	}
	if (!parties_of(leg, &parties) ||
	    leg_of_number(call, leg->refer->other) != parties.other) {
		tell(call, leg, UNAVAILABLE); /* one of them has gone */
		return;
	}
	struct document *document = parse(call, leg, fetched);
	if (document)
		move(call, leg, parties.other, document);
	else
		tell(call, leg, UNAVAILABLE);
}

/* --- the end --- */

static void leave(struct call *call, struct leg *leg)
{
	leg_timer_stop(leg, TIMER_REFER);
	settle(call, leg, &notify_message);
	if (leg->refer->moved)
		leg_end_for(call, leg, CALL_COMPLETED, END_TRANSFERRED);
}

void on_notified(struct call *call, const void *event)
{
	const struct notified *notified = event;
	struct leg *leg = call_leg(call, notified->leg);
	if (leg && leg->refer && leg->refer->state == REFER_TOLD &&
	    strcmp(leg->refer->refer, notified->refer) == 0)
		leave(call, leg);
}

void refer_timer(struct call *call, struct leg *leg)
{
	if (!leg->refer)
		return;
	if (leg->refer->state == REFER_TOLD) {
		leave(call, leg);
		return;
	}
	note(call, leg, NOTE_ERROR, ERR_HTTP_RETRIEVAL, leg->refer->url,
	     "referUrl: no answer came from the fetcher in time");
	if (leg->state == LEG_GONE)
		end_alone(call, leg, NULL);
	else
		tell(call, leg, UNAVAILABLE);
}
