/*
 * order_value.c - single values of a POST to Calls; see order_value.h.
 */
#include "services/apid/order_value.h"

#include "lib/base/str.h"
#include "lib/base/subject.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define URL_MAX 4096

bool order_refuse(struct order_wrong *wrong, int code, const char *format, ...)
{
	va_list arguments;
	wrong->code = code;
	va_start(arguments, format);
	(void)vsnprintf(wrong->text, sizeof(wrong->text), format, arguments);
	va_end(arguments);
	return false;
}

const char *order_value(const struct order_ask *ask, const char *name)
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

bool order_take_url(const struct order_ask *ask, const char *name, int code,
		    char **url_out, struct order_wrong *wrong)
{
	const char *url = order_value(ask, name);
	if (!url)
		return true;
	bool document = code == ERR_CALL_URL;
	if (!is_web_url(url) && !(document && subject_in_url(url)))
		return order_refuse(
			wrong, code,
			"%s '%.100s' is no absolute http:// or https:// "
			"URL%s",
			name, url, document ? ", nor nats:subject" : "");
	proto_set_long(url_out, url);
	return true;
}

bool order_take_method(const struct order_ask *ask, const char *name,
		       int *method_out, struct order_wrong *wrong)
{
	static const struct {
		const char *word;
		enum http_method method;
	} methods[] = {{"GET", HTTP_GET}, {"POST", HTTP_POST}};
	const char *word = order_value(ask, name);
	if (!word)
		return true;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcasecmp(methods[i].word, word) == 0)
			*method_out = (int)methods[i].method;
	return *method_out ||
	       order_refuse(wrong, ERR_API_PARAMETER,
			    "%s '%.40s' is neither GET nor POST", name, word);
}

bool order_take_seconds(const struct order_ask *ask, const char *name,
			int64_t max_s, int64_t *ms_out,
			struct order_wrong *wrong)
{
	const char *text = order_value(ask, name);
	int64_t seconds;
	if (!text)
		return true;
	if (!str_number(text, 1, max_s, &seconds))
		return order_refuse(
			wrong, ERR_API_PARAMETER,
			"%s '%.40s' is no number of seconds from 1 to "
			"%lld",
			name, text, (long long)max_s);
	*ms_out = seconds * 1000;
	return true;
}

bool order_take_text(const struct order_ask *ask, const char *name, char *to,
		     size_t size, struct order_wrong *wrong)
{
	const char *text = order_value(ask, name);
	if (!text)
		return true;
	if (str_has_control(text) || !str_is_utf8(text, strlen(text)) ||
	    !str_copy(to, size, text))
		return order_refuse(
			wrong, ERR_API_PARAMETER,
			"%s is longer than %zu bytes, or has control "
			"characters",
			name, size - 1);
	return true;
}
