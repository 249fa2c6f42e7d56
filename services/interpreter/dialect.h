/*
 * dialect.h - a vendor's rules as a row of data (dialects.def).
 *
 * Contract: rows are constant and live for ever; code asks a row (or a copy
 * with limits of its own), never who the vendor is. Any thread.
 */
#pragma once

#include "proto/proto.h"

enum params_of { /* which dialects a request parameter belongs to */
		 PARAMS_SIGNALWIRE = 1,
		 PARAMS_RESTCOMM = 2,
		 PARAMS_TWILIO = 4,
		 PARAMS_ALL = 7
};

struct dialect {
	const char *name;
	const char *api_version;      /* parameter ApiVersion */
	enum sip_transport transport; /* of a SIP URI that names none */
	const char *header_prefix;    /* of CallSid, AccountSid, ApiVersion in
					 INVITE */
	bool ids_in_dialog;           /* ... in its ACK, CANCEL and BYE too */
	unsigned sip_max;             /* <Sip> in one <Dial> */
	bool sip_alone;               /* no other noun beside a <Sip> */
	unsigned uri_max;             /* bytes of a SIP URI without headers */
	unsigned headers_max;         /* ... of its headers, as written */
	unsigned redirects_max;       /* HTTP redirects of one document */
	unsigned connect_ms;          /* to connect to the application */
	unsigned read_ms;             /* for its answer to begin, and between
					 the pieces of it */
	unsigned retries;             /* after no connection was had */
	unsigned total_ms;            /* for all of that */
	bool plain_answers;           /* text/plain is spoken, audio/ played */
	bool user_parts;        /* From, To: user parts of the URIs only */
	unsigned ring_extra_ms; /* added to Dial's timeout */
	const char
		*caller_id_chars;  /* in callerId, beside letters and digits */
	bool prefix_all;           /* a URI header without X- gets one */
	bool headers_of_success;   /* DialSipHeader_ are those of the 200 */
	bool headers_of_failure;   /* ... of the final failure */
	bool headers_of_end;       /* ... of the BYE, or of the 200 to ours */
	unsigned not_found_status; /* SIP status when the document gave 404 */
	bool tells_quality;     /* AudioIn... with the callback 'completed' */
	bool tape_of_api_call;  /* 'completed' of the API's calls tells of a
				   Dial's recording; otherwise of callees' */
	bool loop_for_ever;     /* loop="0"; otherwise 1,000 times */
	bool action_of_nothing; /* Record's, when nothing was recorded */
	bool decimal_duration;  /* RecordingDuration: 3.2 instead of 3 */
	enum params_of params;  /* its request parameters */
};

/* Limits that installation or account set in place of a row's; 0: the row's. */
struct dialect_limits {
	int64_t sips;    /* <Sip> in one <Dial> */
	int64_t uri;     /* bytes of a SIP URI without headers */
	int64_t headers; /* ... of its headers, as written */
};

/* As far as they may be set: what messages and arrays have room for. */
#define DIALECT_SIPS_MAX 32
#define DIALECT_URI_MAX 1023
#define DIALECT_HEADERS_MAX 4095

/* Never NULL: an unknown name gets the default dialect's row. */
const struct dialect *dialect_row(enum dialect_name name);
/* The row with these limits, each cut to what it may be. */
struct dialect dialect_limited(enum dialect_name name,
			       struct dialect_limits limits);
