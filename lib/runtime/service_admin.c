/*
 * service_admin.c - the admin port: is it alive, is it ready, what does it
 * count.
 *
 * /healthz tells of this process alone, so that a supervisor never restarts it
 * for somebody else's fault; /readyz tells whether it takes work, and why not.
 */
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/claim.h"
#include "lib/runtime/httpd.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "lib/runtime/service_private.h"
#include "lib/runtime/setup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ADMIN_METRICS_MAX (1 << 20)
#define ADMIN_READY_MAX 2048
#define ADMIN_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

METRIC_GAUGE(ready_gauge, "ready", "", "1 while the daemon takes work.")

bool service_is_ready(struct service *service, char *reason, size_t size)
{
	const struct service_private *mine = service->private;
	reason[0] = '\0';
	if (service->draining)
		return str_copy(reason, size, "draining") && false;
	if (bus_state(service->bus) != BUS_UP)
		return str_copy(reason, size, "nats-server is away") && false;
	if (mine->setup)
		return str_format(reason, size, "setting up: %s",
				  setup_step(mine->setup)) &&
		       false;
	if (!claim_is_held(mine->claim))
		return str_format(reason, size, "no instance name yet%s%s",
				  *claim_holder(mine->claim) ? ": " : "",
				  claim_holder(mine->claim)) &&
		       false;
	if (!mine->hello_said)
		return str_copy(reason, size, "starting") && false;
	return !service->shape->ready ||
	       service->shape->ready(service->daemon, reason, size);
}

static void on_healthz(void *owner, const struct httpd_request *request,
		       struct httpd_answer *answer)
{
	(void)owner, (void)request;
	httpd_text(answer, 200, "text/plain", "ok\n");
}

static void on_readyz(void *owner, const struct httpd_request *request,
		      struct httpd_answer *answer)
{
	struct service *service = owner;
	char reason[256] = "";
	struct buf json = BUF_INIT(ADMIN_READY_MAX);
	(void)request;
	bool ready = service_is_ready(service, reason, sizeof(reason));
	buf_addf(&json,
		 "{\"ready\":%s,\"service\":\"%s\",\"instance\":\"%s\","
		 "\"boot\":\"%s\",\"bus\":\"%s\",\"claim\":%s,"
		 "\"draining\":%s,\"reason\":\"",
		 ready ? "true" : "false", service->shape->name,
		 service->instance, service->boot,
		 bus_state(service->bus) == BUS_UP ? "up" : "away",
		 claim_is_held(service->private->claim) ? "true" : "false",
		 service->draining ? "true" : "false");
	buf_add_json(&json, reason);
	buf_add_text(&json, "\"}\n");
	httpd_text(answer, ready ? 200 : 503, "application/json",
		   buf_text(&json));
	buf_free(&json);
}

/* --- metrics --- */

static unsigned open_descriptors(void)
{
	unsigned count = 0;
	DIR *folder = opendir("/proc/self/fd");
	if (!folder)
		return 0;
	while (readdir(folder))
		count++;
	closedir(folder);
	return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

static long resident_bytes(void)
{
	char text[128] = "";
	int64_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	char *line = fgets(text, sizeof(text), file);
	fclose(file);
	char *second = line ? strchr(line, ' ') : NULL;
	if (!second)
		return 0;
	second[1 + strcspn(second + 1, " \n")] = '\0';
	str_number(second + 1, 0, INT64_MAX >> 16, &pages);
	return pages * sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Prometheus' own names for what every process has. */
static void print_process(struct buf *to)
{
	buf_addf(to,
		 "# HELP process_cpu_seconds_total CPU time used.\n"
		 "# TYPE process_cpu_seconds_total counter\n"
		 "process_cpu_seconds_total %.3f\n"
		 "# HELP process_resident_memory_bytes Resident memory.\n"
		 "# TYPE process_resident_memory_bytes gauge\n"
		 "process_resident_memory_bytes %ld\n"
		 "# HELP process_open_fds Open file descriptors.\n"
		 "# TYPE process_open_fds gauge\n"
		 "process_open_fds %u\n",
		 cpu_seconds(), resident_bytes(), open_descriptors());
}

static void on_metrics(void *owner, const struct httpd_request *request,
		       struct httpd_answer *answer)
{
	struct service *service = owner;
	char reason[256];
	struct buf text = BUF_INIT(ADMIN_METRICS_MAX);
	(void)request;
	metric_set(&ready_gauge,
		   service_is_ready(service, reason, sizeof(reason)));
	buf_addf(&text,
		 "# HELP vox_build_info What runs here.\n"
		 "# TYPE vox_build_info gauge\n"
		 "vox_build_info{service=\"%s\",instance=\"%s\","
		 "version=\"%s\"} 1\n",
		 service->shape->name, service->instance, VOXBUS_VERSION);
	metrics_print(&text);
	print_process(&text);
	httpd_text(answer, 200, ADMIN_METRICS_TYPE, buf_text(&text));
	buf_free(&text);
}

static const struct httpd_route routes[] = {
	{"GET", "/healthz", on_healthz},
	{"GET", "/readyz", on_readyz},
	{"GET", "/metrics", on_metrics},
	{0},
};

bool service_admin_start(struct service *service)
{
	const struct settings *settings = &service->settings;
	service->private->admin =
		httpd_new(service->loop, settings->admin_host,
			  (int)settings->admin_port, routes, service);
	if (service->private->admin) {
		log_info(NULL, "health and metrics on http://%s:%d",
			 settings->admin_host,
			 httpd_port(service->private->admin));
		return true;
	}
	log_error(NULL, 0,
		  "VOXBUS_ADMIN_HOST=\"%s\" VOXBUS_ADMIN_PORT=\"%lld\" cannot "
		  "be listened on: %s",
		  settings->admin_host, (long long)settings->admin_port,
		  strerror(errno));
	return false;
}
