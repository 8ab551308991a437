# run.sh PROGRAM... - simulators, side by side: the histories from $SEED on,
# $COUNT of them, one by itself told in full. Without a seed: from 1 on as many
# as take some seconds, those seeds that tests/sim/mutations names, and new ones
# until $NEW seconds are over; the first of them is told, so that they can be
# repeated.
# A history that breaks a rule is told too, and the program that has it fails.
set -u
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
export SEED="${SEED:-}"
COUNT=${COUNT:-} NEW=${NEW:-0}
began=$(date +%s)
shown=120			# lines of a history that broke a rule

# NAME: histories that take it a second or some
piece() {
	case $1 in
	session) echo 20000 ;;
	files) echo 1000 ;;
	*) echo 100 ;;
	esac
}

# PROGRAM SEED COUNT
play() {
	SEED=$2 COUNT=$3 "$1" "$2" "$3" >"$T/out.$name" 2>&1 && return
	tail -n "$shown" "$T/out.$name"
	echo "not ok - $name: it breaks a rule; all of it: make sim" \
	    "SIMS=$name SEED=$(grep -o 'seed[s]* [0-9]*' "$T/out.$name" |
	    sed -n 's/.* //;1p')"
	return 1
}

# PROGRAM
known_seeds() {
	play "$1" 1 $(($(piece "$name") * 10)) || return
	sed -n 's/^#=* /# /p' "$T/out.$name"
	tab=$(printf '\t')
	for first in $(sed -n "s/^$name$tab.*$tab\([0-9][0-9]*\)\$/\1/p" \
	    tests/sim/mutations); do
		play "$1" "$first" 2 || return
	done
}

# PROGRAM
new_seeds() {
	played=0
	first=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
	echo "# $name: new seeds from $first on"
	while [ "$(date +%s)" -lt $((began + NEW)) ]; do
		play "$1" $((first + played)) "$(piece "$name")" || return
		played=$((played + $(piece "$name")))
	done
	echo "# $name: $played new histories"
}

# PROGRAM
one() {
	if [ -n "$SEED" ] && [ "${COUNT:-1}" -gt 1 ]; then
		play "$1" "$SEED" "$COUNT" && cat "$T/out.$name"
	elif [ -n "$SEED" ]; then
		COUNT=1 TRACE=1 "$1" "$SEED" 1
	else
		known_seeds "$1" && new_seeds "$1"
	fi
}

for program; do
	name=${program##*/}
	{ one "$program" >"$T/log.$name" 2>&1 && : >"$T/ok.$name"; } &
done
wait
failed=0
for program; do
	name=${program##*/}
	cat "$T/log.$name"
	[ -e "$T/ok.$name" ] || failed=1
	[ -e "$T/ok.$name" ] && echo "ok - $name"
done
exit $failed
