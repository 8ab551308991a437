#!/bin/sh
# fetch.sh ARCH DEST - unpacks a kernel and a static busybox of a machine at
# DEST. Nothing is installed, and the host's own busybox may be of any kind.
set -eu
arch=$1 dest=$2
mkdir -p "${dest%/*}"
exec 9>"$dest.lock"
flock -w 900 9
[ ! -x "$dest/bin/busybox" ] || exit 0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
. tests/cross/apt.sh

# The package that linux-image-FLAVOUR depends on, of that machine.
case $arch in
amd64) flavour=cloud-amd64 ;;
arm64) flavour=cloud-arm64 ;;
mipsel) flavour=4kc-malta ;;
*) exit 2 ;;
esac
sources deb
apt update
kernel=$(cd "$tmp" && apt-cache -o "Dir::State::lists=$tmp/lists" \
	-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$tmp/parts" \
	-o "Dir::Cache=$tmp/cache" -o "APT::Architectures::=$arch" \
	depends "linux-image-$flavour:$arch" |
	awk '/Depends: linux-image/ { print $2; exit }')
[ -n "$kernel" ] || { echo "no kernel for $arch in the lists"; exit 1; }
apt download "${kernel%%:*}:$arch" "busybox-static:$arch"
rm -rf "$dest" "$dest.new"
mkdir "$dest.new"
for deb in "$tmp"/*.deb; do
	dpkg-deb -x "$deb" "$dest.new"
done
[ -x "$dest.new/bin/busybox" ]
mv "$dest.new" "$dest"
