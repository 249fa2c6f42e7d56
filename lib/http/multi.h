/*
 * multi.h - where the transfers of one client run: libcurl's connections, on
 * the loop.
 *
 * Contract: inside lib/http only. Easy handles whose CURLOPT_PRIVATE is their
 * transfer are added to 'curl'; each one's end comes by transfer_hop_over().
 * All have been removed before multi_close(). Loop's thread.
 */
#pragma once

#include "lib/runtime/loop.h"

#include <curl/curl.h>

struct multi {
	struct loop *loop;
	CURLM *curl;
	struct loop_timer timer; /* libcurl's */
};

/* 'multi' stays where it is until it is closed. */
void multi_open(struct multi *multi, struct loop *loop);
void multi_close(struct multi *multi);
