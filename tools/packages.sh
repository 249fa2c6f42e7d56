#!/bin/sh
# Installs the Debian packages of the groups named, where they are missing.
#
#   tools/packages.sh build          what compiles and runs the platform
#   tools/packages.sh build demo     ... and make run
#   tools/packages.sh build test     ... and make test
#
# Nothing is asked of the network when nothing is missing. Not root: says what
# to type. Not Debian: says so, and leaves the matter to you.
set -eu
list=$(dirname "$0")/../make/packages.list
missing=

if ! command -v dpkg-query >/dev/null; then
	echo "packages: no dpkg here; needed are the libraries of $list" >&2
	exit 0
fi
for group in "$@"; do
	for package in $(awk -v group="$group" '$1 == group { print $2 }' "$list"); do
		# a package with programs may have come from elsewhere (npm: with nodejs)
		command -v "$package" >/dev/null && continue
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) missing="$missing $package" ;;
		esac
	done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "packages: please install the missing ones first:" >&2
	echo "  sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "packages: installing$missing" >&2
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
if ! { apt-get -q -o DPkg::Lock::Timeout=300 update &&
	apt-get -q -y -o DPkg::Lock::Timeout=300 install \
		--no-install-recommends $missing; } >"$log" 2>&1; then
	cat "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"
