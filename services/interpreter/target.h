/*
 * target.h - whom a <Sip> dials: its text, read by the rules of a dialect.
 *
 * Contract: target_parse fills the target whatever the text is; 'error' is 0 or
 * says why the leg cannot be dialled. Headers that may not be sent are left out
 * with a warning each. target_clear frees what it holds. Any thread.
 */
#pragma once

#include "proto/proto.h"
#include "services/interpreter/dialect.h"
#include "lib/markup/finding.h"

#include "services/interpreter/sip_uri.h"

#define TARGET_HEADERS_MAX 16

struct target {
	char uri[SIP_URI_BYTES_MAX + 1]; /* to be dialled: without headers */
	enum sip_transport transport;
	enum secure_mode secure; /* of its media, as the URI says */
	const char *suites;      /* the URI's kind of SRTP allows; NULL: all */
	struct header headers[TARGET_HEADERS_MAX];
	uint32_t header_count;
	int error;            /* of errors.def; 0: it can be dialled */
	char error_text[256]; /* in words, and what to write instead */
};

/* 'text' is trimmed; findings get warnings at 'place'. */
void target_parse(const char *text, const struct dialect *dialect,
		  struct place place, struct findings *findings,
		  struct target *target_out);
void target_clear(struct target *target);
