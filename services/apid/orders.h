/*
 * orders.h - what was asked for by POST, from the request to its answer: said
 * to the interpreter, on record, projected, answered.
 *
 * A client that is answered can read the call at once: the answer waits until
 * the projection has reached the message, for ORDER_PROJECT_MS at most; a call
 * that is not projected by then is put into the store from what was asked for.
 *
 * Contract: each order is answered exactly once, ORDER_RECORD_MS after it was
 * taken at the latest. Loop's thread.
 */
#pragma once

#include <stdint.h>

struct httpd_answer;
struct httpd_request;
struct orders;
struct rest;
struct rest_order;
struct service;

#define ORDER_PROJECT_MS 2000
#define ORDER_RECORD_MS 10000

/* 'rest' stays valid. */
struct orders *orders_new(struct service *service, const struct rest *rest);
/* Who still waits is answered by httpd_free alone. */
struct orders *orders_free(struct orders *orders);
void orders_take(struct orders *orders, const struct rest_order *order,
		 const struct httpd_request *request,
		 struct httpd_answer *answer);
/* The record is projected up to this message. */
void orders_projected(struct orders *orders, uint64_t sequence);
