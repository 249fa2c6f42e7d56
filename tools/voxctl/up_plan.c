/*
 * up_plan.c - what voxctl up finds out before it starts anything; see up.h.
 */
#include "tools/voxctl/up.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "tools/voxctl/voxctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define UP_ADMIN_PORT 9101
#define UP_CONFIG_MAX 16384

const struct up_daemon up_daemons[UP_DAEMONS] = {
	{"fetcher", "fe0"}, {"interpreter", "in0"}, {"sipgw", "gw0"},
	{"mediad", "md0"},  {"callbackd", "cb0"},   {"apid", "ap0"},
};

/* --- the data folder --- */

static int refuse_folder(const char *path)
{
	voxctl_say("up",
		   "the data folder %s cannot be used: %s; set VOXBUS_DATA_DIR "
		   "to one that can be written",
		   path, strerror(errno));
	return VOXCTL_USAGE;
}

/* mkdir -p */
static bool make_folders(const char *path)
{
	char part[PATH_MAX];
	if (!str_copy(part, sizeof(part), path))
		return false;
	for (char *slash = part + 1; *slash; slash++) {
		if (*slash != '/')
			continue;
		*slash = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return mkdir(part, 0700) == 0 || errno == EEXIST;
}

/* Held as long as the process lives; its children do not inherit it. */
static int lock_folder(const char *path)
{
	char file[PATH_MAX], holder[32] = "";
	if (!str_format(file, sizeof(file), "%s/voxctl.lock", path)) {
		errno = ENAMETOOLONG;
		return refuse_folder(path);
	}
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return refuse_folder(path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		ssize_t got = read(fd, holder, sizeof(holder) - 1);
		holder[got > 0 ? strcspn(holder, "\n") : 0] = '\0';
		voxctl_say("up",
			   "voxctl up already runs on %s (process %s): stop "
			   "it, or set VOXBUS_DATA_DIR to another folder",
			   path, holder);
		return VOXCTL_USAGE;
	}
	str_format(holder, sizeof(holder), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) != 0 ||
	    pwrite(fd, holder, strlen(holder), 0) != (ssize_t)strlen(holder))
		return refuse_folder(path);
	return VOXCTL_OK;
}

static int prepare_folder(struct up_plan *plan)
{
	const char *wanted = plan->settings.data_dir;
	if (!make_folders(wanted) || !realpath(wanted, plan->data_dir))
		return refuse_folder(wanted);
	return lock_folder(plan->data_dir);
}

/* --- who the first account is --- */

static int prepare_account(struct up_plan *plan)
{
	const struct settings *settings = &plan->settings;
	char error[ACCOUNT_ERROR_BYTES];
	if ((!*settings->account_sid || !*settings->auth_token) &&
	    !account_load(plan->data_dir, &plan->account, error)) {
		voxctl_say("up", "%s", error);
		return VOXCTL_USAGE;
	}
	if (*settings->account_sid)
		str_copy(plan->account.sid, sizeof(plan->account.sid),
			 settings->account_sid);
	return VOXCTL_OK;
}

/* --- addresses --- */

static int prepare_addresses(struct up_plan *plan)
{
	const struct settings *settings = &plan->settings;
	if (!settings->api_port || !settings->admin_port ||
	    settings->admin_port > 65535 - UP_DAEMONS + 1) {
		voxctl_say("up", "VOXBUS_API_PORT and VOXBUS_ADMIN_PORT (the "
				 "first of six) must be fixed ports here, not "
				 "0");
		return VOXCTL_USAGE;
	}
	for (int i = 0; i < UP_DAEMONS; i++) {
		if (!probe_find(settings->admin_host,
				(int)settings->admin_port + i,
				&plan->admin[i])) {
			voxctl_say("up", "VOXBUS_ADMIN_HOST=\"%s\" is no host",
				   settings->admin_host);
			return VOXCTL_USAGE;
		}
	}
	if (!probe_find(settings->api_host, (int)settings->api_port,
			&plan->api)) {
		voxctl_say("up", "VOXBUS_API_HOST=\"%s\" is no host",
			   settings->api_host);
		return VOXCTL_USAGE;
	}
	return VOXCTL_OK;
}

static int prepare_bus(struct up_plan *plan)
{
	if (!natsd_parse(plan->settings.nats_url, &plan->place,
			 plan->place_wrong)) {
		/* somebody else's server: the daemons will find it */
		return VOXCTL_OK;
	}
	if (!probe_find(plan->place.host, plan->place.port, &plan->nats)) {
		voxctl_say("up",
			   "VOXBUS_NATS_URL=\"nats://%s:%d\": there is no "
			   "such host",
			   plan->place.host, plan->place.port);
		return VOXCTL_AWAY;
	}
	return VOXCTL_OK;
}

static void report_unknown(const char *line)
{
	voxctl_say("up", "%s", line);
}

/* What nobody knows is told once, here, and not by each daemon again. */
static int prepare_settings(struct up_plan *plan)
{
	char error[UP_WHY_BYTES];
	settings_unknown(report_unknown);
	settings_drop_unknown();
	if (settings_read(WHO_ALL, UP_ADMIN_PORT, &plan->settings, error) &&
	    up_check_values(&plan->settings, error))
		return VOXCTL_OK;
	voxctl_say("up", "%s", error);
	return VOXCTL_USAGE;
}

int up_prepare(struct up_plan *plan)
{
	static int (*const steps[])(struct up_plan * plan) = {
		prepare_settings, prepare_addresses, prepare_bus,
		prepare_folder,   prepare_account,
	};
	int status = VOXCTL_OK;
	for (size_t i = 0; !status && i < sizeof(steps) / sizeof(steps[0]); i++)
		status = steps[i](plan);
	return status;
}

/* --- nats-server's configuration --- */

static bool write_file(const char *path, const struct buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ssize_t written = write(fd, buf_text(text), text->length);
	return close(fd) == 0 && written == (ssize_t)text->length;
}

bool up_write_nats_config(const struct up_plan *plan, char *path_out)
{
	char store[PATH_MAX], log[PATH_MAX];
	struct buf text = BUF_INIT(UP_CONFIG_MAX);
	bool good =
		str_format(store, sizeof(store), "%s/nats", plan->data_dir) &&
		str_format(log, sizeof(log), "%s/nats-server.log",
			   plan->data_dir) &&
		str_format(path_out, PATH_MAX, "%s/nats-server.conf",
			   plan->data_dir);
	if (good) {
		natsd_config(&(struct natsd_wish){&plan->place, store, log,
						  plan->settings.record_mb},
			     &text);
		good = write_file(path_out, &text);
	}
	buf_free(&text);
	if (!good)
		refuse_folder(plan->data_dir);
	return good;
}

/* --- the one line --- */

static void add_host(struct buf *to, const char *host, int64_t port)
{
	buf_addf(to, strchr(host, ':') ? "[%s]:%lld" : "%s:%lld", host,
		 (long long)port);
}

void up_print_ready(const struct up_plan *plan)
{
	const struct settings *settings = &plan->settings;
	struct buf line = BUF_INIT(8192);
	buf_add_text(&line, "voxbus is ready: SIP ");
	add_host(&line, settings->sip_host, settings->sip_port);
	buf_add_text(&line, ", API http://");
	add_host(&line, settings->api_host, settings->api_port);
	buf_addf(&line, ", account %s", plan->account.sid);
	/* a secret is shown to people only, never to a log */
	if (!*settings->auth_token && isatty(STDOUT_FILENO))
		buf_addf(&line, ", token %s", plan->account.token);
	else if (!*settings->auth_token)
		buf_addf(&line, ", token in %s/account", plan->data_dir);
	buf_add_text(&line, "\n");
	fputs(buf_text(&line), stdout);
	fflush(stdout);
	buf_free(&line);
}
