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
#include <sofia-sip/url.h>

/* Called by su_time() with the time it is about to tell, which may be changed.
 * Exported by the library for its own tests; in no header. */
extern void (*_su_time)(su_time_t *time);
