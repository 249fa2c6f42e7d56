/*
 * error_page.h - the page of an error: what happened, likely causes, what to
 * do, what it looks like. The more_info of an answer leads to it.
 *
 * Contract: Markdown, from errors.def and error_pages.def. Any thread.
 */
#pragma once

#include <stdbool.h>

struct buf;

/* 'note' stands below the title, or NULL. False, and nothing: no such error. */
bool error_page_write(int code, const char *note, struct buf *to);
