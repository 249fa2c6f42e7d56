/*
 * agent.c - sofia's side of the daemon; see agent.h.
 *
 * nta resolves nothing: every request that we make has a numeric route, and
 * nta's resolver is given no name server.
 */
#include "services/sipgw/agent.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/door.h"
#include "services/sipgw/inbound.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/outbound.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/sofia.h"
#include "services/sipgw/tls.h"
#include "services/sipgw/tls_leg.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sofia-sip/sresolv.h>
#include <sofia-sip/su_log.h>

#define MESSAGE_MAX 24576    /* bytes of one SIP message */
#define TCP_IDLE_MS 1800000  /* a connection without a message */
#define TCP_MESSAGE_MS 10000 /* for one message to arrive */
#define TCP_QUEUE 64         /* messages that may wait to be sent */
#define UDP_MESSAGE_MAX                                                        \
	65535 /* the customer named the transport: no switch                   \
	       */

METRIC_COUNTER(requests, "sip_received_total", "kind=\"request\"",
	       "SIP messages that belong to no transaction or dialog yet.")
METRIC_COUNTER(responses, "sip_received_total", "kind=\"response\"",
	       "SIP messages that belong to no transaction or dialog yet.")

/* One a process, as sofia has it. */
static su_root_t *root;
static int64_t epoch_ms;     /* of the steady clock, on sofia's scale */
static int no_names_fd = -1; /* keeps /proc/self/fd/… readable */

static int on_message(struct sipgw *gw, nta_agent_t *agent, msg_t *msg,
		      sip_t *sip)
{
	(void)agent;
	if (sip)
		door_undo(sip);
	if (sip && sip->sip_request) {
		metric_add(&requests, 1);
		inbound_request(gw, msg, sip);
	} else if (sip && sip->sip_status) {
		metric_add(&responses, 1);
		outbound_stray(gw, msg, sip);
	} else {
		msg_destroy(msg);
	}
	return 0;
}

/*
 * sofia's clock: monotonic, in whole milliseconds. Its own one is the wall
 * clock, whose steps would stop or rush all timers; and since it cuts waits to
 * whole milliseconds while its timers count microseconds, it would spin for
 * what is left of each.
 */
static void steady_time(su_time_t *time)
{
	int64_t now_ms = clock_mono_ms() + epoch_ms;
	time->tv_sec = (unsigned long)(now_ms / 1000);
	time->tv_usec = (unsigned long)(now_ms % 1000) * 1000;
}

static void set_clock(void)
{
	su_time_t now = su_now();
	epoch_ms = (int64_t)now.tv_sec * 1000 - clock_mono_ms();
	_su_time = steady_time;
}

/* A resolver configuration without a usable name server. */
static const char *no_names(void)
{
	static const char text[] = "nameserver 240.0.0.1\n";
	static char path[64];
	no_names_fd = memfd_create("no-names", MFD_CLOEXEC);
	if (no_names_fd < 0 || write(no_names_fd, text, sizeof(text) - 1) < 0)
		return "/dev/null";
	str_format(path, sizeof(path), "/proc/self/fd/%d", no_names_fd);
	return path;
}

bool agent_start(struct sipgw *gw)
{
	if (!root) {
		su_init();
		set_clock();
		root = su_root_create(NULL);
		su_root_threading(root, 0);
	}
	su_log_redirect(NULL, NULL, NULL);
	gw->agent = nta_agent_create(
		root, (url_string_t *)(intptr_t)-1, on_message, gw,
		NTATAG_UA(1), NTATAG_MCLASS(door_messages()),
		NTATAG_MAXSIZE(MESSAGE_MAX), NTATAG_UDP_MTU(UDP_MESSAGE_MAX),
		NTATAG_SIP_T1X64(32000), NTATAG_MERGE_482(1),
		NTATAG_CANCEL_487(1), NTATAG_EXTRA_100(0), NTATAG_USE_NAPTR(0),
		NTATAG_USE_SRV(0), NTATAG_SERVER_RPORT(2),
		NTATAG_CLIENT_RPORT(1), SRESTAG_RESOLV_CONF(no_names()),
		/* An answer counts even if some header of it cannot be read:
		 * nta would drop it, and we would wait for another one. */
		NTATAG_BAD_RESP_MASK(sip_mask_response), TAG_END());
	if (!gw->agent) {
		log_error(NULL, 0, "no SIP agent: %s", strerror(errno));
		return false;
	}
	door_open(gw->agent, gw->tls);
	return true;
}

/* The host as it stands in a URI. */
static void uri_host(const char *host, char *to, size_t size)
{
	bool six = strchr(host, ':') && host[0] != '[';
	str_format(to, size, six ? "[%s]" : "%s", host);
}

static void told_host(const struct sipgw *gw, char *to, size_t size)
{
	const struct settings *settings = &gw->service->settings;
	uri_host(*settings->sip_advertise ? settings->sip_advertise
					  : settings->sip_host,
		 to, size);
}

void agent_url(const struct sipgw *gw, int64_t port, const char *transport,
	       char *to, size_t size)
{
	char host[300], bound[64];
	told_host(gw, host, sizeof(host));
	uri_host(gw->service->settings.sip_host, bound, sizeof(bound));
	str_format(to, size, "%s:%s:%d;maddr=%s;transport=%s",
		   str_equal(transport, "tls") ? "sips" : "sip", host,
		   (int)port, bound, transport);
}

static void make_contacts(struct sipgw *gw)
{
	int port = (int)gw->service->settings.sip_port;
	int sips_port = (int)gw->service->settings.sips_port;
	char host[256];
	told_host(gw, host, sizeof(host));
	str_format(gw->contact[SIP_UDP], sizeof(gw->contact[0]), "<sip:%s:%d>",
		   host, port);
	str_format(gw->contact[SIP_TCP], sizeof(gw->contact[0]),
		   "<sip:%s:%d;transport=tcp>", host, port);
	str_format(gw->contact[SIP_TLS], sizeof(gw->contact[0]),
		   "<sip:%s:%d;transport=tls>", host, sips_port);
	str_format(gw->contact_sips, sizeof(gw->contact_sips), "<sips:%s:%d>",
		   host, sips_port);
}

const char *agent_contact(const struct leg *leg)
{
	return leg->transport == SIP_TLS && tls_leg_is_sips(leg)
		       ? leg->gw->contact_sips
		       : leg->gw->contact[leg->transport];
}

static bool bind_transport(struct sipgw *gw, enum sip_transport transport)
{
	const struct settings *settings = &gw->service->settings;
	const char *word = proto_word(&sip_transport_set, (int)transport);
	char url[512];
	agent_url(gw, settings->sip_port, word, url, sizeof(url));
	if (nta_agent_add_tport(
		    gw->agent, URL_STRING_MAKE(url), TPTAG_SERVER(1),
		    TPTAG_REUSE(1), TPTAG_IDLE(TCP_IDLE_MS),
		    TPTAG_TIMEOUT(TCP_MESSAGE_MS), TPTAG_QUEUESIZE(TCP_QUEUE),
		    TPTAG_PONG2PING(1), TAG_END()) == 0)
		return true;
	log_error(NULL, 0, "cannot listen on %s port %d over %s: %s",
		  settings->sip_host, (int)settings->sip_port, word,
		  strerror(errno));
	return false;
}

/* Each TCP connection is a descriptor; a stranger must not use up all of them
 * with ease. */
static void raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

bool agent_open(struct sipgw *gw)
{
	const char *host = gw->service->settings.sip_host;
	struct in6_addr any;
	gw->family = strchr(host, ':') ? AF_INET6 : AF_INET;
	bool all = inet_pton(gw->family, host, &any) == 1 &&
		   (gw->family == AF_INET ? any.s6_addr32[0] == 0
					  : IN6_IS_ADDR_UNSPECIFIED(&any));
	if (all && !*gw->service->settings.sip_advertise) {
		log_error(NULL, 0,
			  "VOXBUS_SIP_HOST=%s listens on every address: name "
			  "the one that others reach in VOXBUS_SIP_ADVERTISE",
			  host);
		return false;
	}
	raise_limit();
	make_contacts(gw);
	return bind_transport(gw, SIP_UDP) && bind_transport(gw, SIP_TCP) &&
	       tls_open(gw->tls);
}

/* Our loop has something to do: it gets its turn after this step. */
static int on_loop_ready(su_root_magic_t *magic, su_wait_t *wait,
			 su_wakeup_arg_t *arg)
{
	(void)magic, (void)wait, (void)arg;
	return 0;
}

void agent_run(void *daemon, struct loop *loop)
{
	su_wait_t wait[1] = {SU_WAIT_INIT};
	(void)daemon;
	if (su_wait_create(wait, loop_fd(loop), SU_WAIT_IN) < 0 ||
	    su_root_register(root, wait, on_loop_ready, NULL, 0) < 0) {
		log_error(NULL, 0, "sofia does not take our loop");
		return;
	}
	while (!loop_stopping(loop)) {
		loop_turn(loop, 0);
		loop_turn_follows(loop);
		if (!loop_stopping(loop))
			su_root_step(root, SU_WAIT_FOREVER);
	}
	su_root_unregister(root, wait, on_loop_ready, NULL);
}

void agent_stop(struct sipgw *gw)
{
	nta_agent_destroy(gw->agent);
	door_close();
	gw->agent = NULL;
	if (no_names_fd >= 0)
		close(no_names_fd);
	no_names_fd = -1;
	su_root_destroy(root);
	root = NULL;
	su_deinit();
}

enum sip_transport agent_transport(struct sipgw *gw, const struct msg_s *msg)
{
	tport_t *transport =
		tport_delivered_by(nta_agent_tports(gw->agent), msg);
	const char *word = transport ? tport_name(transport)->tpn_proto : NULL;
	if (str_equal(word, "tls"))
		return SIP_TLS;
	if (transport && tport_is_tcp(transport))
		return SIP_TCP;
	return SIP_UDP;
}

bool agent_source(struct msg_s *msg, struct sockaddr_storage *source_out)
{
	su_sockaddr_t *address = msg_addr(msg);
	memset(source_out, 0, sizeof(*source_out));
	if (address->su_family == AF_INET)
		memcpy(source_out, &address->su_sin, sizeof(address->su_sin));
	else if (address->su_family == AF_INET6)
		memcpy(source_out, &address->su_sin6, sizeof(address->su_sin6));
	else
		return false;
	return true;
}

void agent_hop(const struct sockaddr_storage *address,
	       enum sip_transport transport, char *to)
{
	char text[RESOLVE_TEXT_BYTES];
	resolve_text((const struct sockaddr *)address, text);
	str_format(to, AGENT_HOP_BYTES, "sip:%s;transport=%s", text,
		   proto_word(&sip_transport_set, (int)transport));
}

void agent_leg_hop(struct leg *leg, const struct sockaddr_storage *address,
		   enum sip_transport transport, const char *host, char *to)
{
	struct sockaddr_storage link;
	if (leg->transport == SIP_TLS) {
		tls_leg_route(leg, address, host, &link);
		agent_hop(&link, SIP_TLS, to);
	} else {
		agent_hop(address ? address : &leg->peer, transport, to);
	}
}

void agent_peer_hop(struct leg *leg, char *to)
{
	agent_leg_hop(leg, NULL, leg->transport, NULL, to);
}
