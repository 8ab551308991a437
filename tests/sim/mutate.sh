# mutate.sh - breaks the code one way at a time, as tests/sim/mutations says, and
# shows that the simulator notices within 10,000 histories. What it is given
# as arguments are the numbers of those to be tried.
set -u
count=10000
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
tab=$(printf '\t')
mkdir "$T/tree"
cp -a Makefile config.mk lib ssl applets initscripts tests "$T/tree/"
mkdir "$T/tree/obj" && cp -a obj/sim "$T/tree/obj/"
cp -a lib "$T/lib"

# build SIMULATOR: in the scratch tree
build() {
	make -C "$T/tree" OBJ=obj/sim SSL=none CFLAGS=-O2 WERROR= \
	    "obj/sim/tests/sim/$1" >"$T/log" 2>&1
}
number=0 missed=0
while IFS=$tab read -r simulator file what script; do
	case $simulator in '#'*|'') continue ;; esac
	number=$((number + 1))
	case " $* " in *" $number "*|'  ') ;; *) continue ;; esac
	sed "$script" "$T/lib/${file#lib/}" >"$T/tree/$file"
	seed=
	if cmp -s "$T/tree/$file" "$T/lib/${file#lib/}"; then
		result='not ok' seed='(the script changes nothing)'
	elif ! build "$simulator"; then
		result='not ok' seed="($(grep -m 1 error: "$T/log"))"
	elif SEED=1 COUNT=$count timeout 120 \
	    "$T/tree/obj/sim/tests/sim/$simulator" >"$T/log" 2>&1; then
		result='not ok' seed='(not noticed)'
	else
		result=ok
		seed="(seed $(sed -n 's/^# seed //p' "$T/log"): $(
		    grep -m 1 '^WRONG' "$T/log" || echo 'it crashed'))"
	fi
	[ "$result" = ok ] || missed=1
	echo "$result $number - $simulator: $what $seed"
	cp -a "$T/lib/${file#lib/}" "$T/tree/$file"
	touch "$T/tree/$file"
done <tests/sim/mutations
exit $missed
