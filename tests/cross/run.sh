#!/bin/sh
# run.sh OBJ [ARCH...] - builds for other machines, runs core.sh there, prints a
# table. Without PLAY in the environment it only builds.
#
# The machine's own emulation of foreign programs is not touched: it is set up
# in a user namespace, which Linux has since 6.7. While one machine's tests
# wait, the next one's program is built.
set -u
PLAY=${PLAY:-}
obj=$1; shift
core=$(dirname "$0")/core.sh failed=0
mkdir -p "$obj/cross"

# arch ARCH: $triplet of the compiler, $emulator
arch() {
	emulator=$1
	case $1 in
	aarch64|mips|mipsel|riscv64) triplet=$1-linux-gnu ;;
	armhf) triplet=arm-linux-gnueabihf emulator=arm ;;
	i386) triplet=i686-linux-gnu ;;
	*) echo "unknown machine: $1" >&2; exit 2 ;;
	esac
}
# What has arithmetic of its own is tested there too.
unit_tests() {
	for u in ed25519 mlkem pss sha3; do
		echo "$obj/cross/$1/tests/unit/ssl/$u"
	done
}
build() {
	# shellcheck disable=SC2046
	timeout 900 make -j2 OBJ="$obj/cross/$1" BINARY="$obj/cross/$1/nullmailer" \
		CROSS="$triplet-" MUSL= MUSL_SRC="$MUSL_SRC" \
		MKBUNDLE="$obj/mkbundle" BEARSSL_SRC="$BEARSSL" \
		all $([ -z "$PLAY" ] || unit_tests "$1")
}
# On its own processor or under qemu: both say it.
native() {
	case $1.$(uname -m) in
	i386.x86_64|i386.i?86|aarch64.aarch64|riscv64.riscv64) "$NM" --list ;;
	*) false ;;
	esac
}
registered='mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
	cat "/usr/lib/binfmt.d/qemu-$1.conf" >/proc/sys/fs/binfmt_misc/register'
play() {
	OBJECTS=$obj/cross/$1 COMPILER=$triplet-gcc OBJDUMP=$triplet-objdump \
		sh tests/divide.sh
	export NM="$obj/cross/$1/nullmailer"
	if native "$1" >/dev/null 2>&1; then
		echo native >"$obj/cross/$1.how"
		timeout 900 sh "$core"
	elif unshare --user --map-root-user --mount sh -c "$registered" - "$emulator"; then
		echo "qemu-$emulator, user" >"$obj/cross/$1.how"
		timeout 900 unshare --user --map-root-user --mount --pid --fork \
		    --kill-child sh -c "$registered"' && exec sh "$2"' - "$emulator" "$core"
	else
		echo "nothing: no binfmt_misc in a user namespace (Linux 6.7)" \
			>"$obj/cross/$1.how"
		false
	fi
}
# row ARCH SECONDS: waits for its tests
row() {
	wait "$playing" || failed=1
	tap=$obj/cross/$1.tap
	printf '%-9s %9d %7d %7d %6ds  %s\n' "$1" \
		"$(wc -c <"$obj/cross/$1/nullmailer")" "$(grep -c '^ok ' "$tap")" \
		"$(grep -c '^not ok ' "$tap")" "$2" "$(cat "$obj/cross/$1.how")"
	grep -A4 '^not ok ' "$tap" && failed=1
	grep -q '^ok ' "$tap" || { tail -n 5 "$tap"; failed=1; }
	playing=
}

needs=
for a; do
	arch "$a"
	needs="$needs $triplet-gcc=gcc-$triplet"
done
# shellcheck disable=SC2086
sh tests/need.sh $needs qemu-arm-static=qemu-user-static openssl

[ -z "$PLAY" ] ||
	printf '%-9s %9s %7s %7s %7s  %s\n' machine size passed failed build under
playing=
for a; do
	arch "$a"
	began=$(date +%s)
	if ! build "$a" >"$obj/cross/$a.log" 2>&1; then
		echo "$a: not built"
		tail -n 5 "$obj/cross/$a.log"
		failed=1
		continue
	fi
	[ -n "$PLAY" ] || continue
	[ -z "$playing" ] || row "$before" "$seconds"
	seconds=$(($(date +%s) - began)) before=$a
	play "$a" >"$obj/cross/$a.tap" 2>&1 &
	playing=$!
done
[ -z "$playing" ] || row "$before" "$seconds"
exit "$failed"
