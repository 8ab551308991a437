# lib.sh - builds tests/pki/check.c with ssl/verify for scripts that have read
# tests/lib.sh: what the product was built with is asked of make.

die() { ok "pki: $*" false; exit; }

# With the options given to the make that runs us, which are in MAKEFLAGS. One
# at a time, as make may run several targets in any order.
# shellcheck disable=SC2034
for name in CC CFLAGS STATIC INCLUDES LIBC_A BEARSSL BEARSSL_A CA_DIR; do
	value=$(make -s "show-$name" 2>/dev/null) || die "make show-$name"
	eval "$name=\$value"
done
[ -f "$BEARSSL_A" ] || die "$BEARSSL_A is not built"
COMMON="-std=c99 -D_GNU_SOURCE -Issl $INCLUDES -isystem $BEARSSL/inc"

# The date of the build of those that have no other; NIST's certificates and
# ours are valid then.
# shellcheck disable=SC2034
build_date=1795219200

# mkbundle NAME BUILD_DATE
# shellcheck disable=SC2086
mkbundle() {
	$CC $COMMON $CFLAGS -DBUILD_DATE="$2" -o "$T/$1" ssl/mkbundle.c \
		ssl/pem.c ssl/der.c ssl/dn.c ssl/cert.c ssl/pubkey.c \
		"$BEARSSL_A" $LIBC_A $STATIC >"$T/log" 2>&1 ||
		die "$1: $(cat "$T/log")"
}

# program NAME BUILD_DATE CA_FILES [DIR of the bundle]
program() {
	[ -x "$T/mkbundle" ] || mkbundle mkbundle 0
	"$T/mkbundle" ssl/distrust.txt ${4+"$4"} 2>"$T/log" >"$T/bundle.c" ||
		die "bundle of $4"
	# shellcheck disable=SC2086
	$CC $COMMON $CFLAGS -DBUILD_DATE="$2" -DCA_FILES="\"$3\"" \
		-o "$T/$1" tests/pki/check.c ssl/anchor.c ssl/cert.c ssl/crl.c \
		ssl/der.c ssl/dn.c ssl/ec.c ssl/ed25519.c ssl/limits.c \
		ssl/name.c ssl/path.c ssl/pem.c ssl/pss.c ssl/pubkey.c \
		ssl/schedule.c ssl/sig.c ssl/verify.c "$T/bundle.c" \
		"$BEARSSL_A" $LIBC_A $STATIC >"$T/log" 2>&1 ||
		die "$1: $(cat "$T/log")"
}

# Sets $trimmed to the words without the blanks around them.
trim() {
	trimmed=${1#"${1%%[! ]*}"}
	trimmed=${trimmed%"${trimmed##*[! ]}"}
}
