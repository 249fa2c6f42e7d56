/*
 * mask.h - takes passwords out of URIs and documents, and keys out of SDPs,
 * before anybody reads them.
 *
 * Contract: the result is owned by the caller. What is masked becomes "***",
 * masking twice changes nothing more, and a masked document parses to the same
 * steps as the original (an empty password stays empty). Any thread.
 */
#pragma once

/* user:password@ in http, https, sip and sips URIs, anywhere in the text. */
char *mask_uris(const char *text);
/* The keys of an SDP: a=crypto:1 SUITE inline:KEY, up to the next blank. */
char *mask_sdp(const char *text);
/* As mask_uris, and the value of every attribute that is called password. */
char *mask_document(const char *text);
