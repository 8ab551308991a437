#!/bin/sh
# run.sh FOLDER [TARGET...] - builds fuzz targets, and all they use, with clang's
# libFuzzer and sanitizers, and runs each for EACH seconds (60). In FOLDER stay
# the objects, in corpus/ what a target has learned, in found/ what stopped it.
# needs: clang openssl
set -u
EACH=${EACH:-60}
mkdir -p "$1/corpus" "$1/found" || exit 1
at=$(cd "$1" && pwd); shift
corpus=$at/corpus
if [ $# -eq 0 ]; then
	set -- tests/fuzz/*.c
fi

checks=-fsanitize=address,undefined
instrumented() {
	make -s SSL=bear SAN=1 HOSTCC=clang OBJ="$at" \
	    SANITIZE="$checks,fuzzer-no-link -fno-sanitize-recover=all" "$@"
}
build() {
	clang -std=c99 -D_GNU_SOURCE -O1 -g -fno-pie -no-pie $checks,fuzzer \
	    -fno-sanitize-recover=all -isystem "$headers" -o "$at/$1" \
	    "tests/fuzz/$1.c" "$at/san/all.a" "$libs"
}

# lines FILE TARGET...: each line as an input of its own
lines() {
	file=$1; shift
	for t; do
		mkdir -p "$corpus/$t"
		split -a 4 -l 1 "tests/data/$file.txt" "$corpus/$t/$file."
	done
}
# chain FILE...: certificates with their lengths, as verify.c has them
chain() {
	for f; do
		openssl x509 -in "$f" -outform DER -out "$at/der" || return
		n=$(wc -c <"$at/der")
		for n in $((n >> 16)) $((n >> 8 & 255)) $((n & 255)); do
			# shellcheck disable=SC2059
			printf "\\$(printf %03o "$n")"
		done
		cat "$at/der"
	done
}
seeds() {
	lines addresses addr
	lines headers header wire
	lines queue envelope
	lines remotes remotes conf
	lines replies reply diagnostic sasl
	lines status status
	sh tests/pki/make.sh "$at/pki" || return
	mkdir -p "$corpus/pem" "$corpus/crl" "$corpus/key" "$corpus/verify"
	cp "$at/pki"/*.pem "$at/pki"/*.crl "$corpus/crl"
	cp "$at/pki"/*.crt "$corpus/pem"
	for f in "$at/pki"/*.crt; do
		name=$(basename "$f" .crt)
		chain "$f" "$at/pki/int.crt" \
		    >"$corpus/verify/$name" 2>/dev/null
		cat "$at/pki/$name.key" "$f" >"$corpus/key/$name" 2>/dev/null
	done
	: >"$at/seeded"
}

instrumented "$at/san/all.a" &&
    headers=$(instrumented show-BEARSSL)/inc &&
    libs=$(instrumented show-LIBS) && instrumented "$libs" || exit 1
[ -e "$at/seeded" ] || seeds || exit 1
export FUZZ_CA="$at/pki/root.crt"
failed=0
for t; do
	t=$(basename "$t" .c)
	[ "$t" != driver ] || continue
	if build "$t" && mkdir -p "$corpus/$t" && "$at/$t" -timeout=20 \
	    -max_len=12000 -max_total_time="$EACH" -print_final_stats=1 \
	    -artifact_prefix="$at/found/$t-" "$corpus/$t" >"$at/$t.log" 2>&1
	then
		echo "ok - $t," "$(sed -n 's/.*executed_units: *//p' "$at/$t.log")" runs
	else
		failed=1
		echo "not ok - $t"
		grep -aE '^(==|SUMMARY|.*runtime error)' "$at/$t.log"
	fi
done
exit $failed
