#!/bin/sh
# musl.sh ARCH TRIPLET DEST - puts musl's include and lib for a machine at DEST:
# from Debian's package for it, fetched by apt's own client, or where Debian has
# none, built from Debian's source package. No system state is touched.
set -eu
arch=$1 triplet=$2 dest=$3
[ ! -f "$dest/whole" ] || exit 0
rm -rf "$dest"
sum=7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

. "${0%/*}/apt.sh"

package() {
	sources deb
	apt update
	apt download "musl-dev:$arch"
	deb=$(find "$tmp" -maxdepth 1 -name 'musl-dev_*.deb')
	[ -n "$deb" ] || return 1
	dpkg-deb -x "$deb" "$tmp/tree"
	mkdir -p "$dest"
	cp -R "$tmp"/tree/usr/include/*-linux-musl* "$dest/include"
	cp -R "$tmp"/tree/usr/lib/*-linux-musl* "$dest/lib"
}

# The tarball is kept beside DEST for the next machine.
source_package() {
	tarball=${dest%/*}/musl.tar.gz
	if ! echo "$sum  $tarball" | sha256sum -c --status 2>/dev/null; then
		sources deb-src
		arch=$(dpkg --print-architecture)
		apt update
		apt source --download-only --only-source musl >/dev/null
		mv "$tmp"/musl_*.orig.tar.gz "$tarball"
		echo "$sum  $tarball" | sha256sum -c --status
	fi
	mkdir "$tmp/src" "$tmp/build"
	tar -xzf "$tarball" -C "$tmp/src" --strip-components=1
	cd "$tmp/build"
	"$tmp/src/configure" --target="$triplet" --prefix="$dest" \
		--disable-shared CC="$triplet-gcc" CFLAGS=-Os \
		CROSS_COMPILE="$triplet-" >log 2>&1 &&
		timeout 900 make -s -j2 >>log 2>&1 && make -s install >>log 2>&1 ||
		{ tail log >&2; exit 1; }
}

case $arch in
mips|riscv64) source_package ;;
*) package || source_package ;;
esac
[ -f "$dest/lib/crt1.o" ]
: >"$dest/whole"
