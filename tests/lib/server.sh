# server.sh - the words of lib.sh for the scripted server
# shellcheck shell=sh disable=SC2034,SC2154

# A server that counts its connections ends by itself.
serve() {
	test_options= test_server= test_patience=0 test_turn=1
	while :; do
		case $1 in
		-6) test_options="$test_options -6" ;;
		-a | -P) test_options="$test_options $1 $2"; shift ;;
		-n) test_options="$test_options -n $2" test_patience=20; shift ;;
		[a-z]*:) test_server=${1%:}. ;;
		*) break ;;
		esac
		shift
	done
	test_server=$T/$test_server
	rm -f "$test_server"port "$test_server"peer "$test_server"got.* \
	    "$test_server"talk.*
	for test_line; do
		if [ "$test_line" = next ]; then test_turn=$((test_turn + 1))
		elif [ -f "$test_line" ]; then cat "$test_line"
		else printf '%s\n' "$test_line"
		fi >>"${test_server}talk.$test_turn"
	done
	# shellcheck disable=SC2086
	"$PEER" $test_options -t 1200 -p "${test_server}port" -l "${test_server}peer" \
	    -o "${test_server}got" "$test_server"talk.* 2>"${test_server}flaws" &
	server=$!
	owns $server
	until_true 60 test -s "${test_server}port"
	port=$(cat "${test_server}port")
}
served() {
	until_true $test_patience ended "$server" || kill "$server" 2>/dev/null
	wait "$server"
	played=$? flaws=$(cat "${test_server}flaws")
}
transcript() { sed 's/^[0-9]* [0-9]* //' "$T/${1:+$1.}peer"; }
heard() { until_true "$1" grep -q -e "^[0-9]* [0-9]* $2" "$T/${3:+$3.}peer"; }
taken() { transcript "$@" | grep -c '^M: .* accepted '; }
connections() { transcript "$@" | grep -c '^+ '; }
