/*
 * httpd_private.h - between the files of the HTTP server alone.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/runtime/httpd.h"
#include "lib/runtime/loop.h"

#include <microhttpd.h>

#define HTTPD_CONNECTIONS_MAX 256
#define HTTPD_REQUEST_SECONDS 10
#define HTTPD_CREDENTIALS_MAX 512

struct form;

struct httpd {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct loop_watch watch;
	struct loop_timer timeout; /* libmicrohttpd's */
	struct loop_timer sweep;
	struct list connections;
	struct list late;          /* exchanges whose answer is awaited */
	unsigned connection_count; /* those that end are among them */
	unsigned ending_count;
	bool was_full; /* it has stopped to listen */
	const struct httpd_route *routes;
	void *owner;
	int port;
};

/* A client, from accept to close. */
struct client {
	struct list link;
	int fd;
	uint64_t address; /* IPv4, or the first half of IPv6 */
	bool ending;
	int64_t asking_since_ms; /* 0: it has asked, the answer is on its way */
};

/* One request; libmicrohttpd keeps it for us between the pieces. */
struct exchange {
	struct httpd *httpd;
	struct MHD_Connection *connection;
	struct client *client;
	struct buf body;
	struct form *form; /* made when first asked for */
	char credentials[HTTPD_CREDENTIALS_MAX];
	/* an answer that comes later */
	enum { LATE_NOT, LATE_ASKED, LATE_SUSPENDED, LATE_ANSWERED } late;
	struct list late_link;
	struct httpd_answer late_answer;
};

/* --- httpd_answer.c --- */

/* Takes the answer's body or file over. */
enum MHD_Result httpd_send(struct exchange *exchange,
			   struct httpd_answer *answer);

/* --- httpd_late.c --- */

/* Nobody answers any more. */
void httpd_give_up_late(struct httpd *httpd);

/* --- httpd_request.c --- */

/* Splits HTTP Basic credentials (RFC 7617) inside the exchange. */
void httpd_read_credentials(struct exchange *exchange,
			    struct httpd_request *request);

/* --- httpd_clients.c --- */

/* As libmicrohttpd tells it: a connection came, or is closed. */
void httpd_on_client(void *httpd, struct MHD_Connection *connection,
		     void **context, enum MHD_ConnectionNotificationCode what);
void httpd_on_sweep(struct loop_timer *timer);
