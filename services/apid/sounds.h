/*
 * sounds.h - recordings' files, from the mediad that has them to a client.
 *
 * Contract: asked for over the bus piece by piece (proto/sound.h) into a file
 * that has no name, which then is the answer. No answer of a mediad within
 * SOUNDS_PATIENCE_MS is a 404: the file is nowhere. Loop's thread.
 */
#pragma once

#include <stdbool.h>

#define SOUNDS_PATIENCE_MS 3000
#define SOUNDS_AT_ONCE_MAX 32

struct httpd_answer;
struct httpd_request;
struct service;
struct sounds;

struct sounds *sounds_new(struct service *service);
struct sounds *sounds_free(struct sounds *sounds);
/* The answer comes later, or is a 503 at once. */
void sounds_take(struct sounds *sounds, const char *sid,
		 const struct httpd_request *request,
		 struct httpd_answer *answer);
