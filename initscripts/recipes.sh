#!/bin/sh
# recipes.sh FOLDER TARBALL VERSION - in FOLDER the recipes for Alpine, OpenWrt,
# Void, Gentoo and Nix, with version and hashes of the tarball of `make dist`:
# a tarball cannot hold its own
set -eu
out=$1 tarball=$2 version=$3
here=$(dirname "$0")
hash() { "$1" "$tarball" | cut -d' ' -f1; }

rm -rf "$out"
mkdir -p "$out"
for name in alpine openwrt void gentoo nix; do
	cp -RP "$here/$name" "$out/$name"
done
mv "$out/gentoo/nullmailer.ebuild" "$out/gentoo/nullmailer-$version.ebuild"
for file in alpine/APKBUILD openwrt/Makefile void/template gentoo/Manifest \
    "gentoo/nullmailer-$version.ebuild" nix/default.nix; do
	sed "s|@VERSION@|$version|g; s|@SIZE@|$(stat -c %s "$tarball")|
		s|@SHA256@|$(hash sha256sum)|; s|@SHA512@|$(hash sha512sum)|
		s|@BLAKE2B@|$(hash b2sum)|" "$here/$(echo "$file" |
	    sed "s|-$version||")" >"$out/$file"
done
