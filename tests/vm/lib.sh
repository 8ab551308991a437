# lib.sh - a virtual machine with a distribution's kernel and an initrd that
# holds busybox, our binary and nothing else: `. tests/vm/lib.sh`. Kernels are
# kept in $VM. Emulated, so that any host will do; the guest reaches our
# loopback at 10.0.2.2.
# shellcheck disable=SC2034
. tests/lib.sh
sh tests/pki/cert.sh "$T" >"$T/openssl" 2>&1 || cat "$T/openssl"
DRIVERS='failover net_failover virtio_ring virtio virtio_pci_legacy_dev
	virtio_pci_modern_dev virtio_pci virtio_net mii pcnet32'

# kernel: a folder with boot/, lib/ and a busybox; nothing is installed
kernel() {
	[ ! -d "$VM/kernel/boot" ] || return 0
	mkdir -p "$VM/deb" "$VM/kernel/bin"
	cp "$(command -v busybox)" "$VM/kernel/bin/"
	(cd "$VM/deb" || exit
	package=$(apt-cache depends linux-image-cloud-amd64 |
	    awk '/Depends: linux-image/ { print $2; exit }')
	timeout 300 apt-get -qq download "$package" &&
	    dpkg-deb -x "$package"_*.deb "$VM/kernel") >"$T/kernel" 2>&1 ||
	    cat "$T/kernel"
}
# MACHINE=malta is a router of 2005, with 32 bits, and no PC
case ${MACHINE:-pc} in
pc)
	kernel
	K=$VM/kernel nic=virtio-net-pci
	qemu="qemu-system-x86_64 -accel tcg -m 128"
	;;
malta)
	sh tests/vm/fetch.sh mipsel "$VM/malta" >"$T/fetch" 2>&1 || cat "$T/fetch"
	K=$VM/malta nic=pcnet
	qemu="qemu-system-mipsel -M malta -m 256"
	;;
esac

# initrd: makes $T/initrd of busybox, $NM, tests/vm/init and the CA
initrd() {
	r=$T/root
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
# boot WORDS OPTION...: boots with these words for init; $console, $seconds
boot() {
	words=$1; shift
	began=$(date +%s)
	# shellcheck disable=SC2086
	timeout 120 $qemu -nodefaults -no-reboot -display none -serial stdio \
	    -kernel "$K"/boot/vmlinu?-* -initrd "$T/initrd" \
	    -append "console=ttyS0 quiet panic=-1 $words" \
	    -netdev user,id=n0 -device "$nic,netdev=n0,romfile=" "$@" \
	    </dev/null >"$T/console" 2>&1
	seconds=$(($(date +%s) - began))
	console=$(tr -d '\r' <"$T/console" | sed -n 's/^@@ //p')
}
# serve INSTRUCTION...: a peer; $port
serve() {
	printf '%s\n' "$@" >"$T/talk"
	rm -f "$T/port" "$T"/got.*
	"$PEER" -t 200 -p "$T/port" -l "$T/peer" -o "$T/got" "$T/talk" \
	    2>"$T/flaws" &
	owns $!
	until_true 10 test -s "$T/port"
	port=$(cat "$T/port")
}
initrd
