#!/bin/sh
# pki.sh - which servers ssl/verify accepts: every line of pki/cases.txt and
# pki/crls.txt is one test, and every root of CA_DIR must be found in a bundle,
# unless ssl/distrust.txt has it. What the product was built with is asked of
# make.
# needs: openssl make cc=gcc /usr/include/stdio.h=libc6-dev
set -u
. tests/lib.sh

die() { ok "pki: $*" false; exit; }

# With the options given to the make that runs us, which are in MAKEFLAGS. One
# at a time, as make may run several targets in any order.
for name in CC CFLAGS STATIC BEARSSL BEARSSL_A CA_DIR; do
	value=$(make -s "show-$name" 2>/dev/null) || die "make show-$name"
	eval "$name=\$value"
done
[ -f "$BEARSSL_A" ] || die "$BEARSSL_A is not built"
COMMON="-std=c99 -D_GNU_SOURCE -Issl -isystem $BEARSSL/inc"

# program NAME BUILD_DATE CA_FILES [DIR of the bundle]
program() {
	"$T/mkbundle" ssl/distrust.txt ${4+"$4"} 2>"$T/log" >"$T/bundle.c" ||
		die "bundle of $4"
	# shellcheck disable=SC2086
	$CC $COMMON $CFLAGS -DBUILD_DATE="$2" -DCA_FILES="\"$3\"" \
		-o "$T/$1" tests/pki/check.c ssl/anchor.c ssl/cert.c ssl/crl.c \
		ssl/der.c ssl/dn.c ssl/ec.c ssl/ed25519.c ssl/limits.c \
		ssl/name.c ssl/path.c ssl/pem.c ssl/pss.c ssl/pubkey.c ssl/sig.c \
		ssl/verify.c "$T/bundle.c" "$BEARSSL_A" $STATIC >"$T/log" 2>&1 ||
		die "$1: $(cat "$T/log")"
}

sh tests/pki/make.sh "$T/pki" >"$T/log" 2>&1 || die "$(cat "$T/log")"
build_date=1795219200 late=4102444800
# shellcheck disable=SC2086
mkbundle() {
	$CC $COMMON $CFLAGS -DBUILD_DATE="$2" -o "$T/$1" ssl/mkbundle.c \
		ssl/pem.c ssl/der.c ssl/dn.c ssl/cert.c ssl/pubkey.c \
		"$BEARSSL_A" $STATIC >"$T/log" 2>&1 ||
		die "$1: $(cat "$T/log")"
}
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

trim() {
	trimmed=${1#"${1%%[! ]*}"}
	trimmed=${trimmed%"${trimmed##*[! ]}"}
}

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
