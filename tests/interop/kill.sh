# kill.sh - the sender, its workers and injectors are killed with -9 at random
# moments, with CHUNKING, PIPELINING and neither. Nothing is lost. A killed
# sender repeats nothing, as its workers finish and mark what is on its way;
# what a killed worker had there may come twice, and the log names it. STRIKES
# is how many in each of the nine cases.
. tests/interop/lib.sh
STRIKES=${STRIKES:-8}
COUNT=400
prefix

# fill: message N is the file 1000000000.N, to rN
fill() {
	empty
	i=0
	while [ "$i" -lt "$COUNT" ]; do
		i=$((i + 1))
		{ printf '\nr%d@example.net\n\n' "$i"; message "$i"; } \
		    >"$spool/queue/1000000000.$i"
	done
}
# listen OPTION...: a server that takes its time
listen() {
	serve "$@" 'delay GREETING 100' 'delay DOT 10' auto
	remotes "127.0.0.1 smtp port=$port"
	: >"$T/log"
}
# moments LEAST RANGE: so many ms, the same in every run
moments() {
	awk -v n=400 -v least="$1" -v range="$2" -v seed="$STRIKES$round" \
	    'BEGIN { srand(seed); for (i = 0; i < n; i++)
		printf "0.%03d\n", least + int(rand() * range) }' >"$T/moments"
}
strike() {
	[ -n "$1" ] && kill -9 "$1" 2>/dev/null && struck=$((struck + 1))
}

# ---- senders and workers ----
once() { nullmailer-send --once >>"$T/log" 2>&1; }
strikes() {
	sender=none
	moments 120 200
	while read -r moment; do
		{ ! drained && [ "$struck" -lt "$STRIKES" ]; } || break
		! ended "$sender" || { once & sender=$!; }
		sleep "$moment"
		case $1 in
		sender) strike "$(children "$sender")" ;;
		worker) strike "$(grandchild "$sender")" ;;
		esac
	done <"$T/moments"
	until_true 60 ended "$sender"
	for _ in 1 2 3 4 5; do
		drained || { once; sleep 1; }
	done
}
# The sender is the child of a shell.
grandchild() { children "$(children "$1")" 2>/dev/null | cut -d' ' -f1; }

# Names of messages that may come twice, for the log says so.
named() {
	sed -n 's/^.*\(Attempt failed: file:\|Delivery of\) 1000000000\.\([0-9]*\) .*/\2/p' \
	    "$T/log" | sort -u
}
judge() {
	transcript | sed -n 's/^M: .* accepted .*<r\([0-9]*\)@.*/\1/p' |
	    sort -n | uniq -c >"$T/times"
	lost=$((lost + COUNT - $(wc -l <"$T/times") + $(waiting) + $(failed)))
	awk '$1 > 1 { print $2 }' "$T/times" | sort >"$T/twice"
	twice=$((twice + $(wc -l <"$T/twice")))
	[ "$1" = sender ] || named >"$T/named"
	unnamed=$((unnamed + $(comm -23 "$T/twice" "$T/named" | wc -l)))
}
# kills WHO MODE OPTION...: as many queues as it takes
kills() {
	who=$1 mode=$2; shift 2
	struck=0 round=0 lost=0 twice=0 unnamed=0
	: >"$T/named"
	while [ "$struck" -lt "$STRIKES" ] && [ "$round" -lt "$STRIKES" ]; do
		round=$((round + 1))
		fill
		listen "$@"
		strikes "$who"
		kill "$server"
		judge "$who"
	done
	ok "$mode: the $who was killed $struck times" [ "$struck" -ge "$STRIKES" ]
	is "$mode, $who: lost" "$lost" 0
	is "$mode, $who: twice, and not named" "$unnamed" 0
	echo "#= $mode: $who killed $struck times, $twice of $((round * COUNT)) came twice"
}

# ---- injectors ----
# A message whose injector was killed may be there or not, but whole.
injectors() {
	mode=$1; shift
	struck=0 round=0 n=0
	empty
	listen "$@"
	start
	: >"$T/said_yes"
	moments 0 16
	while read -r moment && [ "$struck" -lt "$STRIKES" ]; do
		n=$((n + 1))
		{ printf 'To: r%d@example.net\nSubject: x\n\n' "$n"
		  head -c 20000 /dev/zero | tr '\0' 'x' | fold
		  echo; echo end; } >"$T/message"
		sendmail -t <"$T/message" 2>/dev/null &
		injector=$!
		sleep "$moment"
		strike $injector
		if wait $injector 2>/dev/null; then echo $n >>"$T/said_yes"; fi
	done <"$T/moments"
	until_true 60 drained
	transcript | sed -n 's/^M: .* accepted .*<r\([0-9]*\)@.*/\1/p' |
	    sort >"$T/times"
	sort "$T/said_yes" >"$T/want"
	ok "$mode: injectors were killed $struck times" [ "$struck" -ge "$STRIKES" ]
	is "$mode, injectors: accepted and lost" "$(comm -13 "$T/times" "$T/want")" ""
	is "$mode, injectors: twice" "$(uniq -d "$T/times")" ""
	is "$mode, injectors: whole" "$(tail -qn 1 "$T"/got.* | grep -cv '^end.$')" 0
	stop 10
	kill "$server"
}

for mode in CHUNKING PIPELINING neither; do
	case $mode in
	CHUNKING) set -- 'cap PIPELINING' 'cap CHUNKING' ;;
	PIPELINING) set -- 'cap PIPELINING' ;;
	neither) set -- ;;
	esac
	kills sender "$mode" "$@"
	kills worker "$mode" "$@"
	injectors "$mode" "$@"
done
