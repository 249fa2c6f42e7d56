#!/bin/bash
# Runs make demo, or what is named, on a bare Debian 12: a chroot that holds
# nothing but the base system, git and make, with a clone of the last commit.
#
#   tests/bare.sh              make demo
#   tests/bare.sh test         make test
#
# Needs root and the package mmdebstrap. Everything ends with the script: the
# chroot has mounts and process ids of its own.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
goal=${1:-demo}
place=$(mktemp -d /tmp/voxbus-bare.XXXXXX)
trap 'rm -rf --one-file-system "$place"' EXIT

mmdebstrap --quiet --variant=minbase --include=ca-certificates,git,make \
	bookworm "$place/system"
git clone -q "$root" "$place/system/voxbus"
cp /etc/resolv.conf /etc/hosts "$place/system/etc/"
# What npm needs in this network: its mirror, if there is one, its authorities.
cp /etc/ssl/certs/ca-certificates.crt "$place/system/etc/authorities.crt"
mirror=$(npm config get registry 2>/dev/null || true)

unshare --mount --pid --fork bash -euc "
	mount --make-rprivate /
	mount -t proc proc '$place/system/proc'
	mount --rbind /dev '$place/system/dev'
	mount -t tmpfs tmpfs '$place/system/tmp'
	exec chroot '$place/system' env -i HOME=/root TERM=dumb \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		${mirror:+npm_config_registry='$mirror'} \
		npm_config_cafile=/etc/authorities.crt \
		make -C /voxbus --no-print-directory $goal
"
