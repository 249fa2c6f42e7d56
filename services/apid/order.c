/*
 * order.c - what a POST to Calls asks for; see order.h.
 */
#include "services/apid/order.h"

#include "lib/base/str.h"
#include "lib/markup/document.h"
#include "services/apid/order_names.h"
#include "services/apid/order_value.h"

#include <string.h>
#include <strings.h>

#define DOCUMENT_MAX 16384
#define RING_STANDARD_S 60
#define RING_MAX_S 600
#define LIMIT_MAX_S 86400
#define EVENT_COMPLETED 8
#define EVENT_VALUES_MAX 16
#define CALLER_CHARS                                                           \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.,"

/* --- where the document comes from --- */

static const char *document_of(const struct order_ask *ask, const char **name)
{
	*name = order_value(ask, "Twiml") ? "Twiml" : "Laml";
	return order_value(ask, *name);
}

/* Read as the interpreter will read it: what it would refuse is told now. */
static bool is_document(const char *name, const char *text, bool strict,
			struct order_wrong *wrong)
{
	struct findings findings = {0};
	struct document *document = document_parse(
		text, strlen(text), "text/xml", strict, &findings);
	bool good = document;
	for (unsigned i = 0; !good && !wrong->code && i < findings.count; i++) {
		const struct finding *finding = &findings.list[i];
		if (finding->level == NOTE_ERROR)
			(void)order_refuse(wrong, finding->code,
					   "%s, line %u, column %u: %s", name,
					   finding->line ? finding->line : 1,
					   finding->column ? finding->column
							   : 1,
					   finding->text);
	}
	document_free(document);
	findings_clear(&findings);
	return good;
}

/* Url, or the document itself; neither is not an error here. */
static bool take_document(const struct order_ask *ask, char **url_out,
			  int *method_out, char **document_out,
			  struct order_wrong *wrong)
{
	const char *name;
	const char *document = document_of(ask, &name);
	if (order_value(ask, "ApplicationSid"))
		return order_refuse(
			wrong, ERR_SID_INVALID,
			"ApplicationSid names no application of this "
			"installation: give its Url instead");
	if (document && order_value(ask, "Url"))
		return order_refuse(wrong, ERR_CALL_URL,
				    "give Url or %s, not both", name);
	if (document && strlen(document) > DOCUMENT_MAX)
		return order_refuse(wrong, ERR_API_PARAMETER,
				    "%s is longer than %d bytes: give a Url",
				    name, DOCUMENT_MAX);
	if (document && !is_document(name, document, ask->strict, wrong))
		return false;
	if (document)
		proto_set_long(document_out, document);
	return order_take_url(ask, "Url", ERR_CALL_URL, url_out, wrong) &&
	       order_take_method(ask, "Method", method_out, wrong);
}

/* What is asked for where a document cannot be had. */
static bool take_fallback(const struct order_ask *ask, char **url_out,
			  int *method_out, struct order_wrong *wrong)
{
	return order_take_url(ask, "FallbackUrl", ERR_CALL_URL, url_out,
			      wrong) &&
	       order_take_method(ask, "FallbackMethod", method_out, wrong);
}

/* --- who and whom --- */

/* After the scheme; NULL: it has none. */
static const char *after_sip(const char *text)
{
	if (strncasecmp(text, "sip:", 4) == 0)
		return text + 4;
	return strncasecmp(text, "sips:", 5) == 0 ? text + 5 : NULL;
}

/* The rest is the interpreter's to check, as it does with <Sip>. */
static bool take_to(const struct order_ask *ask, char **to_out,
		    struct order_wrong *wrong)
{
	const char *to = order_value(ask, "To");
	const char *rest = to ? after_sip(to) : NULL;
	if (!to)
		return order_refuse(wrong, ERR_CALL_NO_TO,
				    "To is missing: give a SIP URI");
	const char *host = rest ? strchr(rest, '@') : NULL;
	host = host ? host + 1 : rest;
	if (!rest || !*host || strchr("@:;?/>", *host) || strlen(to) > 1400 ||
	    strpbrk(to, " \"<>") || str_has_control(to))
		return order_refuse(
			wrong, ERR_CALL_TO,
			"To '%.100s' is no SIP URI: write sip:user@host", to);
	proto_set_long(to_out, to);
	return true;
}

/* Digits, a name, or a SIP URI whose user part is one. */
static bool is_caller(const char *text)
{
	const char *user = after_sip(text);
	size_t length = user ? strcspn(user, "@") : strlen(text);
	user = user ? user : text;
	bool whole = after_sip(text) ? user[length] == '@' && user[length + 1]
				     : true;
	return whole && length && strspn(user, CALLER_CHARS) >= length &&
	       strlen(text) <= 255 && !strpbrk(text, " \"<>\t\r\n");
}

static bool take_caller(const struct order_ask *ask, struct call_start *start,
			struct order_wrong *wrong)
{
	static const char *const names[] = {"From", "CallerId"};
	if (!order_value(ask, "From"))
		return order_refuse(
			wrong, ERR_CALL_NO_FROM,
			"From is missing: give a number, a name or a SIP "
			"URI");
	for (size_t i = 0; i < 2; i++) {
		const char *caller = order_value(ask, names[i]);
		if (!caller)
			continue;
		if (!is_caller(caller))
			return order_refuse(
				wrong, ERR_CALL_FROM,
				"%s '%.100s' may have letters, digits "
				"and + - _ . , only, or be a SIP URI "
				"with such a user part",
				names[i], caller);
		(void)str_copy(start->caller_id, sizeof(start->caller_id),
			       caller);
	}
	return order_take_text(ask, "CallerName", start->caller_name,
			       sizeof(start->caller_name), wrong);
}

/* SignalWire's two clients and Restcomm's have words of their own. */
static bool take_credentials(const struct order_ask *ask,
			     struct call_start *start,
			     struct order_wrong *wrong)
{
	static const char *const users[] = {"SipAuthUsername", "Username"};
	static const char *const words[] = {"SipAuthPassword", "Password"};
	for (size_t i = 0; i < 2; i++)
		if (!order_take_text(ask, users[i], start->username,
				     sizeof(start->username), wrong) ||
		    !order_take_text(ask, words[i], start->password,
				     sizeof(start->password), wrong))
			return false;
	return true;
}

/* --- who is told --- */

/* Words that never come to pass here have no bit. */
static const struct {
	const char *word;
	int bit;
} events[] = {
	{"initiated", 1},         {"ringing", 2},
	{"answered", 4},          {"completed", EVENT_COMPLETED},
	{"ringing_forwarded", 0}, {"ringing_queued", 0},
};

static bool add_event(const char *word, size_t length, int64_t *events_out,
		      struct order_wrong *wrong)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (strlen(events[i].word) == length &&
		    strncasecmp(events[i].word, word, length) == 0) {
			*events_out |= events[i].bit;
			return true;
		}
	}
	return order_refuse(wrong, ERR_API_PARAMETER,
			    "StatusCallbackEvent '%.*s' is none of initiated, "
			    "ringing, answered, completed",
			    (int)(length < 40 ? length : 40), word);
}

/* Repeated, or in one value with spaces or commas between. */
static bool take_events(const struct order_ask *ask, int64_t *events_out,
			struct order_wrong *wrong)
{
	const char *value;
	bool named = false;
	for (unsigned n = 0;
	     n < EVENT_VALUES_MAX &&
	     (value = ask->value(ask->lookup, "StatusCallbackEvent", n));
	     n++) {
		while (*(value += strspn(value, " ,"))) {
			size_t length = strcspn(value, " ,");
			named = true;
			if (!add_event(value, length, events_out, wrong))
				return false;
			value += length;
		}
	}
	if (!named)
		*events_out = EVENT_COMPLETED;
	return true;
}

static bool take_callback(const struct order_ask *ask, struct call_start *start,
			  struct order_wrong *wrong)
{
	return order_take_url(ask, "StatusCallback", ERR_CALL_STATUS_CALLBACK,
			      &start->status_callback, wrong) &&
	       order_take_method(ask, "StatusCallbackMethod",
				 &start->status_method, wrong) &&
	       take_events(ask, &start->status_events, wrong);
}

/* --- the two messages --- */

/* A parameter that is missing may be there in another spelling. */
static bool hint(struct order_wrong *wrong, const char *unknown)
{
	size_t used = strlen(wrong->text);
	if (*unknown)
		(void)str_format(wrong->text + used, sizeof(wrong->text) - used,
				 "; there is no parameter %s", unknown);
	return false;
}

static bool take_start(const struct order_ask *ask, struct call_start *start,
		       struct order_wrong *wrong)
{
	if (!take_to(ask, &start->to, wrong) ||
	    !take_caller(ask, start, wrong) ||
	    !take_document(ask, &start->voice_url, &start->voice_method,
			   &start->document, wrong))
		return false;
	if (!start->voice_url && !start->document)
		return order_refuse(wrong, ERR_CALL_URL,
				    "Url is missing: give Url or Twiml");
	return take_fallback(ask, &start->fallback_url, &start->fallback_method,
			     wrong) &&
	       take_callback(ask, start, wrong) &&
	       order_take_seconds(ask, "Timeout", RING_MAX_S, &start->ring_ms,
				  wrong) &&
	       order_take_seconds(ask, "TimeLimit", LIMIT_MAX_S,
				  &start->limit_ms, wrong) &&
	       take_credentials(ask, start, wrong) &&
	       order_names_allowed(ask, ORDER_START, wrong);
}

bool order_start(const struct order_ask *ask, struct call_start *start,
		 struct order_wrong *wrong)
{
	char unknown[ORDER_UNKNOWN_BYTES];
	_Static_assert(sizeof(start->ignored) == ORDER_IGNORED_BYTES,
		       "all names have room");
	wrong->code = 0;
	start->ring_ms = RING_STANDARD_S * 1000;
	order_names_unknown(ask, ORDER_START, unknown);
	if (!take_start(ask, start, wrong))
		return hint(wrong, unknown);
	order_names_ignored(ask, ORDER_START, start->ignored);
	if (*unknown)
		proto_set_long(&start->unknown, unknown);
	return true;
}

static bool take_wish(const struct order_ask *ask, struct call_change *change,
		      struct order_wrong *wrong)
{
	const char *status = order_value(ask, "Status");
	static const enum call_wish ends[] = {CALL_WISH_COMPLETE,
					      CALL_WISH_CANCEL};
	bool document = change->url || change->document;
	if (status && document)
		return order_refuse(wrong, ERR_API_PARAMETER,
				    "give Url (or Twiml) or Status, not both");
	if (!status && !document)
		return order_refuse(wrong, ERR_API_PARAMETER,
				    "give Url, Twiml, or Status=completed or "
				    "canceled");
	change->wish = CALL_WISH_REDIRECT;
	if (!status)
		return true;
	for (size_t i = 0; i < 2; i++)
		if (str_same(proto_word(&call_wish_set, (int)ends[i]), status))
			change->wish = (int)ends[i];
	return change->wish != CALL_WISH_REDIRECT ||
	       order_refuse(wrong, ERR_API_PARAMETER,
			    "Status '%.40s' is neither completed nor canceled",
			    status);
}

bool order_change(const struct order_ask *ask, struct call_change *change,
		  struct order_wrong *wrong)
{
	char ignored[ORDER_IGNORED_BYTES], unknown[ORDER_UNKNOWN_BYTES];
	wrong->code = 0;
	order_names_ignored(ask, ORDER_CHANGE, ignored);
	order_names_unknown(ask, ORDER_CHANGE, unknown);
	if (!order_names_allowed(ask, ORDER_CHANGE, wrong) ||
	    !take_document(ask, &change->url, &change->method,
			   &change->document, wrong) ||
	    !take_fallback(ask, &change->fallback_url, &change->fallback_method,
			   wrong) ||
	    !take_wish(ask, change, wrong))
		return hint(wrong, unknown);
	if (*ignored)
		proto_set_long(&change->ignored, ignored);
	if (*unknown)
		proto_set_long(&change->unknown, unknown);
	return true;
}

static bool take_status(const struct order_ask *ask, struct record_wish *wish,
			struct order_wrong *wrong)
{
	const char *status = order_value(ask, "Status");
	const char *pause = order_value(ask, "PauseBehavior");
	wish->status = status ? proto_value(&record_status_set, status) : 0;
	if (!wish->status)
		return order_refuse(wrong, ERR_API_PARAMETER,
				    "Status '%.40s' is none of paused, "
				    "in-progress, stopped",
				    status ? status : "");
	if (pause && !str_same(pause, "silence") && !str_same(pause, "skip"))
		return order_refuse(wrong, ERR_API_PARAMETER,
				    "PauseBehavior '%.40s' is neither skip nor "
				    "silence",
				    pause);
	wish->silent = wish->status == RECORD_STATUS_PAUSED &&
		       !(pause && str_same(pause, "skip"));
	return true;
}

bool order_recording(const struct order_ask *ask, struct record_wish *wish,
		     struct order_wrong *wrong)
{
	char unknown[ORDER_UNKNOWN_BYTES];
	wrong->code = 0;
	order_names_unknown(ask, ORDER_RECORDING, unknown);
	if (!take_status(ask, wish, wrong))
		return hint(wrong, unknown);
	if (*unknown)
		proto_set_long(&wish->unknown, unknown);
	return true;
}
