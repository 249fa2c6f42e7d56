/*
 * metrics_test.c - what Prometheus reads.
 */
#include "lib/runtime/metrics.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"

#include <string.h>

METRIC_COUNTER(good, "tests_total", "result=\"good\"", "Tests, by result.")
METRIC_GAUGE(depth, "depth", "", "How deep.")
METRIC_HISTOGRAM(waits, "wait_ms", "Waits.", 5, 10)
METRIC_COUNTER(bad, "tests_total", "result=\"bad\"", "Tests, by result.")

TEST(a_family_is_printed_together_with_one_head)
{
	struct buf text = BUF_INIT(4096);
	metric_add(&good, 2);
	metric_add(&bad, 1);
	metric_set(&depth, -7);
	histogram_observe(&waits, 9);
	histogram_observe(&waits, 10);
	histogram_observe(&waits, 11);
	metrics_print(&text);
	CHECK_TEXT(buf_text(&text), "# HELP vox_depth How deep.\n"
				    "# TYPE vox_depth gauge\n"
				    "vox_depth -7\n"
				    "# HELP vox_tests_total Tests, by result.\n"
				    "# TYPE vox_tests_total counter\n"
				    "vox_tests_total{result=\"good\"} 2\n"
				    "vox_tests_total{result=\"bad\"} 1\n"
				    "# HELP vox_wait_ms Waits.\n"
				    "# TYPE vox_wait_ms histogram\n"
				    "vox_wait_ms_bucket{le=\"5\"} 0\n"
				    "vox_wait_ms_bucket{le=\"10\"} 2\n"
				    "vox_wait_ms_bucket{le=\"+Inf\"} 3\n"
				    "vox_wait_ms_sum 30\n"
				    "vox_wait_ms_count 3\n");
	CHECK_INT(metric_read(&good), 2);
	buf_free(&text);
}

TEST_MAIN()
