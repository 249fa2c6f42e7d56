/*
 * sounds.h - sound files for mediad: requested from customers, kept on the
 * shelf, handed out piece by piece.
 *
 * Contract: questions and answers are proto/sound.h's, outside of the record:
 * who loses one asks again. A file that is being requested is requested once,
 * however many ask for it. What is on the shelf is asked for again by its
 * validators unless Cache-Control says that it is fresh; when its server cannot
 * be reached then, what is there is handed out. Media requests carry neither
 * parameters nor a signature. Loop's thread.
 */
#pragma once

struct http;
struct service;
struct sounds;

/* NULL, and logged: the folder cannot be used. */
struct sounds *sounds_new(struct service *service, struct http *http);
/* Nothing new is taken; pieces of what is here are still handed out. */
void sounds_drain(struct sounds *sounds);
struct sounds *sounds_free(struct sounds *sounds);
