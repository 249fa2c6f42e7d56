/*
 * tls_nta.c - a transport of nta's that goes through links; see tls_link.h.
 *
 * sofia lets a transport type be registered. Ours is its TCP, but that it
 * listens nowhere, that "connecting" makes a pair of local sockets, and that it
 * is called "tls", so that Via says so. The local socket is an
 * unnamed-to-others one of this moment: bound to an abstract name of the
 * kernel's choice, and who connects to it is asked whether he is this process.
 */
#include "services/sipgw/tls_link.h"

#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "services/sipgw/agent.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/sofia.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define IDLE_MS 1800000  /* a connection without a message */
#define MESSAGE_MS 10000 /* for one message to arrive */
#define QUEUE 64         /* messages that may wait to be sent */

/* One a process, as sofia has it. */
static struct tls *tls;
static struct tport_vtable type;

/* --- the pair --- */

static int listen_once(struct sockaddr_un *name, socklen_t *size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*name = (struct sockaddr_un){.sun_family = AF_UNIX};
	*size = sizeof(*name);
	if (fd < 0)
		return -1;
	/* A bare family has the kernel choose the name. */
	if (bind(fd, (struct sockaddr *)name, sizeof(sa_family_t)) == 0 &&
	    listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)name, size) == 0)
		return fd;
	close(fd);
	return -1;
}

static int accept_ourselves(int listener)
{
	struct ucred who = {0};
	socklen_t size = sizeof(who);
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	    who.pid == getpid())
		return fd;
	if (fd >= 0)
		close(fd);
	errno = ECONNREFUSED;
	return -1;
}

/* nta's side of a link, connected with 'local_out'. NULL: errno tells. */
static tport_t *connect_pair(struct tport_primary *primary, su_addrinfo_t *far,
			     const tp_name_t *name, int *local_out)
{
	struct sockaddr_un address;
	socklen_t size;
	tport_t *side = NULL;
	int listener = listen_once(&address, &size);
	if (listener < 0)
		return NULL;
	su_addrinfo_t near = {
		.ai_family = AF_UNIX,
		.ai_socktype = SOCK_STREAM,
		.ai_addrlen = size,
		.ai_addr = (struct sockaddr *)&address,
	};
	side = tport_base_connect(primary, &near, far, name);
	if (side) {
		tport_set_secondary_timer(side);
		*local_out = accept_ourselves(listener);
	}
	close(listener);
	return side;
}

/* --- the type --- */

/* No TCP option can be set on a local socket; all else of it holds. */
static int init_side(tport_t *side, int fd, int accepted, const char **why)
{
	(void)tport_tcp_init_secondary(side, fd, accepted, why);
	return 0;
}

/* nta wants to send to a link. */
static tport_t *connect_link(struct tport_primary *primary, su_addrinfo_t *far,
			     const tp_name_t *name)
{
	struct tls_link *link = tls ? tls_link_at(tls, far->ai_addr) : NULL;
	tport_t *side = NULL;
	int local = -1;
	errno = ECONNREFUSED;
	if (link && link->state == TLS_NEW)
		side = connect_pair(primary, far, name, &local);
	if (side && local >= 0)
		tls_link_call(link, local);
	return side; /* without a link it ends at once: nobody is there */
}

static bool make_type(void)
{
	const struct tport_vtable *tcp = &tport_tcp_vtable;
	if (!str_equal(tcp->name, "tcp") ||
	    tcp->init_secondary != tport_tcp_init_secondary || tcp->connect ||
	    tcp->primary_size == 0 || tcp->secondary_size == 0)
		return false;
	type = *tcp;
	type.name = "tls";
	type.init_primary = tport_tcp_init_client;
	type.wakeup_primary = NULL;
	type.connect = connect_link;
	type.init_secondary = init_side;
	return true;
}

bool tls_nta_open(struct tls *owner)
{
	const struct settings *settings = &owner->gw->service->settings;
	char url[512];
	if (!type.name && (!make_type() || tport_register_type(&type) != 0)) {
		log_error(NULL, ERR_INTERNAL,
			  "no TLS: this is not the sofia-sip that sipgw was "
			  "made for");
		return false;
	}
	tls = owner;
	agent_url(owner->gw, settings->sips_port, "tls", url, sizeof(url));
	if (nta_agent_add_tport(owner->gw->agent, URL_STRING_MAKE(url),
				TPTAG_SERVER(1), TPTAG_REUSE(1),
				TPTAG_IDLE(IDLE_MS), TPTAG_TIMEOUT(MESSAGE_MS),
				TPTAG_QUEUESIZE(QUEUE), TPTAG_SDWN_ERROR(1),
				TPTAG_PONG2PING(1), TAG_END()) == 0)
		return true;
	log_error(NULL, ERR_INTERNAL, "no TLS: %s", strerror(errno));
	return false;
}

void tls_nta_close(void)
{
	tls = NULL;
}

/* --- links that others made --- */

static struct tport_primary *find_primary(const struct tls *owner)
{
	tport_t *at = tport_primaries(nta_agent_tports(owner->gw->agent));
	while (at && !str_equal(tport_name(at)->tpn_proto, "tls"))
		at = tport_next(at);
	return (struct tport_primary *)at; /* its first member */
}

int tls_nta_join(struct tls_link *link)
{
	struct tport_primary *primary = find_primary(link->tls);
	struct sockaddr_storage address;
	char text[RESOLVE_TEXT_BYTES];
	tp_name_t name = {.tpn_proto = "tls"};
	int local = -1;
	tls_address(link->tls, link->number, &address);
	resolve_text((struct sockaddr *)&address, text);
	char *port = strrchr(text, ':');
	*port = '\0';
	name.tpn_canon = name.tpn_host = text;
	name.tpn_port = port + 1;
	su_addrinfo_t far = {
		.ai_family = address.ss_family,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
		.ai_addrlen = address.ss_family == AF_INET
				      ? sizeof(struct sockaddr_in)
				      : sizeof(struct sockaddr_in6),
		.ai_addr = (struct sockaddr *)&address,
	};
	if (primary)
		connect_pair(primary, &far, &name, &local);
	return local;
}
