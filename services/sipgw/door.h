/*
 * door.h - what nta would do with a message before it asks us, and must not.
 *
 * Contract: door_open() once the agent is made, door_close() once it is gone;
 * one a process. Messages that are kept from nta's transactions come to the
 * agent's message callback, which calls door_undo() first. Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

struct tls;

/* The class of messages for the agent. */
const msg_mclass_t *door_messages(void);
void door_open(nta_agent_t *agent, const struct tls *links);
void door_close(void);
/* Gives the message its branch back. */
void door_undo(sip_t *sip);
/* The transaction of the INVITE that an ACK or CANCEL is about, or NULL. */
nta_incoming_t *door_invite_of(nta_agent_t *agent, const sip_t *sip);
