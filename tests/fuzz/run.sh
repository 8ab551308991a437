# run.sh TARGET... - `make fuzz`: libFuzzer on each target for $SECONDS_EACH, from
# the lines of tests/data and a few certificates on. What it has found worth
# keeping stays beside the target and is where the next run begins; an input
# that breaks something stays there too, as NAME-crash-HASH, and fails the run.
# needs: openssl xargs=findutils
HERE=$(dirname "$1")
export HERE SECONDS_EACH="${SECONDS_EACH:-30}"
fuzz() {
	name=${1##*/}
	mkdir -p "$HERE/kept.$name"
	FUZZ_CA=$HERE/seeds/cert timeout $((SECONDS_EACH * 2 + 60)) "$1" \
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
SEEDS=$HERE/seeds
mkdir -p "$SEEDS" || exit 1
cat tests/data/*.txt tests/talk/*.talk | split -a 4 -l 1 - "$SEEDS/line."
(
	cd "$SEEDS" || exit 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 9 -subj /CN=fuzz -keyout key -out cert 2>/dev/null
	openssl x509 -in cert -outform DER -out der
	cat key cert >both
	size=$(wc -c <der)
	{
		# shellcheck disable=SC2059
		printf "\\0\\$(printf %o $((size / 256)))\\$(printf %o $((size % 256)))"
		cat der
	} >chain
)
printf '%s\n' "$@" | FUZZ_ONE=1 xargs -P "$(nproc)" -n 1 sh "$0"
