/*
 * log.h - one line an event, on stderr: JSON, or readable on a terminal.
 *
 * Contract: 'call' is the CallSid that the line is about, or NULL. 'code' is a
 * number of errors.def or 0. Control characters are escaped whatever the
 * message holds; secrets must not be put in. error = somebody must act, warn =
 * we coped, info = a step in a call's life, debug = for developers. Library
 * code does not log, services do, once. Any thread.
 */
#pragma once

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_init(const char *component, enum log_level lowest);
bool log_enabled(enum log_level level);
void log_line(enum log_level level, const char *call, int code,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));

#define log_debug(call, ...)                                                   \
	do {                                                                   \
		if (log_enabled(LOG_DEBUG))                                    \
			log_line(LOG_DEBUG, call, 0, __VA_ARGS__);             \
	} while (0)
#define log_info(call, ...) log_line(LOG_INFO, call, 0, __VA_ARGS__)
#define log_warn(call, code, ...) log_line(LOG_WARN, call, code, __VA_ARGS__)
#define log_error(call, code, ...) log_line(LOG_ERROR, call, code, __VA_ARGS__)

/* Tests: hands each line to 'sink' (message only) instead of writing it. */
void log_divert(void (*sink)(enum log_level level, const char *call, int code,
			     const char *message));
