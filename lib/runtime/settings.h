/*
 * settings.h - settings from the environment, by the table settings.def.
 *
 * Contract: read once at the start, never changed. A wrong value gives one line
 * that names the variable, the value and what would be right; --help prints
 * those of one service. Main thread, before the loop runs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who reads a setting: bits, so that sums can be written in the table. */
enum settings_who {
	WHO_FETCHER = 1,
	WHO_INTERPRETER = 2,
	WHO_SIPGW = 4,
	WHO_MEDIAD = 8,
	WHO_CALLBACKD = 16,
	WHO_APID = 32,
	WHO_VOXCTL = 64,
	WHO_ALL = 127
};

#define SETTING_TYPE_TEXT(f) const char *f;
#define SETTING_TYPE_SECRET(f) const char *f;
#define SETTING_TYPE_CIDRS(f) const char *f;
#define SETTING_TYPE_URL(f) const char *f;
#define SETTING_TYPE_DOCUMENT(f) const char *f;
#define SETTING_TYPE_WORD(f) const char *f;
#define SETTING_TYPE_NUMBER(f) int64_t f;
#define SETTING(f, kind, lo, hi, standard, who, doc) SETTING_TYPE_##kind(f)
struct settings {
#include "lib/runtime/settings.def"
};
#undef SETTING

/*
 * Fills 'settings' for one service; the texts live as long as the process. A
 * SECRET may also be named as a file: VOXBUS_AUTH_TOKEN_FILE holds it in its
 * first line. An empty variable is an empty value where the table allows one,
 * and otherwise as good as none. False: 'error_out' (512 bytes) is the line
 * to print. 'admin_port' is the service's own default.
 */
bool settings_read(enum settings_who who, int admin_port,
		   struct settings *settings, char *error_out);
/*
 * Variables that begin with VOXBUS_ and are in nobody's table: one line each,
 * with the name that may have been meant. A typing error is not to be silent.
 */
void settings_unknown(void (*report)(const char *line));
/* Takes those out of the environment: children need not report them again. */
void settings_drop_unknown(void);
/* api_url, or what it is by default; "" where that is not known. */
#define SETTINGS_API_URL_BYTES 1024
void settings_api_url(const struct settings *settings,
		      char url_out[SETTINGS_API_URL_BYTES]);
/* The reference page of one service, as --help prints it. */
void settings_print(enum settings_who who, int admin_port);
