# mutate.sh - breaks the code one way at a time, as tests/sim/mutations says,
# and shows that a simulator notices within 10,000 histories, and not for another
# reason: the history that shows it goes well with the code as it is. Arguments
# are the numbers of those to be tried, or names of simulators; $EVERY picks one
# of so many.
set -u
count=10000
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
tab=$(printf '\t')
mkdir "$T/tree" "$T/whole"
cp -a Makefile config.mk lib libc ssl applets initscripts tests "$T/tree/"
mkdir "$T/tree/obj" && cp -a obj/sim "$T/tree/obj/"
cp -a lib applets "$T/whole/"

# build SIMULATOR: in the scratch tree
build() {
	make -C "$T/tree" OBJ=obj/sim SSL=none CFLAGS=-O2 WERROR= MUSL="$MUSL" \
	    "obj/sim/tests/sim/$1" </dev/null >"$T/log" 2>&1
}

# run FOLDER SIMULATOR SEED COUNT: 0 if nothing is noticed
run() {
	SEED=$3 COUNT=$4 timeout 1200 "$1/obj/sim/tests/sim/$2" "$3" "$4" \
	    </dev/null >"$T/log" 2>&1
}

# What was noticed, and for which seed.
noticed() {
	grep -m 1 'seed [0-9]' "$T/log" || echo 'it crashed'
	grep -m 1 '^WRONG' "$T/log"
}

# innocent SIMULATOR FIRST: the code as it is passes the seed that was noticed;
# all of them where a crash did not say which
innocent() {
	seed=$(sed -n 's/.*seed \([0-9][0-9]*\).*/\1/p' "$T/log" | head -n 1)
	[ -z "$seed" ] || set -- "$1" "$seed" 1
	run . "$1" "$2" "${3:-$count}"
}

number=0 missed=0
while IFS=$tab read -r simulator file what script first; do
	case $simulator in '#'*|'') continue ;; esac
	number=$((number + 1))
	[ $((number % ${EVERY:-1})) -eq 0 ] || continue
	case " $* " in *" $number "*|*" $simulator "*|'  ') ;; *) continue ;; esac
	sed "$script" "$T/whole/$file" >"$T/tree/$file"
	result='not ok'
	if cmp -s "$T/tree/$file" "$T/whole/$file"; then
		why='the script changes nothing'
	elif ! build "$simulator"; then
		why=$(grep -m 1 error: "$T/log")
	elif run "$T/tree" "$simulator" "${first:-1}" $count; then
		why='not noticed'
	else
		why=$(noticed | tr '\n' ' ' | cut -c 1-110)
		if innocent "$simulator" "${first:-1}"; then
			result=ok
		else
			why="so does the code as it is: $why"
		fi
	fi
	[ "$result" = ok ] || missed=1
	echo "$result $number - $simulator: $what ($why)"
	cp -a "$T/whole/$file" "$T/tree/$file"
	touch "$T/tree/$file"
done <tests/sim/mutations
exit $missed
