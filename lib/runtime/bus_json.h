/*
 * bus_json.h - reads single values out of JetStream's JSON answers.
 *
 * Why: jansson lives in proto/ alone, and an acknowledgement per message is a
 * hot path that needs three values of a flat object, not a tree.
 *
 * Contract: 'path' names a member of an object, with dots for nested ones:
 * "error.code". The text is scanned within 'size' bytes, at most 16 levels
 * deep; what is malformed, missing or of another kind gives false and leaves
 * the output alone. No allocation. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool bus_json_number(const char *json, size_t size, const char *path,
		     int64_t *number_out);
/* Escapes are kept as they stand; cut to what fits: for logs and names. */
bool bus_json_text(const char *json, size_t size, const char *path, char *to,
		   size_t room);
/* True only for the word true. */
bool bus_json_true(const char *json, size_t size, const char *path);
/* The member is there, whatever it is. */
bool bus_json_has(const char *json, size_t size, const char *path);
