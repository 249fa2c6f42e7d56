#!/bin/bash
# Brings docker-compose.yml up with Docker, from a clone of the last commit, and
# calls through it: every container healthy, a call with its webhooks; each
# daemon and nats-server killed in turn, started again by its restart policy, and
# another call; then down, and nothing may be left.
#
#   tests/compose.sh                   the base image is made by mmdebstrap
#   BASE_TAR=base.tar tests/compose.sh  ... or is that file (a Debian 12 system)
#
# Needs root and Debian; asks no image registry. The Docker that it runs is its
# own: data in a folder under /tmp, one dockerd for the build, which touches no
# firewall, and one in a network name space without a way out for the calls. A
# Docker that runs already, and ports in use, are left alone.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
daemons="fetcher interpreter sipgw mediad callbackd apid"
project=voxbus-check
place= space= dockerd_pid= callee= calls=0

say() { echo "compose: $*"; }
fail() {
	say "FAILED: $*" >&2
	exit 1
}

# --- what must be there ---------------------------------------------------------
require() {
	local missing= wanted
	for wanted in dockerd:docker.io docker:docker.io iptables:iptables \
		docker-compose:docker-compose ip:iproute2 nsenter:util-linux \
		mmdebstrap:mmdebstrap sipp:sip-tester git:git python3:python3; do
		command -v "${wanted%:*}" >/dev/null || missing+=" ${wanted#*:}"
	done
	[ -z "$missing" ] || fail "please install what is missing first:" \
		"apt-get install --no-install-recommends$missing"
	[ "$(id -u)" = 0 ] || fail "dockerd and network name spaces need root"
	[ -z "${BASE_TAR:-}" ] || [ -r "$BASE_TAR" ] ||
		fail "BASE_TAR=$BASE_TAR cannot be read"
}

# within SECONDS WHAT COMMAND...: until the command succeeds.
within() {
	local over=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		[ "$SECONDS" -lt "$over" ] || fail "not in time: $what"
		sleep 0.2
	done
}

inside() { nsenter --net="/run/netns/$space" "$@"; }
compose() {
	(cd "$place/source" && docker-compose -p "$project" "$@")
}

# --- dockerd --------------------------------------------------------------------
# docker_start NAME PREFIX... -- OPTIONS...: the prefix is where it runs.
docker_start() {
	local log=$place/$1.log prefix=()
	shift
	while [ "$1" != -- ]; do
		prefix+=("$1")
		shift
	done
	shift
	"${prefix[@]}" dockerd --data-root "$place/data" \
		--exec-root "$place/exec" -H "$DOCKER_HOST" -p "$place/pid" \
		"$@" >"$log" 2>&1 &
	dockerd_pid=$!
	within 60 "dockerd answers" docker_answers "$log"
}

docker_answers() {
	kill -0 "$dockerd_pid" 2>/dev/null ||
		fail "dockerd does not start here: $(tail -n 5 "$1")"
	docker version >/dev/null 2>&1
}

docker_stop() {
	[ -n "$dockerd_pid" ] || return 0
	kill "$dockerd_pid" 2>/dev/null || true
	wait "$dockerd_pid" 2>/dev/null || true
	dockerd_pid=
}

# --- ends, whatever happened --------------------------------------------------------
finish() {
	local status=$?
	set +e
	if [ "$status" != 0 ] && [ -n "$dockerd_pid" ]; then
		compose ps -a
		compose logs --no-color --tail=20
	fi >&2
	[ -n "$callee" ] && kill "$callee" 2>/dev/null
	[ -n "$dockerd_pid" ] && [ -n "$space" ] &&
		compose down -v --remove-orphans -t 2 >/dev/null 2>&1
	docker_stop
	[ -n "$space" ] && ip netns del "$space"
	# dockerd leaves its network name spaces mounted
	[ -n "$place" ] && umount -q "$place"/exec/netns/*
	[ -n "$place" ] && rm -rf --one-file-system "$place"
	exit "$status"
}

# --- the stack ----------------------------------------------------------------------
build() {
	export DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0
	docker_start build env -- --bridge=none --iptables=false \
		--ip-forward=false
	if [ -z "${BASE_TAR:-}" ]; then
		say "a Debian 12 base system"
		BASE_TAR=$place/base.tar
		mmdebstrap --quiet --variant=minbase \
			--include=ca-certificates bookworm "$BASE_TAR"
	fi
	docker import "$BASE_TAR" local/debian:12 >/dev/null
	say "the image, from deploy/Dockerfile"
	compose build fetcher >"$place/image.log" 2>&1 ||
		fail "the image does not build: $(tail -n 30 "$place/image.log")"
	docker_stop
}

container() { compose ps -q "$1"; }
state() { docker inspect -f "$2" "$(container "$1")"; }

is_healthy() {
	[ "$(state "$1" '{{with .State.Health}}{{.Status}}{{end}}')" = healthy ]
}
all_healthy() {
	local service
	for service in nats app $daemons; do
		is_healthy "$service" || return 1
	done
}

# What the daemons say themselves: a container's state may be some seconds old.
all_ready() {
	inside python3 - <<-'EOP' 2>/dev/null
		import urllib.request as u
		for port in 8080, *range(9101, 9106):
		    u.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2)
	EOP
}

# --- a call -------------------------------------------------------------------------
# The application prints each request: four status callbacks a call, no two alike.
callbacks() {
	compose logs --no-color app | grep -o 'POST /events CallSid=.*' |
		awk '{ print $3, $4, $5 }' | sort -u
}

callbacks_came() {
	local status
	for status in initiated ringing in-progress completed; do
		[ "$(callbacks | grep -c "CallStatus=$status ")" = "$calls" ] ||
			return 1
	done
}

listens() { inside ss -Hlun "sport = :5070" | grep -q .; }

call() {
	calls=$((calls + 1))
	local common=(-i 127.0.0.1 -mi 127.0.0.1 -m 1 -nostdin -timeout 30s
		-timeout_error)
	(cd "$place" && TERM=dumb exec nsenter --net="/run/netns/$space" sipp \
		-sf "$root/tests/sipp/uas_answers.xml" -p 5070 \
		"${common[@]}") >"$place/callee.out" 2>&1 </dev/null &
	callee=$!
	within 10 "the callee listens" listens
	(cd "$place" && TERM=dumb inside sipp \
		-sf "$root/tests/sipp/uac_calls.xml" -p 5080 -d 1000 \
		"${common[@]}" 127.0.0.1:5060) >"$place/caller.out" 2>&1 \
		</dev/null || fail "call $calls ($1): the caller:" \
		"$(tail -n 40 "$place/caller.out")"
	wait "$callee" || fail "call $calls ($1): the callee:" \
		"$(tail -n 40 "$place/callee.out")"
	callee=
	within 20 "call $calls ($1): its four status callbacks" callbacks_came
	say "call $calls ($1): answered, ended, four status callbacks"
}

# kill -9 of a container's first process: `docker kill` would count as somebody's
# wish, after which the restart policy does nothing.
has_restarted() { [ "$(state "$1" '{{.RestartCount}}')" -ge 1 ]; }

kill_one() {
	kill -9 "$(state "$1" '{{.State.Pid}}')"
	within 30 "$1 is started again" has_restarted "$1"
	within 60 "every container is healthy after $1 died" all_healthy
	within 30 "every daemon is ready after $1 died" all_ready
	call "$1 was killed and has come back"
}

# --- nothing may be left ------------------------------------------------------------
check_empty() {
	local left
	left=$(docker ps -aq)
	[ -z "$left" ] || fail "containers are left: $left"
	left=$(docker volume ls -q)
	[ "$left" = "$1" ] || fail "volumes are left: $left; expected: $1"
	left=$(docker network ls -q -f "name=$project")
	[ -z "$left" ] || fail "networks are left: $left"
	left=$(pgrep -f "^[^ ]*containerd-shim.*$place" || true)
	[ -z "$left" ] || fail "processes are left: $left"
}

main() {
	require
	place=$(mktemp -d /tmp/voxbus-compose.XXXXXX)
	trap finish EXIT
	trap 'exit 1' INT TERM HUP
	export DOCKER_HOST=unix://$place/socket VOXBUS_BASE_IMAGE=local/debian:12
	git clone -q "$root" "$place/source"
	build

	space=voxbus-compose-$$
	ip netns add "$space"
	ip -n "$space" link set lo up
	docker_start run nsenter --net="/run/netns/$space" -- \
		--bip 198.18.0.1/24 \
		--default-address-pool base=198.18.16.0/20,size=24
	local began=$SECONDS service
	compose up -d >"$place/up.log" 2>&1 ||
		fail "docker-compose up: $(tail -n 20 "$place/up.log")"
	within 60 "every container is healthy" all_healthy
	within 30 "every daemon is ready" all_ready
	say "8 containers healthy after $((SECONDS - began)) s"
	call "fresh"
	for service in $daemons nats; do
		kill_one "$service"
	done
	compose down >/dev/null 2>&1
	check_empty "${project}_data"
	compose down -v >/dev/null 2>&1
	check_empty ""
	say "down: no container, network or process is left; down -v: no volume"
	say "works"
}

main
