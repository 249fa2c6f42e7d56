/*
 * report.h - a leg's figures, to whom they are due: the other side (RTCP), the
 * call's record, the metrics.
 *
 * Contract: report_send writes what is known now and sends it; report_take
 * notes what a datagram said that came from the leg's source. The worker's
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct leg;
struct leg_stats;
struct rtcp_news;

/* 'sent': we spoke since the last one. */
void report_send(struct leg *leg, bool sent);
void report_take(struct leg *leg, const struct rtcp_news *news, int64_t now_ns);
/* The figures of the leg's sound in its 'stats'. */
void report_stats(struct leg *leg, struct leg_stats *stats);
/* The leg is closed: its figures go into the metrics. */
void report_over(const struct leg_stats *stats);
