#!/bin/sh
# pki.sh - which servers ssl/verify accepts: every line of pki/cases.txt and
# pki/crls.txt is one test. BEARSSL is BearSSL's source folder, BEARSSL_A the
# archive made from it, both for CC; COMPILE and LINK may replace CC's flags.
# needs: openssl cc=gcc
set -u
. tests/lib.sh
CC=${CC:-musl-gcc}
HOSTCC=${HOSTCC:-cc}
BEARSSL=${BEARSSL:-obj/bearssl-src}
BEARSSL_A=${BEARSSL_A:-obj/bearssl/libbearssl.a}
COMPILE=${COMPILE:-$CC -std=c99 -D_GNU_SOURCE}
LINK=${LINK:-$CC -static}
S=ssl
C="$COMPILE -Issl -I$BEARSSL/inc"

die() { ok "pki: $*" false; exit; }

# program NAME BUILD_DATE CA_FILES [DIR of the bundle]
program() {
	"$T/mkbundle" ${4+"$4"} 2>"$T/log" >"$T/bundle.c" || die "bundle of $4"
	# shellcheck disable=SC2086
	$C -DBUILD_DATE="$2" -DCA_FILES="\"$3\"" -o "$T/$1" tests/pki/check.c \
		$S/anchor.c $S/cert.c $S/crl.c $S/der.c $S/name.c $S/path.c \
		$S/pem.c $S/sig.c $S/verify.c "$T/bundle.c" "$BEARSSL_A" \
		${LINK#"$CC"} >"$T/log" 2>&1 || die "$1: $(cat "$T/log")"
}

sh tests/pki/make.sh "$T/pki" >"$T/log" 2>&1 || die "$(cat "$T/log")"
"$HOSTCC" -std=c99 -D_GNU_SOURCE -I"$BEARSSL/inc" -o "$T/mkbundle" \
	$S/mkbundle.c $S/pem.c $S/der.c $S/cert.c || die "mkbundle"
build_date=1795219200 late=4102444800
absent="sys/absent.pem sys/empty.pem"
program check $build_date "$absent sys/damaged-first.pem" "$T/pki/roots"
program bundle $build_date "$absent" "$T/pki/roots"
program late $late "$absent" "$T/pki/roots"
program none $build_date "$absent"

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
