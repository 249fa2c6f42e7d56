/*
 * order.c - what a POST to Calls asks for; see order.h.
 */
#include "services/apid/order.h"

#include "lib/base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define URL_MAX 4096
#define DOCUMENT_MAX 16384
#define RING_STANDARD_S 60
#define RING_MAX_S 600
#define LIMIT_MAX_S 86400
#define EVENT_COMPLETED 8
#define EVENT_VALUES_MAX 16
#define CALLER_CHARS                                                           \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.,"

static bool refuse(struct order_wrong *wrong, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* False, always. */
static bool refuse(struct order_wrong *wrong, int code, const char *format, ...)
{
	va_list arguments;
	wrong->code = code;
	va_start(arguments, format);
	(void)vsnprintf(wrong->text, sizeof(wrong->text), format, arguments);
	va_end(arguments);
	return false;
}

/* The first value; NULL when it is absent or empty. */
static const char *value_of(const struct order_ask *ask, const char *name)
{
	const char *value = ask->value(ask->lookup, name, 0);
	return value && *value ? value : NULL;
}

/* --- values --- */

static bool is_web_url(const char *url)
{
	const char *host = str_starts(url, "https://")  ? url + 8
			   : str_starts(url, "http://") ? url + 7
							: NULL;
	return host && *host && !strchr("/?#:", *host) &&
	       strlen(url) <= URL_MAX && !strpbrk(url, " \"<>") &&
	       !str_has_control(url);
}

static bool take_url(const struct order_ask *ask, const char *name, int code,
		     char **url_out, struct order_wrong *wrong)
{
	const char *url = value_of(ask, name);
	if (!url)
		return true;
	if (!is_web_url(url))
		return refuse(wrong, code,
			      "%s '%.100s' is no absolute http:// or https:// "
			      "URL",
			      name, url);
	proto_set_long(url_out, url);
	return true;
}

static bool take_method(const struct order_ask *ask, const char *name,
			int *method_out, struct order_wrong *wrong)
{
	static const struct {
		const char *word;
		enum http_method method;
	} methods[] = {{"GET", HTTP_GET}, {"POST", HTTP_POST}};
	const char *word = value_of(ask, name);
	if (!word)
		return true;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcasecmp(methods[i].word, word) == 0)
			*method_out = (int)methods[i].method;
	return *method_out ||
	       refuse(wrong, ERR_API_PARAMETER,
		      "%s '%.40s' is neither GET nor POST", name, word);
}

static bool take_seconds(const struct order_ask *ask, const char *name,
			 int64_t max_s, int64_t *ms_out,
			 struct order_wrong *wrong)
{
	const char *text = value_of(ask, name);
	int64_t seconds;
	if (!text)
		return true;
	if (!str_number(text, 1, max_s, &seconds))
		return refuse(wrong, ERR_API_PARAMETER,
			      "%s '%.40s' is no number of seconds from 1 to "
			      "%lld",
			      name, text, (long long)max_s);
	*ms_out = seconds * 1000;
	return true;
}

static bool take_text(const struct order_ask *ask, const char *name, char *to,
		      size_t size, struct order_wrong *wrong)
{
	const char *text = value_of(ask, name);
	if (!text)
		return true;
	if (str_has_control(text) || !str_is_utf8(text, strlen(text)) ||
	    !str_copy(to, size, text))
		return refuse(wrong, ERR_API_PARAMETER,
			      "%s is longer than %zu bytes, or has control "
			      "characters",
			      name, size - 1);
	return true;
}

/* --- where the document comes from --- */

static const char *document_of(const struct order_ask *ask, const char **name)
{
	*name = value_of(ask, "Twiml") ? "Twiml" : "Laml";
	return value_of(ask, *name);
}

/* Url, or the document itself; neither is not an error here. */
static bool take_document(const struct order_ask *ask, char **url_out,
			  int *method_out, char **document_out,
			  struct order_wrong *wrong)
{
	const char *name;
	const char *document = document_of(ask, &name);
	if (value_of(ask, "ApplicationSid"))
		return refuse(wrong, ERR_SID_INVALID,
			      "ApplicationSid names no application of this "
			      "installation: give its Url instead");
	if (document && value_of(ask, "Url"))
		return refuse(wrong, ERR_CALL_URL, "give Url or %s, not both",
			      name);
	if (document && strlen(document) > DOCUMENT_MAX)
		return refuse(wrong, ERR_API_PARAMETER,
			      "%s is longer than %d bytes: give a Url", name,
			      DOCUMENT_MAX);
	if (document)
		proto_set_long(document_out, document);
	return take_url(ask, "Url", ERR_CALL_URL, url_out, wrong) &&
	       take_method(ask, "Method", method_out, wrong);
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
	const char *to = value_of(ask, "To");
	const char *rest = to ? after_sip(to) : NULL;
	if (!to)
		return refuse(wrong, ERR_CALL_NO_TO,
			      "To is missing: give a SIP URI");
	const char *host = rest ? strchr(rest, '@') : NULL;
	host = host ? host + 1 : rest;
	if (!rest || !*host || strchr("@:;?/>", *host) || strlen(to) > 1400 ||
	    strpbrk(to, " \"<>") || str_has_control(to))
		return refuse(wrong, ERR_CALL_TO,
			      "To '%.100s' is no SIP URI: write sip:user@host",
			      to);
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
	if (!value_of(ask, "From"))
		return refuse(wrong, ERR_CALL_NO_FROM,
			      "From is missing: give a number, a name or a SIP "
			      "URI");
	for (size_t i = 0; i < 2; i++) {
		const char *caller = value_of(ask, names[i]);
		if (!caller)
			continue;
		if (!is_caller(caller))
			return refuse(wrong, ERR_CALL_FROM,
				      "%s '%.100s' may have letters, digits "
				      "and + - _ . , only, or be a SIP URI "
				      "with such a user part",
				      names[i], caller);
		(void)str_copy(start->caller_id, sizeof(start->caller_id),
			       caller);
	}
	return take_text(ask, "CallerName", start->caller_name,
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
		if (!take_text(ask, users[i], start->username,
			       sizeof(start->username), wrong) ||
		    !take_text(ask, words[i], start->password,
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
	return refuse(wrong, ERR_API_PARAMETER,
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
	return take_url(ask, "StatusCallback", ERR_CALL_STATUS_CALLBACK,
			&start->status_callback, wrong) &&
	       take_method(ask, "StatusCallbackMethod", &start->status_method,
			   wrong) &&
	       take_events(ask, &start->status_events, wrong);
}

/* --- what is not done --- */

/* 'harmless': the value that asks for nothing. */
static const struct {
	const char *name, *harmless;
} refused[] = {{"Record", "false"},
	       {"SendDigits", ""},
	       {"AsyncAmd", "false"},
	       {"MachineDetection", "none"},
	       {"IfMachine", "Continue"}};

static const char *const advisory[] = {
	"FallbackUrl",
	"FallbackMethod",
	"CallReason",
	"CallToken",
	"Byoc",
	"ClientNotificationUrl",
	"Trim",
	"RecordingChannels",
	"RecordingTrack",
	"RecordingStatusCallback",
	"RecordingStatusCallbackMethod",
	"RecordingStatusCallbackEvent",
	"MachineDetectionTimeout",
	"MachineDetectionSpeechThreshold",
	"MachineDetectionSpeechEndThreshold",
	"MachineDetectionSilenceTimeout",
	"MachineDetectionWordsThreshold",
	"AsyncAmdStatusCallback",
	"AsyncAmdStatusCallbackMethod",
	"AsyncAmdPartialResults",
	"MaxPricePerMinute",
};

static bool refuse_what_is_not_done(const struct order_ask *ask,
				    struct order_wrong *wrong)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *value = value_of(ask, refused[i].name);
		if (value && strcasecmp(value, refused[i].harmless) != 0)
			return refuse(wrong, ERR_API_PARAMETER,
				      "%s is not supported by this "
				      "installation: leave it out",
				      refused[i].name);
	}
	return true;
}

/* As many names as have room. */
static void list_ignored(const struct order_ask *ask, char *to, size_t size)
{
	size_t used = 0;
	for (size_t i = 0; i < sizeof(advisory) / sizeof(advisory[0]); i++) {
		if (!value_of(ask, advisory[i]) ||
		    used + strlen(advisory[i]) + 3 > size)
			continue;
		used += (size_t)snprintf(to + used, size - used, "%s%s",
					 used ? ", " : "", advisory[i]);
	}
}

/* --- the two messages --- */

bool order_start(const struct order_ask *ask, struct call_start *start,
		 struct order_wrong *wrong)
{
	wrong->code = 0;
	start->ring_ms = RING_STANDARD_S * 1000;
	if (!take_to(ask, &start->to, wrong) ||
	    !take_caller(ask, start, wrong) ||
	    !take_document(ask, &start->voice_url, &start->voice_method,
			   &start->document, wrong))
		return false;
	if (!start->voice_url && !start->document)
		return refuse(wrong, ERR_CALL_URL,
			      "Url is missing: give Url or Twiml");
	list_ignored(ask, start->ignored, sizeof(start->ignored));
	return take_callback(ask, start, wrong) &&
	       take_seconds(ask, "Timeout", RING_MAX_S, &start->ring_ms,
			    wrong) &&
	       take_seconds(ask, "TimeLimit", LIMIT_MAX_S, &start->limit_ms,
			    wrong) &&
	       take_credentials(ask, start, wrong) &&
	       refuse_what_is_not_done(ask, wrong);
}

static bool take_wish(const struct order_ask *ask, struct call_change *change,
		      struct order_wrong *wrong)
{
	const char *status = value_of(ask, "Status");
	static const enum call_wish ends[] = {CALL_WISH_COMPLETE,
					      CALL_WISH_CANCEL};
	bool document = change->url || change->document;
	if (status && document)
		return refuse(wrong, ERR_API_PARAMETER,
			      "give Url (or Twiml) or Status, not both");
	if (!status && !document)
		return refuse(wrong, ERR_API_PARAMETER,
			      "give Url, Twiml, or Status=completed or "
			      "canceled");
	change->wish = CALL_WISH_REDIRECT;
	if (!status)
		return true;
	for (size_t i = 0; i < 2; i++)
		if (strcasecmp(proto_word(&call_wish_set, (int)ends[i]),
			       status) == 0)
			change->wish = (int)ends[i];
	return change->wish != CALL_WISH_REDIRECT ||
	       refuse(wrong, ERR_API_PARAMETER,
		      "Status '%.40s' is neither completed nor canceled",
		      status);
}

/* What a live call cannot be given any more. */
static const char *const fixed[] = {
	"StatusCallback",      "StatusCallbackMethod",
	"FallbackUrl",         "FallbackMethod",
	"TimeLimit",           "Mute",
	"MoveConnectedCallLeg"};

bool order_change(const struct order_ask *ask, struct call_change *change,
		  struct order_wrong *wrong)
{
	wrong->code = 0;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		const char *value = value_of(ask, fixed[i]);
		if (value && strcasecmp(value, "false") != 0)
			return refuse(wrong, ERR_API_PARAMETER,
				      "%s of a call that has begun is not "
				      "changed by this installation: leave it "
				      "out",
				      fixed[i]);
	}
	return take_document(ask, &change->url, &change->method,
			     &change->document, wrong) &&
	       take_wish(ask, change, wrong);
}
