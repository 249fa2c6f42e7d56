/*
 * metrics.c - counters, gauges and histograms in Prometheus' text format; see
 * metrics.h.
 */
#include "lib/runtime/metrics.h"

#include "lib/base/buf.h"

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
