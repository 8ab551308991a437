# dist.sh - the tarball of `make dist`: always the same, and what it holds is
# all that a build fetches
# needs: git xz=xz-utils patch make
. tests/lib.sh

name=$(mk show-DIST) date=$(mk show-BUILD_DATE) obj=$(mk show-OBJ)
mkdir "$T/one" "$T/other" "$T/stub" "$T/new"
dist() {
	cp "$obj"/musl_*.orig.tar.gz "$obj"/bearssl_*.orig.tar.xz "$T/$1" &&
	    sh initscripts/dist.sh "$T/$1" "$name" "$2" >"$T/said" 2>&1
}
ok "make dist" dist one "$date"
ok "once more, with another umask" sh -c "umask 077; sleep 1
	cp '$T'/one/*.orig.* '$T/other'
	sh initscripts/dist.sh '$T/other' '$name' '$date' >/dev/null"
ok "is the same, byte by byte" cmp "$T/one/$name.tar.gz" "$T/other/$name.tar.gz"
tar -C "$T" -xzf "$T/one/$name.tar.gz"
is "it holds what git has, and the archives" \
    "$(cd "$T/$name" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort)" \
    "$({ git ls-tree -r --name-only HEAD
	cd "$T/one" && ls -- *.orig.* | sed 's|^|sources/|'; } | LC_ALL=C sort)"

# No way to a mirror.
printf '#!/bin/sh\nexit 100\n' >"$T/stub/apt-get"
chmod 755 "$T/stub/apt-get"
without() { (cd "$T/$name" && PATH=$T/stub:$PATH sh "$@") >"$T/said" 2>&1; }
ok "musl's sources come from it" without libc/get-musl.sh "$T/new/musl" \
    "$(mk show-MUSL_FILE)" "$(mk show-MUSL_SUM)"
ok "and are there" [ -f "$T/new/musl/configure" ]
ok "so do BearSSL's" without ssl/get-bearssl.sh "$T/new/bearssl"
ok "and are there" [ -f "$T/new/bearssl/inc/bearssl.h" ]

dist one $((date + 200 * 86400))
is "a CA list of half a year is refused" "$?" 1
has "and that is said" "$(cat "$T/said")" 'days old; make roots$'
