# spool.sh - the words of lib.sh for a spool, its control files and its sender
# shellcheck shell=sh disable=SC2034,SC2154
FROM='' TEXT='Subject: x\n\n.dot\ntext\n' SENDER=nullmailer-send

prefix() {
	P=${1:-$T/p}
	spool=$P/queue config=$P/conf
	mkdir -p "$spool/queue" "$spool/tmp" "$spool/failed" "$config" \
	    "$P/protocols" "$P/bin" "$P/sbin"
	chmod 700 "$spool/queue" "$spool/tmp" "$spool/failed"
	mkfifo -m 600 "$spool/trigger"
	conf me f.q.d.n
	conf defaultdomain q.d.n
	"$NM" --list | while read -r test_program test_folder _; do
		case $test_folder in
		BIN) ln -sf "$NM" "$P/bin/$test_program" ;;
		SBIN) ln -sf "$NM" "$P/sbin/$test_program" ;;
		MODULES) ln -sf "$NM" "$P/protocols/$test_program" ;;
		esac
	done
	export NULLMAILER_TEST_PREFIX="$P"
	PATH=$P/sbin:$P/bin:$PATH
}
conf() { printf '%s\n' "$2" >"$config/$1"; }
remotes() { printf '%s\n' "$@" >"$config/remotes"; }

queue_file() {
	printf '%s\n' "$FROM" "$@" ''
	printf %b "$TEXT"
}
# A sender at work sees whole files only.
put() {
	test_file=$spool/queue/$1; shift
	queue_file "$@" >"$spool/tmp/put" && touch -d '2 hours ago' "$spool/tmp/put" &&
	    mv "$spool/tmp/put" "$test_file"
}
put_many() {
	test_count=0
	while [ $test_count -lt "$1" ]; do
		test_count=$((test_count + 1))
		queue_file "r$test_count@x.y" \
		    >"$spool/queue/$((1000000000 + test_count)).$test_count"
	done
	find "$spool/queue" -type f -exec touch -d '2 hours ago' {} +
}
files() { LC_ALL=C ls -A "$spool/$1" | paste -sd ' ' -; }
waiting() { find "$spool/queue" -type f | wc -l; }
failed() { find "$spool/failed" -type f | wc -l; }
drained() { [ "$(waiting)" = 0 ]; }
stored() { find "$spool/queue" -type f | LC_ALL=C sort | xargs -r cat; }
empty() {
	find "$spool/queue" "$spool/failed" "$spool/tmp" -mindepth 1 -delete
	rm -f "$spool/status"
}

run() {
	test_began=$(ms)
	# shellcheck disable=SC2086
	timeout "${RUN_TIMEOUT:-120}" $SENDER --once >"$T/log" 2>"$T/err"
	rc=$? took=$(($(ms) - test_began))
	# 75 says that something waits, and nothing else.
	[ $rc != 75 ] || drained || rc=0
}
start() {
	: >"$T/log"
	: >"$T/err"
	# shellcheck disable=SC2086
	$SENDER "$@" >>"$T/log" 2>>"$T/err" &
	sender=$!
	owns $sender
}
stop() {
	test_began=$(ms)
	kill "$sender"
	until_true "$1" ended "$sender" || kill -9 "$sender"
	wait "$sender" 2>/dev/null
	rc=$? took=$(($(ms) - test_began))
}
pull() { printf x >"$spool/trigger"; }
log() { cat "$T/log" "$T/err"; }
lines() { log | grep -c -e "$1"; }
enough_lines() { [ "$(lines "$1")" -ge "$2" ]; }
logged() { until_true "$1" enough_lines "$2" "${3:-1}"; }

module() {
	test_file=$P/protocols/$1; shift
	printf '%s\n' '#!/bin/sh' "$@" >"$test_file"
	chmod +x "$test_file"
}
by_hand() {
	test_file=$P/protocols/$1; shift
	printf '%s\n' "$@" '' | timeout 30 "$test_file" 3<"$T/message" \
	    >"$T/out" 2>"$T/err"
	rc=$?
}
