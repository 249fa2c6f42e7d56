/*
 * answer.h - what HTTP gave, as the message 'fetched'.
 *
 * Contract: 'answer' has its 'fetch' set already; everything else is filled. It
 * keeps the bounds of its table whatever a web server sends. Pure.
 */
#pragma once

struct fetched;
struct http_result;

void answer_make(const struct http_result *result, struct fetched *answer);
void answer_late(struct fetched *answer);
