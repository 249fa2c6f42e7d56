/*
 * folder.h - a folder that is needed is made, with those above it.
 *
 * Contract: true when it is there; else errno tells why not. The folder itself
 * is for its owner alone (0700), those above it may be read (0755). Any thread.
 */
#pragma once

#include <stdbool.h>

bool folder_make(const char *path);
