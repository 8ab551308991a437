#!/bin/sh
# pki.sh - which servers ssl/verify accepts: every line of pki/cases.txt and
# pki/crls.txt is one test, and every root of CA_DIR must be found in a bundle,
# unless ssl/distrust.txt has it.
# needs: openssl make cc=gcc /usr/include/stdio.h=libc6-dev
set -u
. tests/lib.sh

. tests/pki/lib.sh

sh tests/pki/make.sh "$T/pki" >"$T/log" 2>&1 || die "$(cat "$T/log")"
late=4102444800
mkbundle mkbundle 0
mkbundle mkbundle-dated $build_date
absent="sys/absent.pem sys/empty.pem"
program check $build_date "$absent sys/damaged-first.pem" "$T/pki/roots"
program bundle $build_date "$absent" "$T/pki/roots"
program late $late "$absent" "$T/pki/roots"
program none $build_date "$absent"

# A root sent as a server's certificate gets as far as its name, unless its own
# signature is too old or its time has come.
in_bundle() {
	program full $build_date "$absent" "$CA_DIR"
	for root in "$folder"/*.crt; do
		said=$("$T/full" root.invalid "$root")
		sum=$(sed -n '/^-----BEGIN/,/^-----END/{/^-/!p}' "$root" |
			base64 -d | sha256sum)
		if grep -q "^${sum%% *} " ssl/distrust.txt; then
			right='*" is not in the compiled-in list*'
		else
			right='*does not match hostname*'
		fi
		# shellcheck disable=SC2254
		case $said in
		*'signed with SHA-1'*|*'" expired on '*) ;;
		$right) ;;
		*) echo "# $root: $said"; return 1 ;;
		esac
	done
}
folder=$CA_DIR
if [ -f "$CA_DIR" ]; then
	folder=$T/list
	mkdir "$folder"
	awk -v to="$folder" '/^-----BEGIN/ { file = to "/" ++n ".crt" }
	file { print >file }
	/^-----END/ { close(file); file = "" }' "$CA_DIR"
fi
[ -z "$CA_DIR" ] || ok "every root of CA_DIR is in its bundle" in_bundle

# Roots that ended before the date of the build take no room.
live_only() {
	all=$("$T/mkbundle" ssl/distrust.txt "$T/pki/roots" | wc -c)
	live=$("$T/mkbundle-dated" ssl/distrust.txt "$T/pki/roots" | wc -c)
	[ "$live" -gt 1000 ] && [ "$live" -lt "$all" ]
}
ok "no root in the bundle that had ended when it was built" live_only

# cost CAFILE FILE...: microseconds of CPU that judging a chain takes
cost() {
	a=$1
	shift
	(cd "$T/pki" && "$T/check" -t 3 -a "$a" mail.test "$@") | sed 's/[. ].*//'
}
# What a server can make us do is as much as a chain of the slowest kind of
# signature needs, whatever names and authorities it makes up.
slowest=$(cost root-p384.crt by-p384.crt)
for chain in 'leaf-hostile.crt hostile.pem' 'leaf-slow.crt slow.pem' \
	'leaf-hostile.crt hostile.pem hostile-top.crt' \
	'leaf-hostile.crt some.pem hostile-top.crt' \
	'leaf-wide.crt wide.pem' \
	'leaf-slow.crt slow.pem slow-top.crt'; do
	# shellcheck disable=SC2086
	took=$(cost root.crt $chain)
	echo "#= chain of $chain: $((took / 1000)) ms," \
		"one signature on P-384 $((slowest / 1000)) ms"
	ok "chain of $chain costs no more than 20 signatures on P-384" \
		[ "$took" -lt $((20 * slowest)) ]
done

# @FILE among the words stands for what is in the file.
expand() {
	expanded=
	for word in $1; do
		case $word in
		@*.pin) word=$(cat "${word#@}") ;;
		'""') word= ;;
		esac
		expanded="$expanded $word"
	done
}

# one OPTIONS HOST FILES: prints what the program says, and its exit code.
one() {
	program=check
	set -f
	expand "$1"
	case $expanded in
	' @'*)	expanded=${expanded#' @'} program=${expanded#' @'}
		program=${program%% *} expanded=${expanded#"$program"} ;;
	esac
	[ "$2" != '""' ] || set -- "$1" '' "$3"
	# shellcheck disable=SC2086
	timeout 20 "$T/$program" $expanded "$2" $3 2>&1
	echo "exit $?"
	set +f
}

# judge NAME SAID VERDICT WORDS
judge() {
	expand "$4"
	words=$4
	case $4 in @*.pin) words=${expanded# } ;; esac
	said=${2%
exit *}
	case $3,${2##*exit } in
	ok,0) good='ok*' ;;
	refused,1) good='refused: Server SSL/TLS certificate *' ;;
	error,2) good='error: Error *' ;;
	*) good=impossible ;;
	esac
	# shellcheck disable=SC2254
	case $said in
	$good) ;;
	*) words="$3, not $2" ;;
	esac
	case $said in
	ok) [ -z "$words" ] ;;
	*"${words:-(}"*) [ -n "$words" ] ;;
	*) false ;;
	esac && good= || good="# wanted $3: $words"
	ok "$1: $said" [ -z "$good" ] || :
	[ -z "$good" ] || echo "$good"
}

cases=$PWD/tests/pki
cd "$T/pki" || exit 1
cat "$cases/cases.txt" "$cases/crls.txt" >all.txt
while IFS='|' read -r name options host files verdict words; do
	case $name in ''|'#'*) continue ;; esac
	trim "$name"; name=$trimmed
	trim "$host"; host=$trimmed
	trim "$verdict"; verdict=$trimmed
	trim "$words"; words=$trimmed
	judge "$name" "$(one "$options" "$host" "$files")" "$verdict" "$words"
done <all.txt
