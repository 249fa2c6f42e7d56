/*
 * metrics.c - counters, gauges and histograms in Prometheus' text format; see
 * metrics.h.
 */
#include "lib/runtime/metrics.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <string.h>

static struct metric *first; /* ordered by name: a family stays together */

void metric_register(struct metric *metric)
{
	struct metric **place = &first;
	while (*place && strcmp((*place)->name, metric->name) <= 0)
		place = &(*place)->next;
	metric->next = *place;
	*place = metric;
}

static void add_part(const struct histogram *histogram, struct metric *part,
		     const char *labels)
{
	part->name = histogram->name;
	part->labels = labels;
	part->type = "histogram";
	part->help = histogram->help;
	metric_register(part);
}

void histogram_register(struct histogram *histogram)
{
	unsigned last = histogram->count_of_bounds;

	for (unsigned i = 0; i < last; i++) {
		str_format(histogram->labels[i], sizeof(histogram->labels[i]),
			   "_bucket{le=\"%lld\"}",
			   (long long)histogram->bounds[i]);
		add_part(histogram, &histogram->buckets[i],
			 histogram->labels[i]);
	}
	add_part(histogram, &histogram->buckets[last], "_bucket{le=\"+Inf\"}");
	add_part(histogram, &histogram->sum, "_sum");
	add_part(histogram, &histogram->count, "_count");
}

void histogram_observe(struct histogram *histogram, int64_t value)
{
	unsigned last = histogram->count_of_bounds;

	for (unsigned i = 0; i < last; i++)
		if (value <= histogram->bounds[i])
			metric_add(&histogram->buckets[i], 1);
	metric_add(&histogram->buckets[last], 1);
	metric_add(&histogram->sum, value);
	metric_add(&histogram->count, 1);
}

void metrics_print(struct buf *to)
{
	const char *family = "";
	for (const struct metric *m = first; m; m = m->next) {
		if (strcmp(m->name, family) != 0)
			buf_addf(to, "# HELP vox_%s %s\n# TYPE vox_%s %s\n",
				 m->name, m->help, m->name, m->type);
		family = m->name;
		buf_addf(to, "vox_%s", m->name);
		if (m->labels[0] == '_')
			buf_add_text(to, m->labels);
		else if (m->labels[0])
			buf_addf(to, "{%s}", m->labels);
		buf_addf(to, " %lld\n", (long long)metric_read(m));
	}
}
