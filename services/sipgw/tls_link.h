/*
 * tls_link.h - one TLS connection, between the network and nta. For tls_*.c
 * alone.
 *
 * Contract: owned by its slot in struct tls from tls_link_new until it is dead
 * and its time to be remembered is over; nobody else frees it. Loop's thread.
 */
#pragma once

#include "lib/runtime/loop.h"
#include "services/sipgw/tls.h"
#include "services/sipgw/tls_files.h"

#include <openssl/ssl.h>

#define TLS_PIPE_BYTES 16384

enum tls_state {
	TLS_NEW,        /* nta has not asked for it yet */
	TLS_CONNECTING, /* TCP */
	TLS_SHAKING,    /* the handshake */
	TLS_UP,
	TLS_DEAD /* 'error' and 'why' tell */
};

/* Bytes on their way from one side to the other. */
struct tls_pipe {
	char *bytes; /* TLS_PIPE_BYTES */
	size_t from, to;
};

struct tls_link {
	struct tls *tls;
	uint32_t number;
	enum tls_state state;
	bool inbound;
	bool checked;   /* the certificate must be for 'host' */
	bool heard;     /* something has come over it */
	bool local_end; /* nta has closed its side */
	char host[256];
	struct sockaddr_storage peer;
	SSL *ssl;
	struct loop_watch net, local;
	uint32_t net_events, local_events; /* that are watched */
	uint32_t write_waits;              /* for which event */
	struct loop_timer timer;
	struct tls_pipe in, out;
	int error; /* of errors.def */
	char why[TLS_WHY_BYTES];
};

struct tls {
	struct sipgw *gw;
	struct tls_files *files;
	struct loop_watch listener;
	struct tls_link *slots[TLS_LINKS_MAX];
	unsigned next;       /* slot to begin the search for a free one with */
	uint32_t generation; /* so that numbers do not come again soon */
};

/* --- tls.c --- */

/* A slot for it; NULL: none is free. */
struct tls_link *tls_link_new(struct tls *tls, bool inbound);
/* It is dead and forgotten. */
void tls_link_free(struct tls_link *link);
/* The link that nta means; NULL: none. */
struct tls_link *tls_link_at(const struct tls *tls,
			     const struct sockaddr *address);

/* --- tls_link.c --- */

/* nta's first request is there: 'local' is our end of the socket to nta. */
void tls_link_call(struct tls_link *link, int local);
/* A connection that was accepted. */
void tls_link_take(struct tls_link *link, int net);
void tls_link_end(struct tls_link *link, int error, const char *why);

/* --- tls_reason.c: what is wrong, for people --- */

/* Has OpenSSL check the chain, and keeps what it finds wrong with it. */
void tls_reason_watch(struct tls_link *link);
/* After a handshake that failed with 'result' of SSL_get_error(). */
void tls_reason_failed(struct tls_link *link, int result, int errno_then);
/* After one that did not: the name. False: it was ended. */
bool tls_reason_check_name(struct tls_link *link);

/* --- tls_nta.c --- */

/* Makes "tls" a transport of nta's that goes through links. */
bool tls_nta_open(struct tls *tls);
void tls_nta_close(void);
/* A link that is up becomes known to nta: our end of the socket, or -1. */
int tls_nta_join(struct tls_link *link);

/* --- tls_listen.c --- */

bool tls_listen_open(struct tls *tls);
void tls_listen_close(struct tls *tls);
