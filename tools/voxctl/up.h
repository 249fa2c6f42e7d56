/*
 * up.h - what voxctl up has found out before it starts anything.
 *
 * Contract: up_prepare either fills everything or has said what is wrong and
 * what to do. The lock on the data folder is held until the process ends.
 */
#pragma once

#include "lib/runtime/account.h"
#include "lib/runtime/settings.h"
#include "tools/voxctl/natsd.h"
#include "tools/voxctl/probe.h"

#include <limits.h>
#include <stdbool.h>

#define UP_DAEMONS 6

struct up_daemon {
	const char *name;
	const char *instance;
};

/* In the order of their admin ports. */
extern const struct up_daemon up_daemons[UP_DAEMONS];

struct up_plan {
	struct settings settings;
	struct account account;
	char data_dir[PATH_MAX]; /* absolute */
	struct natsd_place place;
	char place_wrong[NATSD_ERROR_BYTES]; /* why voxctl cannot start it */
	struct probe_address nats;
	struct probe_address admin[UP_DAEMONS];
	struct probe_address api;
};

/* Returns an exit status; VOXCTL_OK: go on. */
int up_prepare(struct up_plan *plan);
/* Writes nats-server's configuration; 'path_out' has PATH_MAX bytes. */
bool up_write_nats_config(const struct up_plan *plan, char *path_out);

#define UP_WHY_BYTES 512

/* Whether the daemons will take what the table takes for text; 'why_out'
 * (UP_WHY_BYTES) names the variable and what to write. */
bool up_check_values(const struct settings *settings, char *why_out);

enum up_port { UP_PORT_FREE, UP_PORT_TAKEN, UP_PORT_WRONG };

/* Whether the daemons can listen where they will. TAKEN may pass: who was
 * killed a moment ago is about to let go. 'why_out' has UP_WHY_BYTES. */
enum up_port up_try_ports(const struct settings *settings, char *why_out);
/* The one line on stdout. */
void up_print_ready(const struct up_plan *plan);
