/*
 * sdpfacts.h - what a person wants to know of an SDP in one glance.
 *
 * Contract: adds "127.0.0.1:6000 PCMU PCMA" for the first audio stream; adds
 * nothing when there is none. It shows, it does not check: mediad's parser
 * does. Any thread.
 */
#pragma once

struct buf;

void sdp_facts(const char *sdp, struct buf *to);
