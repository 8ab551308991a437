# bearssl.sh - the repairs of BearSSL are made to a copy of whatever tree is
# given, or the tree is refused
# needs: patch make
. tests/lib.sh

repaired=$(make -s show-BEARSSL)
# tree NAME: one without the repairs
tree() {
	mkdir "$T/$1"
	cp -R "$repaired/inc" "$repaired/src" "$T/$1"
	(cd "$T/$1" && patch -R -p1) <ssl/bearssl.patch >"$T/log"
}
get() { sh ssl/get-bearssl.sh "$T/out" "$@" 2>&1; }
same() { diff -r "$1" "$2" >"$T/diff"; }
# changed NAME OLD NEW FILE
changed() {
	tree "$1"
	sed "s/$2/$3/" "$T/$1/$4" >"$T/new"
	ok "$1: is another tree" sh -c '! cmp -s "$1" "$2"' - "$T/new" "$T/$1/$4"
	cp "$T/new" "$T/$1/$4"
}
# refused NAME
refused() {
	is "$1: is refused in a line" "$(get "$T/$1")" "get-bearssl.sh: $T/$1: $(
		)the repairs in ssl/bearssl.patch do not fit this BearSSL"
	ok "$1: nothing is left behind" [ ! -e "$T/out" ]
}

tree plain
tree untouched
ok "a tree as it is distributed" get "$T/plain"
ok "is repaired" same "$T/out" "$repaired"
ok "in a copy" same "$T/plain" "$T/untouched"
rm -rf "$T/out"
ok "a tree that has the repairs" get "$repaired"
ok "is copied" same "$T/out" "$repaired"
has "RSA has 8192 bits" "$(cat "$T/out/src/inner.h")" \
    '^#define BR_MAX_RSA_SIZE  *8192$'

changed moved '^#define BR_MAX_EC_SIZE' '\n\n&' src/inner.h
sed '1,20d' "$T/moved/inc/bearssl_x509.h" >"$T/new"
cp "$T/new" "$T/moved/inc/bearssl_x509.h"
ok "lines may have moved" get "$T/moved"
rm -rf "$T/out"
changed other 'BR_MAX_RSA_SIZE   4096' 'BR_MAX_RSA_SIZE   2048' src/inner.h
refused other
changed half '3 \* BR_X509_BUFSIZE_KEY' '3 * BR_X509_BUFSIZE_SIG' \
    src/x509/skey_decoder.c
refused half
is "a folder of something else" "$(get tests)" \
    "get-bearssl.sh: tests: not a BearSSL source tree"

# make follows: another tree, and a change in it.
mkdir "$T/obj"
made() {
	make -s OBJ="$T/obj" BEARSSL_SRC="$T/$1" "$T/obj/bearssl-src/inc/bearssl.h" \
	    >"$T/log" 2>&1 && cat "$T/obj/bearssl-src/src/int/i31_add.c"
}
is "make: a tree" "$(made plain | tail -n 1)" "}"
echo '/* changed */' >>"$T/untouched/src/int/i31_add.c"
is "make: another tree" "$(made untouched | tail -n 1)" "/* changed */"
echo '/* once more */' >>"$T/untouched/src/int/i31_add.c"
is "make: changed" "$(made untouched | tail -n 1)" "/* once more */"
made other >"$T/said"
has "make: refused" "$(cat "$T/log")" 'do not fit this BearSSL$'
