/*
 * date.c - dates as clients of the API write them; see date.h.
 */
#include "services/apid/date.h"

#include <string.h>
#include <time.h>

static const char *const forms[] = {
	"%Y-%m-%dT%H:%M:%S",
	"%a, %d %b %Y %H:%M:%S",
	"%d %b %Y %H:%M:%S",
	"%Y-%m-%d",
};

/* "+0130" in ms; false: it is no offset. */
static bool parse_offset(const char *text, int64_t *ms_out)
{
	int digits[4];
	if ((*text != '+' && *text != '-') || strlen(text) != 5)
		return false;
	for (int i = 0; i < 4; i++) {
		digits[i] = text[i + 1] - '0';
		if (digits[i] < 0 || digits[i] > 9)
			return false;
	}
	int64_t minutes =
		(digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
	*ms_out = (*text == '-' ? -minutes : minutes) * 60000;
	return true;
}

static bool parse_rest(const char *rest, int64_t *offset_ms_out)
{
	*offset_ms_out = 0;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	rest += strspn(rest, " ");
	return !*rest || strcmp(rest, "Z") == 0 || strcmp(rest, "GMT") == 0 ||
	       parse_offset(rest, offset_ms_out);
}

bool date_parse(const char *text, int64_t *ms_out, int64_t *span_ms_out)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm broken = {0};
		int64_t offset_ms;
		const char *rest = strptime(text, forms[i], &broken);
		bool day = !strchr(forms[i], 'H');
		if (!rest || (day && *rest) || !parse_rest(rest, &offset_ms))
			continue;
		*ms_out = (int64_t)timegm(&broken) * 1000 - offset_ms;
		*span_ms_out = day ? DATE_DAY_MS : DATE_SECOND_MS;
		return true;
	}
	return false;
}
