/*
 * mask.h - takes passwords out of URIs and documents before anybody reads them.
 *
 * Contract: the result is owned by the caller. What is masked becomes "***",
 * masking twice changes nothing more, and a masked document parses to the same
 * steps as the original (an empty password stays empty). Any thread.
 */
#pragma once

/* user:password@ in http, https, sip and sips URIs, anywhere in the text. */
char *mask_uris(const char *text);
/* The same, and the value of every attribute that is called password. */
char *mask_document(const char *text);
