# source.sh - Debian's source package, which `make deb` has made and built: its
# parts, and that its words are about this version
# needs: dpkg-source=dpkg-dev
. tests/lib.sh

folder=${DEB_FOLDER:-obj/deb} version=$(mk show-VERSION)
dsc=$folder/nullmailer_$version-1.dsc
field() { sed -n "s/^$1: //p" "$dsc"; }
sum() { sha256sum "$1" | cut -d' ' -f1; }
parsed() { dpkg-parsechangelog -l initscripts/debian/changelog -S "$1"; }

is "it is of the format with components" "$(field Format)" "3.0 (quilt)"
is "of this version" "$(field Version) $(parsed Version)" \
    "1:$version-1 1:$version-1"
is "and of the day of this version" "$(parsed Timestamp)" \
    "$(mk show-BUILD_DATE)"
is "musl is the pinned one" "$(sum "$folder/nullmailer_$version.orig-musl.tar.gz")" \
    "$(mk show-MUSL_SUM)"
is "BearSSL too" "$(sum "$folder/nullmailer_$version.orig-bearssl.tar.xz")" \
    "$(sed -n 's/^sum=//p' ssl/get-bearssl.sh)"
is "what it was built in is gone" "$(find "$folder" -mindepth 1 -type d)" ""
ok "it can be unpacked" dpkg-source --no-check -x "$dsc" "$T/tree" >"$T/said"
ok "musl is where rules look for it" [ -x "$T/tree/musl/configure" ]
ok "BearSSL too" [ -f "$T/tree/bearssl/inc/bearssl.h" ]
is "debian/ is the one of this tree" "$(diff -r initscripts/debian "$T/tree/debian")" ""
is "nothing that was built is in it" \
    "$(cd "$T/tree" && find . -name '*.o' -o -name '*.a' -o -path ./nullmailer)" ""
is "no archive in an archive" "$(cd "$T/tree" && find . -name '*.orig.tar*')" ""

# What is copied from elsewhere has its terms in debian/copyright.
covered() {
	sed -n 's/^Files: //p' "$T/tree/debian/copyright" | tr ' ' '\n' |
	    while read -r pattern; do
		# shellcheck disable=SC2086
		(cd "$T/tree" && set -- $pattern && [ -e "$1" ]) ||
		    echo "$pattern"
	done
}
is "copyright speaks of files that are there" "$(covered)" ""
