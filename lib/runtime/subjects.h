/*
 * subjects.h - lists of subjects that documents may be asked on, as in
 * VOXBUS_NATS_APPS.
 *
 * Contract: parsed once; pure, any thread. "app.>,shop.desk": all below app,
 * and shop.desk itself. The platform's own subjects, JetStream's and inboxes
 * cannot be named.
 */
#pragma once

#include <stdbool.h>

#define SUBJECTS_MAX 64
#define SUBJECTS_ERROR_BYTES 160

struct subjects;

/* "": a list of none. NULL: 'error_out' (SUBJECTS_ERROR_BYTES) says what is
 * wrong. */
struct subjects *subjects_parse(const char *list, char *error_out);
struct subjects *subjects_free(struct subjects *subjects);
bool subjects_match(const struct subjects *subjects, const char *subject);
