/*
 * up_values.c - what voxctl up looks at beyond the table of settings.
 *
 * Values that the table takes for text mean something to one daemon, which
 * refuses a wrong one and would be started five times for it: they are read
 * here, before anything is started, by what the daemons read them with.
 */
#include "tools/voxctl/up.h"

#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/runtime/bus_server.h"
#include "lib/runtime/retry.h"
#include "lib/runtime/subjects.h"

#include <stddef.h>

#define WHY_BYTES 256

_Static_assert(WHY_BYTES >= BUS_SERVER_ERROR_BYTES &&
		       WHY_BYTES >= SUBJECTS_ERROR_BYTES &&
		       WHY_BYTES >= RETRY_ERROR_BYTES,
	       "room for what each of them says");

/* Its words never hold the URL, which may have a password. */
static bool names_servers(const char *value, char *why_out)
{
	struct bus_servers servers;
	if (!bus_servers_read(value, &servers, why_out))
		return false;
	bus_servers_free(&servers);
	return true;
}

static bool names_subjects(const char *value, char *why_out)
{
	struct subjects *subjects = subjects_parse(value, why_out);
	bool good = subjects != NULL;
	subjects_free(subjects);
	return good;
}

static bool names_certificates(const char *value, char *why_out)
{
	if (http_can_trust(value))
		return true;
	str_format(why_out, WHY_BYTES,
		   "%.120s cannot be read: it must be a file of certificates "
		   "(PEM), or empty",
		   value);
	return false;
}

static bool names_delays(const char *value, char *why_out)
{
	struct retry_schedule schedule;
	return retry_schedule_read(value, &schedule, why_out);
}

static const struct {
	const char *variable;
	size_t offset; /* in struct settings */
	bool (*is_good)(const char *value, char *why_out);
	const char *example; /* what to type */
} rows[] = {
	{"VOXBUS_NATS_URL", offsetof(struct settings, nats_url), names_servers,
	 "nats://127.0.0.1:4222"},
	{"VOXBUS_NATS_APPS", offsetof(struct settings, nats_apps),
	 names_subjects, "app.>,shop.desk"},
	{"VOXBUS_HTTP_CA", offsetof(struct settings, http_ca),
	 names_certificates, "/etc/voxbus/ca.pem"},
	{"VOXBUS_WEBHOOK_RETRY", offsetof(struct settings, webhook_retry),
	 names_delays, "5,30,120"},
};

bool up_check_values(const struct settings *settings, char *why_out)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value =
			*(const char *const *)((const char *)settings +
					       rows[i].offset);
		char why[WHY_BYTES] = "";
		if (rows[i].is_good(value, why))
			continue;
		str_format(why_out, UP_WHY_BYTES,
			   "%s is wrong: %s. For example %s=%s",
			   rows[i].variable, why, rows[i].variable,
			   rows[i].example);
		return false;
	}
	return true;
}
