/*
 * admit.h - who an INVITE's call belongs to, and whether it may come in: digest
 * for sources that VOXBUS_SIP_ALLOW does not name, and the number that is
 * called.
 *
 * Contract: an admission is for the INVITE at hand; 'number' lives no longer
 * than the turn of the loop. Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

#include <stdbool.h>
#include <sys/socket.h>

#define ADMIT_HEADER_BYTES 1024

struct number_config;
struct sipgw;

struct admission {
	char account_sid[65];               /* "": the installation's first */
	const struct number_config *number; /* NULL: nobody configured it */
};

enum admit {
	ADMIT_GOOD,
	ADMIT_FORBIDDEN,  /* nobody has credentials here */
	ADMIT_CHALLENGED, /* 'header_out' has the challenges */
	ADMIT_BARRED,     /* too many wrong passwords */
	ADMIT_FOREIGN     /* a number of another account, or a suspended one */
};

/* For a source that needs credentials: whose they are. 'header_out' has
 * ADMIT_HEADER_BYTES. */
enum admit admit_stranger(struct sipgw *gw, const sip_t *sip,
			  const struct sockaddr *source,
			  struct admission *admission, char *header_out);
/* The number that is called, within the account of the credentials if there
 * were any. */
enum admit admit_number(struct sipgw *gw, const sip_t *sip,
			struct admission *admission);
