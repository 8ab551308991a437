#!/bin/sh
# get-bearssl.sh DEST - put BearSSL's source tree at DEST
#
# The tree is Debian's source package, fetched by apt's own client from the
# machine's own sources and held to a SHA-256; no system state is touched and
# no rights are needed. A defect of 0.6 is repaired on the way by a replacement
# that must fit exactly once; key.c and anon.c work around the others.
#
# BEARSSL_SRC=path   check that tree instead; nothing is fetched or copied
# BEARSSL_CACHE=path where the tarball is kept, else beside DEST
set -eu

die() {
	echo "get-bearssl.sh: $*" >&2
	exit 1
}

if [ -n "${BEARSSL_SRC:-}" ]; then
	if ! [ -f "$BEARSSL_SRC/inc/bearssl.h" ]; then
		die "$BEARSSL_SRC: not a BearSSL source tree"
	fi
	exit 0
fi

[ -n "${1:-}" ] || die "usage: get-bearssl.sh DEST"
case $1 in
*/*) dest=${1%/} ;;
*) dest=./$1 ;;
esac
name=bearssl
tarball=bearssl_0.6+dfsg.1.orig.tar.xz
sum=102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004
cache=${BEARSSL_CACHE:-${dest%/*}}

pinned() {
	echo "$sum  $1" | sha256sum -c --status 2>/dev/null
}

# One suite out of step must not stop the others: the pin decides.
fetch() {
	mkdir -p "$tmp/parts" "$tmp/lists/partial" "$tmp/cache/archives/partial"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$f" ] ||
			sed 's/^Types:.*/Types: deb-src/' "$f" >"$tmp/parts/${f##*/}"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$f" ] ||
			sed -n 's/^deb[[:space:]]/deb-src /p' "$f" \
			>"$tmp/parts/$(basename "$f" .list).list"
	done
	set -- -qq -o Dir::Etc::sourcelist=/dev/null \
		-o "Dir::Etc::sourceparts=$tmp/parts" \
		-o "Dir::State::lists=$tmp/lists" -o "Dir::Cache=$tmp/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o Debug::NoLocking=1
	apt-get "$@" update || :
	(cd "$tmp" && apt-get "$@" source --download-only --only-source \
		"$name" >/dev/null) || :
}

# replace FILE OLD NEW: OLD is a fixed string
replace() {
	hits=$(grep -cF -e "$2" "$1") || :
	[ "$hits" = 1 ] || die "$1: fits $hits times, not once: $2"
	awk -v old="$2" -v new="$3" '
		i = index($0, old) {
			$0 = substr($0, 1, i - 1) new substr($0, i + length(old))
		}
		{ print }' "$1" >"$1.new"
	mv "$1.new" "$1"
}

# The key decoder's five RSA numbers may take more room than their buffer has.
repair() {
	replace "$1/src/x509/skey_decoder.c" \
		'T0_INT2(3 * BR_X509_BUFSIZE_KEY)' \
		'T0_INT2(3 * BR_X509_BUFSIZE_SIG)'
}

mkdir -p "$cache" "${dest%/*}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if ! pinned "$cache/$tarball"; then
	fetch
	pinned "$tmp/$tarball" ||
		die "$tarball: not to be had, or not the pinned file;" \
		"give BEARSSL_SRC=path"
	cp "$tmp/$tarball" "$cache/$tarball.$$"
	mv "$cache/$tarball.$$" "$cache/$tarball"
fi
mkdir "$tmp/tree"
tar -xJf "$cache/$tarball" -C "$tmp/tree" --strip-components=1 --no-same-owner
repair "$tmp/tree"
rm -rf "$dest" "$dest.$$"
cp -R "$tmp/tree" "$dest.$$"
mv "$dest.$$" "$dest"
