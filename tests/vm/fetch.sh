#!/bin/sh
# fetch.sh ARCH DEST - unpacks a kernel and a static busybox of another machine
# at DEST, without installing them
set -eu
arch=$1 dest=$2
[ ! -x "$dest/bin/busybox" ] || exit 0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
. tests/cross/apt.sh

# The package that linux-image-FLAVOUR depends on, of that machine.
case $arch in
mipsel) flavour=4kc-malta ;;
arm64) flavour=cloud-arm64 ;;
*) exit 2 ;;
esac
sources deb
apt update
kernel=$(cd "$tmp" && apt-cache -o "Dir::State::lists=$tmp/lists" \
	-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$tmp/parts" \
	-o "Dir::Cache=$tmp/cache" -o "APT::Architectures::=$arch" \
	depends "linux-image-$flavour:$arch" |
	awk '/Depends: linux-image/ { print $2; exit }')
apt download "$kernel" "busybox-static:$arch"
mkdir -p "$dest.new"
for deb in "$tmp"/*.deb; do
	dpkg-deb -x "$deb" "$dest.new"
done
[ -x "$dest.new/bin/busybox" ]
mv "$dest.new" "$dest"
