# run.sh TARGET... - `make fuzz`: libFuzzer on each target for $SECONDS_EACH, from
# the lines of tests/data and the certificates of tests/pki on. What it has found
# worth keeping stays beside the target and is where the next run begins; an
# input that breaks something stays there too, as NAME-crash-HASH, and fails
# the run.
# needs: openssl xargs=findutils
HERE=$(dirname "$1")
export HERE SECONDS_EACH="${SECONDS_EACH:-30}"

fuzz() {
	name=${1##*/}
	mkdir -p "$HERE/kept.$name"
	FUZZ_CA=$HERE/pki/root.crt timeout $((SECONDS_EACH * 2 + 60)) "$1" \
	    -max_total_time="$SECONDS_EACH" -timeout=10 -max_len=16384 \
	    -print_final_stats=1 -artifact_prefix="$HERE/$name-" \
	    "$HERE/kept.$name" "$HERE/seeds" >"$1.log" 2>&1
	rc=$?
	[ "$rc" -eq 0 ] || tail -n 40 "$1.log"
	printf '%-12s %9s inputs, %s\n' "$name" \
	    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$1.log")" \
	    "$([ "$rc" -eq 0 ] && echo nothing found || echo "FAILED, exit $rc: $1.log")"
	return "$rc"
}
if [ -n "${FUZZ_ONE:-}" ]; then
	fuzz "$1"
	exit
fi
# chain FILE...: certificates with their lengths, as verify.c has them
chain() {
	for f; do
		openssl x509 -in "$f" -outform DER -out "$HERE/der" || return
		n=$(wc -c <"$HERE/der")
		for n in $((n >> 16)) $((n >> 8 & 255)) $((n & 255)); do
			# shellcheck disable=SC2059
			printf "\\$(printf %03o "$n")"
		done
		cat "$HERE/der"
	done
}
seeds() {
	mkdir -p "$HERE/seeds" || return
	cat tests/data/*.txt tests/talk/*.talk |
	    split -a 4 -l 1 - "$HERE/seeds/line."
	sh tests/pki/make.sh "$HERE/pki" || return
	cp "$HERE/pki"/*.pem "$HERE/pki"/*.crl "$HERE/seeds"
	for f in "$HERE/pki"/*.crt; do
		name=$(basename "$f" .crt)
		chain "$f" "$HERE/pki/int.crt" >"$HERE/seeds/$name.chain"
		cat "$HERE/pki/$name.key" "$f" >"$HERE/seeds/$name.both"
	done 2>/dev/null
	: >"$HERE/seeded"
}
[ -e "$HERE/seeded" ] || seeds || exit 1
printf '%s\n' "$@" | FUZZ_ONE=1 xargs -P "$(nproc)" -n 1 sh "$0"
