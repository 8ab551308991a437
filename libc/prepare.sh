#!/bin/sh
# prepare.sh TREE BUILD DEST - configure musl's sources, an absolute path, in the
# folder BUILD, and put the headers of that machine into DEST/include
#
# CC and CFLAGS stand in the environment.
set -eu
unset MAKEFLAGS MAKELEVEL
tree=$1 build=$2 include=$3/include
rm -rf "$build" "$3"
mkdir -p "$build" "$3/lib" "$include/bits"
# Its Makefile cannot stand a blank in the path of the sources.
ln -s "$tree" "$build/tree"
(cd "$build" && sh tree/configure --disable-shared >log 2>&1) || {
	tail -n 5 "$build/log" >&2
	exit 1
}
make -s -C "$build" obj/include/bits/alltypes.h obj/include/bits/syscall.h
arch=$(sed -n 's/^ARCH *= *//p' "$build/config.mak")
cp -R "$tree/include/." "$include"
for bits in "$tree/arch/generic" "$tree/arch/$arch" "$build/obj/include"; do
	cp "$bits/bits"/*.h "$include/bits"
done
