#!/bin/sh
# run.sh OBJ [ARCH...] - builds for other machines, runs core.sh there, prints a
# table. The machine's own emulation of foreign programs is not touched: it is
# set up in a user namespace, which Linux has since 6.7.
set -u
obj=$1; shift
core=$(dirname "$0")/core.sh failed=0
mkdir -p "$obj/cross"

# arch ARCH: $triplet of the compiler, $package, $emulator
arch() {
	emulator=$1
	case $1 in
	aarch64) triplet=aarch64-linux-gnu debian=arm64 ;;
	armhf) triplet=arm-linux-gnueabihf debian=armhf emulator=arm ;;
	i386) triplet=i686-linux-gnu debian=i386 ;;
	mips|mipsel|riscv64) triplet=$1-linux-gnu debian=$1 ;;
	*) echo "unknown machine: $1" >&2; exit 2 ;;
	esac
}
build() {
	sh tests/need.sh "$triplet-gcc=gcc-$triplet" \
		qemu-arm-static=qemu-user-static openssl &&
	sh tests/cross/musl.sh "$debian" "$triplet" "$obj/cross/musl-$1" &&
	timeout 600 make -j2 OBJ="$obj/cross/$1" BINARY="$obj/cross/$1/nullmailer" \
		CROSS="$triplet-" MUSL="$obj/cross/musl-$1" \
		MKBUNDLE="$obj/mkbundle" BEARSSL_SRC="$BEARSSL" all
}
# On its own processor or under qemu: both say it.
play() {
	export NM="$obj/cross/$1/nullmailer"
	if "$NM" --list >/dev/null 2>&1; then
		how=native
		timeout 300 sh "$core"
		return
	fi
	how="qemu-$emulator, user"
	# shellcheck disable=SC2016
	timeout 300 unshare --user --map-root-user --mount --pid --fork --kill-child sh -c '
		mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
		cat "/usr/lib/binfmt.d/qemu-$1.conf" >/proc/sys/fs/binfmt_misc/register &&
		exec sh "$2"' - "$emulator" "$core"
}

printf '%-9s %9s %7s %7s %6s  %s\n' machine size passed failed build under
for a; do
	arch "$a"
	began=$(date +%s)
	if ! build "$a" >"$obj/cross/$a.log" 2>&1; then
		echo "$a: not built"
		tail -n 5 "$obj/cross/$a.log"
		failed=1
		continue
	fi
	seconds=$(($(date +%s) - began))
	play "$a" >"$obj/cross/$a.tap" 2>&1 || failed=1
	printf '%-9s %9d %7d %7d %5ds  %s\n' "$a" "$(wc -c <"$obj/cross/$a/nullmailer")" \
		"$(grep -c '^ok ' "$obj/cross/$a.tap")" \
		"$(grep -c '^not ok ' "$obj/cross/$a.tap")" "$seconds" "$how"
	grep -A4 '^not ok ' "$obj/cross/$a.tap" && failed=1
	grep -q '^ok ' "$obj/cross/$a.tap" || { tail -n 5 "$obj/cross/$a.tap"; failed=1; }
done
exit "$failed"
