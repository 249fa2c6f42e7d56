/*
 * metrics.h - counters, gauges and histograms in Prometheus' text format.
 *
 * Contract: a metric is declared once, statically, by METRIC_COUNTER or
 * METRIC_GAUGE at file scope, and appears in /metrics by itself. 'labels' is
 * fixed text such as "result=\"ok\"" or "". A histogram is declared by
 * METRIC_HISTOGRAM with the bounds of its buckets, rising; the one of all
 * values is made. Values are atomic: any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct buf;

struct metric {
	const char *name; /* without vox_; a counter ends in _total */
	const char *labels;
	const char *type; /* counter, gauge or histogram */
	const char *help;
	_Atomic int64_t value;
	struct metric *next;
};

void metric_register(struct metric *metric);

#define METRIC_(variable, kind, metric_name, metric_labels, metric_help)       \
	static struct metric variable = {                                      \
		metric_name, metric_labels, kind, metric_help, 0, NULL};       \
	__attribute__((constructor)) static void variable##_register(void)     \
	{                                                                      \
		metric_register(&variable);                                    \
	}
#define METRIC_COUNTER(variable, name, labels, help)                           \
	METRIC_(variable, "counter", name, labels, help)
#define METRIC_GAUGE(variable, name, labels, help)                             \
	METRIC_(variable, "gauge", name, labels, help)

#define HISTOGRAM_BOUNDS_MAX 8
struct histogram {
	const char *name, *help;
	unsigned count_of_bounds;
	int64_t bounds[HISTOGRAM_BOUNDS_MAX];
	char labels[HISTOGRAM_BOUNDS_MAX][40];
	struct metric buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* the last: of all */
	struct metric sum, count;
};

void histogram_register(struct histogram *histogram);
/* One value was seen. */
void histogram_observe(struct histogram *histogram, int64_t value);

#define METRIC_HISTOGRAM(variable, metric_name, metric_help, ...)              \
	static struct histogram variable = {                                   \
		.name = metric_name,                                           \
		.help = metric_help,                                           \
		.count_of_bounds =                                             \
			sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),    \
		.bounds = {__VA_ARGS__},                                       \
	};                                                                     \
	__attribute__((constructor)) static void variable##_register(void)     \
	{                                                                      \
		histogram_register(&variable);                                 \
	}

static inline void metric_add(struct metric *metric, int64_t amount)
{
	atomic_fetch_add_explicit(&metric->value, amount, memory_order_relaxed);
}

static inline void metric_set(struct metric *metric, int64_t value)
{
	atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

static inline int64_t metric_read(const struct metric *metric)
{
	return atomic_load_explicit(
		&((struct metric *)(uintptr_t)metric)->value,
		memory_order_relaxed);
}

/* All of them, with # HELP and # TYPE. */
void metrics_print(struct buf *to);
