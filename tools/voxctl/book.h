/*
 * book.h - what became of each call, from the messages of many.
 *
 * Contract: messages are heard in the record's order; those of calls whose
 * first event is not among them are ignored. At most 'calls_max' calls are
 * kept: the latest. Secrets are masked. Any thread, one at a time.
 */
#pragma once

#include "lib/base/id.h"
#include "proto/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct book;
struct recorded;

struct book_call {
	char call_sid[ID_BYTES];
	char from[256], to[256]; /* without "sip:" */
	enum call_status status;
	int64_t started_ms, answered_ms, ended_ms; /* 0: not yet */
	int error; /* the last one on its record; 0: none */
};

struct book *book_new(size_t calls_max);
struct book *book_free(struct book *book);
void book_hear(struct book *book, const struct recorded *recorded);
size_t book_count(const struct book *book);
/* Number 0 is the latest call. */
const struct book_call *book_call(const struct book *book, size_t number);
