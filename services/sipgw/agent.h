/*
 * agent.h - sofia's side of the daemon: root, agent, transports, outer loop.
 *
 * Contract: sofia's root is the outer loop; our loop's descriptor is one of its
 * waits, and our loop gets a turn after each of sofia's steps, so that what a
 * SIP message led to leaves at once. Nothing arrives before agent_open. Loop's
 * thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct sipgw;
struct loop;
struct msg_s;
struct leg;

/* The agent without a socket. False, after saying why in the log. */
bool agent_start(struct sipgw *gw);
/* Opens the sockets. False, after saying why in the log. */
bool agent_open(struct sipgw *gw);
void agent_run(void *daemon, struct loop *loop);
/* All of sofia's objects are gone after this. */
void agent_stop(struct sipgw *gw);
/* What a message came over, and from whom. */
enum sip_transport agent_transport(struct sipgw *gw, const struct msg_s *msg);
bool agent_source(struct msg_s *msg, struct sockaddr_storage *source_out);
/* A numeric route for nta, "sip:192.0.2.1:5060;transport=udp"; 'to' has
 * AGENT_HOP_BYTES. */
#define AGENT_HOP_BYTES 96
void agent_hop(const struct sockaddr_storage *address,
	       enum sip_transport transport, char *to);
/* The same for a request of the leg to its peer. */
void agent_peer_hop(struct leg *leg, char *to);
/* The same to 'address', which a URI with 'host' led to. A leg over TLS stays
 * with TLS. */
void agent_leg_hop(struct leg *leg, const struct sockaddr_storage *address,
		   enum sip_transport transport, const char *host, char *to);
/* Our Contact in the leg's dialog. */
const char *agent_contact(const struct leg *leg);
/* The URL of one of our transports, for nta: "sip:host:5060;maddr=...". */
void agent_url(const struct sipgw *gw, int64_t port, const char *transport,
	       char *to, size_t size);
