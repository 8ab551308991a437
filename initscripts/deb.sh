#!/bin/sh
# deb.sh FOLDER VERSION DATE MUSL BEARSSL - make Debian's source package in
# FOLDER, and from it the binary one, as any user and without a network. What a
# Debian maintainer would do by hand: the tree is the upstream archive, the
# archives MUSL and BEARSSL are its components, debian/ is put at the top.
#
# OMIT: what is in the tree but was built, as patterns of tar.
# needs: dpkg-buildpackage=dpkg-dev dh=debhelper fakeroot gcc make patch
# needs: xz=xz-utils
#
# DEB_BUILD_OPTIONS is nocheck unless it is given, as the tests are run apart.
set -eu
umask 022
out=$1 version=$2 date=$3 musl=$4 bearssl=$5
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)
name=nullmailer_$version
tree=$out/nullmailer-$version
mkdir "$tree"

# shellcheck disable=SC2086
tar --format=gnu --sort=name --mtime="@$date" --owner=root:0 --group=root:0 \
    --mode=u=rwX,go=rX --exclude=./.git --exclude=./sources ${OMIT:-} \
    --transform="s|^\.|nullmailer-$version|" -cf - . |
    gzip -9n >"$out/$name.orig.tar.gz"
cp "$musl" "$out/$name.orig-musl.tar.${musl##*.}"
cp "$bearssl" "$out/$name.orig-bearssl.tar.${bearssl##*.}"
unpack() {
	mkdir -p "$2"
	tar -C "$2" --strip-components=1 --no-same-owner -xf "$1"
}
unpack "$out/$name".orig.tar.gz "$tree"
unpack "$musl" "$tree/musl"
unpack "$bearssl" "$tree/bearssl"
cp -R "$tree/initscripts/debian" "$tree/debian"
cd "$tree"
# Where that is allowed there is no network, as on the machines of Debian.
! unshare --net true 2>/dev/null && alone= || alone="unshare --net"
# A make that calls this is none of theirs.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS-nocheck} $alone dpkg-buildpackage \
    -us -uc -sa -d >../log 2>&1 || {
	tail -n 20 ../log >&2
	exit 1
}
cd ..
rm -rf "$tree"
