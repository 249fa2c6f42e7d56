/*
 * log.c - one line an event, on stderr; see log.h.
 */
#include "lib/base/log.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_MESSAGE_MAX 2048

static char component_name[32] = "-";
static enum log_level lowest_level = LOG_INFO;
static bool on_terminal;
static void (*diverted)(enum log_level, const char *, int, const char *);

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_init(const char *component, enum log_level lowest)
{
	snprintf(component_name, sizeof(component_name), "%s", component);
	lowest_level = lowest;
	on_terminal = isatty(STDERR_FILENO);
}

void log_divert(void (*sink)(enum log_level, const char *, int, const char *))
{
	diverted = sink;
}

bool log_enabled(enum log_level level)
{
	return level >= lowest_level;
}

static void add_for_people(struct buf *line, enum log_level level,
			   const char *time, const char *call, int code,
			   const char *message)
{
	buf_addf(line, "%.12s %-5s %-11s ", time + 11, level_names[level],
		 component_name);
	if (call && call[0] && strcmp(call, "-") != 0)
		buf_addf(line, "%.10s ", call);
	if (code)
		buf_addf(line, "[%d] ", code);
	buf_add_json(line, message);
	buf_add_text(line, "\n");
}

static void add_as_json(struct buf *line, enum log_level level,
			const char *time, const char *call, int code,
			const char *message)
{
	buf_addf(line, "{\"ts\":\"%s\",\"level\":\"%s\",\"component\":\"%s\"",
		 time, level_names[level], component_name);
	if (call && call[0] && strcmp(call, "-") != 0) {
		buf_add_text(line, ",\"call_sid\":\"");
		buf_add_json(line, call);
		buf_add_text(line, "\"");
	}
	if (code)
		buf_addf(line, ",\"error_code\":%d", code);
	buf_add_text(line, ",\"msg\":\"");
	buf_add_json(line, message);
	buf_add_text(line, "\"}\n");
}

void log_line(enum log_level level, const char *call, int code,
	      const char *format, ...)
{
	char message[LOG_MESSAGE_MAX], time[CLOCK_ISO_BYTES];
	va_list arguments;
	if (!log_enabled(level))
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (diverted) {
		diverted(level, call, code, message);
		return;
	}
	struct buf line = BUF_INIT(LOG_MESSAGE_MAX * 7);
	clock_iso(clock_wall_ms(), time);
	(on_terminal ? add_for_people : add_as_json)(&line, level, time, call,
						     code, message);
	ssize_t written = write(STDERR_FILENO, line.data, line.length);
	(void)written; /* a log that cannot be written has no other place */
	buf_free(&line);
}
