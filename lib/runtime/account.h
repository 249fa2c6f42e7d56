/*
 * account.h - the installation's first account, made at its first start.
 *
 * Contract: kept in <data_dir>/account, readable by the owner only, as two
 * lines "account_sid=" and "auth_token=". Daemons that start at the same moment
 * agree on one. Blocking file access: before the loop runs.
 */
#pragma once

#include <stdbool.h>

#define ACCOUNT_ERROR_BYTES 512

struct account {
	char sid[65];
	char token[129];
};

/*
 * Reads the account, and makes it when there is none. False: 'error_out'
 * (ACCOUNT_ERROR_BYTES) says which file is at fault, and why.
 */
bool account_load(const char *data_dir, struct account *account_out,
		  char *error_out);
