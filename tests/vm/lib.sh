# lib.sh - a virtual machine with a distribution's kernel and an initrd that
# holds busybox, our binary and nothing else: `. tests/vm/lib.sh`. Kernels are
# kept in $VM, beside what the machines said. Emulated, so that any host will
# do; the guest reaches our loopback at 10.0.2.2.
# shellcheck disable=SC2034
VM=${VM:-$PWD/obj/vm}
. tests/lib.sh
certificate
DRIVERS='failover net_failover virtio_ring virtio virtio_pci_legacy_dev
	virtio_pci_modern_dev virtio_pci virtio_net virtio_blk mii pcnet32
	nls_cp437 nls_ascii fat vfat fuse virtiofs netfs fscache 9pnet
	9pnet_virtio 9p'

# machine NAME: pc; malta, a router of 2005 with 32 bits; virt, a 64-bit ARM.
# Sets $NM to the binary for it.
machine() {
	tty=ttyS0 nic=virtio-net-pci
	case $1 in
	pc)
		arch=amd64
		qemu="qemu-system-x86_64 -accel tcg -m 128"
		;;
	malta)
		arch=mipsel nic=pcnet NM=$VM/../cross/mipsel/nullmailer
		qemu="qemu-system-mipsel -M malta -m 256"
		;;
	virt)
		arch=arm64 tty=ttyAMA0 NM=$VM/../cross/aarch64/nullmailer
		qemu="qemu-system-aarch64 -M virt -cpu cortex-a57 -m 256"
		;;
	esac
	machine=$1 K=$VM/$1
	sh tests/vm/fetch.sh "$arch" "$K" >"$T/fetch" 2>&1 || cat "$T/fetch"
	initrd
}

# initrd: makes $T/initrd of busybox, $NM, tests/vm/init and the CA
initrd() {
	r=$T/root
	rm -rf "$r"
	mkdir -p "$r/bin" "$r/lib" "$r/proc" "$r/sys" "$r/dev"
	cp "$K/bin/busybox" "$r/bin/busybox"
	cp "$NM" "$r/bin/nullmailer"
	cp tests/vm/init "$r/init"
	cp "$T/ca.pem" "$r/ca.pem"
	chmod 755 "$r/init"
	for driver in $DRIVERS; do
		find "$K/lib" -name "$driver.ko" -exec cp {} "$r/lib/" \;
	done
	echo "$DRIVERS" >"$r/lib/order"
	(cd "$r" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 2>/dev/null |
	    gzip -9n) >"$T/initrd"
}
# boot NAME WORDS OPTION...: boots with these words for init; $console, $seconds
boot() {
	record=$VM/${0##*/}
	record=${record%.sh}.$1.txt words=$2; shift 2
	began=$(date +%s)
	# shellcheck disable=SC2086
	timeout -k 10 300 $qemu -nodefaults -no-reboot -display none \
	    -serial stdio -kernel "$K"/boot/vmlinu?-* -initrd "$T/initrd" \
	    -append "console=$tty quiet panic=-1 $words" \
	    -netdev user,id=n0 -device "$nic,netdev=n0,romfile=" "$@" \
	    </dev/null >"$T/console" 2>&1
	ended=$?
	seconds=$(($(date +%s) - began))
	tr -d '\r' <"$T/console" >"$record"
	console=$(sed -n 's/^@@ //p' "$record")
	is "$machine: it boots and powers off" \
	    "$ended $(printf '%s\n' "$console" | tail -n 1 | cut -d' ' -f1)" \
	    "0 uptime"
	[ "$test_failed" -eq 0 ] || tail -n 40 "$record" | sed 's/^/# /'
	echo "#= $machine, from start to power off $seconds s: $record"
	printf '%s\n' "$console" | paste -sd ';' | sed 's/;/; /g' |
	    fold -s -w 72 | sed 's/^/#=   /'
}
# said KEY: what the guest had to say on that, in one line
said() { printf '%s\n' "$console" | sed -n "s/^$1 //p" | xargs; }
