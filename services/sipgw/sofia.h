/*
 * sofia.h - what sipgw uses of sofia-sip: its nta layer (transactions and
 * legs), its header and URL parsers, its transports. Never its SDP or multipart
 * parser.
 *
 * The contexts of nta's callbacks are ours, so that none needs a cast.
 */
#pragma once

struct sipgw;
struct leg;

#define NTA_AGENT_MAGIC_T struct sipgw
#define NTA_LEG_MAGIC_T struct leg
#define NTA_OUTGOING_MAGIC_T struct leg
#define NTA_INCOMING_MAGIC_T struct leg

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/tport_plugins.h>
#include <sofia-sip/url.h>

/* Called by su_time() with the time it is about to tell, which may be changed.
 * Exported by the library for its own tests; in no header. */
extern void (*_su_time)(su_time_t *time);

/* What a transport type is made of, and TCP's parts. Exported by the library
 * for types of its own; in no header. tls_nta.c looks whether it is so. */
struct tport_primary; /* begins with a tport_t */
struct tport_vtable {
	const char *name;
	int kind;
	size_t primary_size;
	int (*init_primary)(struct tport_primary *primary, tp_name_t *name,
			    su_addrinfo_t *address, const tagi_t *tags,
			    const char **why);
	void (*deinit_primary)(struct tport_primary *primary);
	int (*wakeup_primary)(struct tport_primary *primary, int events);
	tport_t *(*connect)(struct tport_primary *primary, su_addrinfo_t *far,
			    const tp_name_t *name);
	size_t secondary_size;
	int (*init_secondary)(tport_t *side, int fd, int accepted,
			      const char **why);
	void (*rest[12])(void);
};
extern const struct tport_vtable tport_tcp_vtable;
int tport_register_type(const struct tport_vtable *type);
int tport_tcp_init_client(struct tport_primary *primary, tp_name_t *name,
			  su_addrinfo_t *address, const tagi_t *tags,
			  const char **why);
int tport_tcp_init_secondary(tport_t *side, int fd, int accepted,
			     const char **why);
/* Connects with 'near' and calls it 'far'. */
tport_t *tport_base_connect(struct tport_primary *primary, su_addrinfo_t *near,
			    su_addrinfo_t *far, const tp_name_t *name);
int tport_set_secondary_timer(tport_t *side);
