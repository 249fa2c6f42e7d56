/*
 * letter_print.h - a letter as a row, as a page, as JSON.
 *
 * Contract: pure. Secrets are masked; what strangers wrote does not reach the
 * terminal as control characters. Any thread.
 */
#pragma once

#include <stdbool.h>

struct buf;
struct letter;

#define LETTER_JSON_MAX (4 << 20)

/* What the columns of a row are. */
const char *letter_heading(bool waiting);
/* With a line break. */
void letter_print_row(const struct letter *letter, struct buf *to);
void letter_print_whole(const struct letter *letter, struct buf *to);
/* One object, without a line break. */
void letter_print_json(const struct letter *letter, struct buf *to);
