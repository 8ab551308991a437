#!/bin/sh
# get-bearssl.sh DEST [TREE] - put a copy of BearSSL's sources at DEST, with
# the repairs of bearssl.patch
#
# Without TREE they are Debian's source package, as libc/get-source.sh gets it.
# TREE is a source tree of your own; it stays as it is. A tree that has the
# repairs is copied, one that they do not fit is refused.
#
# The tarball is kept beside DEST.
set -eu

die() {
	echo "get-bearssl.sh: $*" >&2
	exit 1
}

[ -n "${1:-}" ] || die "usage: get-bearssl.sh DEST [TREE]"
case $1 in
*/*) dest=${1%/} ;;
*) dest=./$1 ;;
esac
tree=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
patch=$here/bearssl.patch
tarball=bearssl_0.6+dfsg.1.orig.tar.xz
sum=102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004
cache=${dest%/*}

fetched() {
	sh "$here/../libc/get-source.sh" bearssl "$tarball" "$sum" "$cache" ||
		die "give BEARSSL_SRC=path"
	mkdir "$tmp/fetched"
	tar -xJf "$cache/$tarball" -C "$tmp/fetched" --strip-components=1 \
		--no-same-owner
}

# copy TREE: what we compile of it
copy() {
	rm -rf "$tmp/tree"
	mkdir "$tmp/tree"
	cp -R "$1/inc" "$1/src" "$tmp/tree"
	chmod -R u+w "$tmp/tree"
}

# apply [-R]: without questions; busybox's patch has few options
apply() {
	(cd "$tmp/tree" && patch -N -p1 "$@" <"$patch" >/dev/null 2>&1)
}

# A patch that fits only in part leaves something behind: each begins anew.
repaired() {
	copy "$1"
	! apply || return 0
	copy "$1"
	apply -R || return 1
	copy "$1"
}

mkdir -p "$cache"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if [ -z "$tree" ]; then
	fetched
	tree=$tmp/fetched
elif ! [ -f "$tree/inc/bearssl.h" ] || ! [ -d "$tree/src" ]; then
	die "$tree: not a BearSSL source tree"
fi
repaired "$tree" ||
	die "$tree: the repairs in ssl/bearssl.patch do not fit this BearSSL"
rm -rf "$dest" "$dest.$$"
cp -R "$tmp/tree" "$dest.$$"
mv "$dest.$$" "$dest"
