/*
 * order_names.c - the parameters of a POST to Calls; see order_names.h.
 */
#include "services/apid/order_names.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/markup/finding.h"
#include "services/apid/order_value.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX 256
#define NAME_SHOWN 40
#define MORE_BYTES 20 /* ", and 255 more" */

enum fate { NOT_THERE, TAKEN, IGNORED, REFUSED };

/* 'harmless': the value of a refused one that asks for nothing. */
static const struct row {
	const char *name;
	enum fate fates[3]; /* by kind */
	const char *harmless;
} rows[] = {
	{"To", {TAKEN, NOT_THERE}, NULL},
	{"From", {TAKEN, NOT_THERE}, NULL},
	{"CallerId", {TAKEN, NOT_THERE}, NULL},
	{"CallerName", {TAKEN, NOT_THERE}, NULL},
	{"Url", {TAKEN, TAKEN}, NULL},
	{"Method", {TAKEN, TAKEN}, NULL},
	{"Twiml", {TAKEN, TAKEN}, NULL},
	{"Laml", {TAKEN, TAKEN}, NULL},
	{"ApplicationSid", {TAKEN, TAKEN}, NULL},
	{"Status", {NOT_THERE, TAKEN, TAKEN}, NULL},
	{"PauseBehavior", {NOT_THERE, NOT_THERE, TAKEN}, NULL},
	{"StatusCallback", {TAKEN, IGNORED}, NULL},
	{"StatusCallbackMethod", {TAKEN, IGNORED}, NULL},
	{"StatusCallbackEvent", {TAKEN, IGNORED}, NULL},
	{"Timeout", {TAKEN, NOT_THERE}, NULL},
	{"TimeLimit", {TAKEN, IGNORED}, NULL},
	{"SipAuthUsername", {TAKEN, NOT_THERE}, NULL},
	{"SipAuthPassword", {TAKEN, NOT_THERE}, NULL},
	{"Username", {TAKEN, NOT_THERE}, NULL},
	{"Password", {TAKEN, NOT_THERE}, NULL},
	{"FallbackUrl", {TAKEN, TAKEN}, NULL},
	{"FallbackMethod", {TAKEN, TAKEN}, NULL},
	{"CallReason", {IGNORED, NOT_THERE}, NULL},
	{"CallToken", {IGNORED, NOT_THERE}, NULL},
	{"Byoc", {IGNORED, NOT_THERE}, NULL},
	{"ClientNotificationUrl", {IGNORED, NOT_THERE}, NULL},
	{"Trim", {IGNORED, NOT_THERE}, NULL},
	{"RecordingChannels", {IGNORED, NOT_THERE}, NULL},
	{"RecordingTrack", {IGNORED, NOT_THERE}, NULL},
	{"RecordingStatusCallback", {IGNORED, NOT_THERE}, NULL},
	{"RecordingStatusCallbackMethod", {IGNORED, NOT_THERE}, NULL},
	{"RecordingStatusCallbackEvent", {IGNORED, NOT_THERE}, NULL},
	{"MachineDetectionTimeout", {IGNORED, NOT_THERE}, NULL},
	{"MachineDetectionSpeechThreshold", {IGNORED, NOT_THERE}, NULL},
	{"MachineDetectionSpeechEndThreshold", {IGNORED, NOT_THERE}, NULL},
	{"MachineDetectionSilenceTimeout", {IGNORED, NOT_THERE}, NULL},
	{"MachineDetectionWordsThreshold", {IGNORED, NOT_THERE}, NULL},
	{"AsyncAmdStatusCallback", {IGNORED, NOT_THERE}, NULL},
	{"AsyncAmdStatusCallbackMethod", {IGNORED, NOT_THERE}, NULL},
	{"AsyncAmdPartialResults", {IGNORED, NOT_THERE}, NULL},
	{"MaxPricePerMinute", {IGNORED, NOT_THERE}, NULL},
	{"Record", {REFUSED, NOT_THERE}, "false"},
	{"SendDigits", {REFUSED, NOT_THERE}, ""},
	{"AsyncAmd", {REFUSED, NOT_THERE}, "false"},
	{"MachineDetection", {REFUSED, NOT_THERE}, "none"},
	{"IfMachine", {REFUSED, NOT_THERE}, "Continue"},
	{"Mute", {NOT_THERE, REFUSED}, "false"},
	{"MoveConnectedCallLeg", {NOT_THERE, REFUSED}, "false"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

bool order_names_allowed(const struct order_ask *ask, enum order_kind kind,
			 struct order_wrong *wrong)
{
	for (size_t i = 0; i < ROWS; i++) {
		const char *value = rows[i].fates[kind] == REFUSED
					    ? order_value(ask, rows[i].name)
					    : NULL;
		if (value && strcasecmp(value, rows[i].harmless) != 0)
			return order_refuse(wrong, ERR_API_PARAMETER,
					    "%s is not supported by this "
					    "installation: leave it out",
					    rows[i].name);
	}
	return true;
}

void order_names_ignored(const struct order_ask *ask, enum order_kind kind,
			 char *to)
{
	struct buf names = BUF_INIT(ORDER_IGNORED_BYTES - 1);
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].fates[kind] == IGNORED &&
		    order_value(ask, rows[i].name))
			buf_addf(&names, "%s%s", names.length ? ", " : "",
				 rows[i].name);
	(void)str_copy(to, ORDER_IGNORED_BYTES, buf_text(&names));
	buf_free(&names);
}

/* --- what nobody knows --- */

static bool is_known(const char *name, enum order_kind kind)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].fates[kind] && strcmp(rows[i].name, name) == 0)
			return true;
	return false;
}

static void write_lower(const char *name, char *to, size_t size)
{
	if (!str_copy(to, size, name))
		return;
	for (; *to; to++)
		*to = (char)tolower((unsigned char)*to);
}

/* What may have been meant: at most one letter in three is another; or NULL. */
static const char *nearest(const char *name, enum order_kind kind)
{
	char lower[STR_NEAR_MAX + 1], known[STR_NEAR_MAX + 1];
	const char *best = NULL;
	int least = STR_FAR;
	write_lower(name, lower, sizeof(lower));
	for (size_t i = 0; i < ROWS; i++) {
		if (!rows[i].fates[kind])
			continue;
		write_lower(rows[i].name, known, sizeof(known));
		int far = str_distance(lower, known);
		if (far * 3 > (int)strlen(known) || far >= least)
			continue;
		least = far;
		best = rows[i].name;
	}
	return best;
}

static bool is_repeat(const struct order_ask *ask, unsigned n)
{
	const char *name = ask->name(ask->lookup, n);
	for (unsigned i = 0; i < n; i++)
		if (strcmp(ask->name(ask->lookup, i), name) == 0)
			return true;
	return false;
}

/* False: there is no room for it. */
static bool add_unknown(struct buf *to, const char *name, enum order_kind kind)
{
	char shown[NAME_SHOWN + 1], piece[NAME_SHOWN + 80];
	const char *meant = nearest(name, kind);
	(void)str_copy_bytes(shown, sizeof(shown), name,
			     strnlen(name, NAME_SHOWN));
	finding_make_printable(shown);
	str_format(piece, sizeof(piece), "%s%s%s%s%s", to->length ? ", " : "",
		   shown, meant ? " (did you mean " : "", meant ? meant : "",
		   meant ? "?)" : "");
	if (to->length + strlen(piece) >= ORDER_UNKNOWN_BYTES - MORE_BYTES)
		return false;
	buf_add_text(to, piece);
	return true;
}

void order_names_unknown(const struct order_ask *ask, enum order_kind kind,
			 char *to)
{
	struct buf names = BUF_INIT(ORDER_UNKNOWN_BYTES - 1);
	const char *name;
	unsigned more = 0;
	for (unsigned n = 0;
	     n < FIELDS_MAX && (name = ask->name(ask->lookup, n)); n++)
		if (!is_known(name, kind) && !is_repeat(ask, n))
			more += more || !add_unknown(&names, name, kind);
	if (more)
		buf_addf(&names, ", and %u more", more);
	(void)str_copy(to, ORDER_UNKNOWN_BYTES, buf_text(&names));
	buf_free(&names);
}
