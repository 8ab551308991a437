# root.sh - a small Debian with the init systems in it, built once and kept in
# $SYSTEM. The test that includes this sees it under $R, through an overlay in
# memory, in namespaces of its own, beside a server that takes all mail and
# writes $T/peer.log. Needs root.
# needs: debootstrap
SYSTEM=${SYSTEM:-$PWD/obj/init/system}
INSIDE=openrc,systemd,runit,s6,daemontools,busybox,sysvinit-core

# apt knows where this machine gets its packages from.
# shellcheck disable=SC2016
build_system() {
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	from=$(apt-get indextargets --format '$(REPO_URI)' \
	    "Created-By: Packages" "Codename: $release" | head -n 1)
	rm -rf "$SYSTEM" "$SYSTEM.new"
	mkdir -p "$SYSTEM.new"
	# A package may not be configured outside of its namespaces.
	unshare --mount --pid --uts --ipc --fork --kill-child debootstrap \
	    --variant=minbase --include=$INSIDE "$release" "$SYSTEM.new" \
	    "$from" >"$SYSTEM.log" 2>&1 || { cat "$SYSTEM.log"; return 1; }
	rm -rf "$SYSTEM.new/var/cache/apt" "$SYSTEM.new/var/lib/apt/lists"
	echo "$INSIDE" >"$SYSTEM.new/built"
	mv "$SYSTEM.new" "$SYSTEM"
}

# One at a time: tests may run side by side.
have_system() {
	mkdir -p "${SYSTEM%/*}"
	exec 9>"$SYSTEM.lock"
	flock -w 900 9 || return 1
	[ "$(cat "$SYSTEM/built" 2>/dev/null)" = $INSIDE ] || build_system
	rc=$?
	exec 9>&-
	return $rc
}
[ "${NAMESPACES:-}" = own ] || have_system || exit 1
. tests/interop/lib.sh
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES

R=$T/root
mkdir "$T/layer" "$R"
mount -t tmpfs -o mode=755 layer "$T/layer"
mkdir "$T/layer/upper" "$T/layer/work"
mount -t overlay -o "lowerdir=$SYSTEM,upperdir=$T/layer/upper,workdir=$T/layer/work" \
    system "$R"
mount -t proc proc "$R/proc"
mount -t tmpfs -o mode=755 dev "$R/dev"
for node in null zero full random urandom tty; do
	: >"$R/dev/$node"
	mount --bind "/dev/$node" "$R/dev/$node"
done
mkdir "$R/dev/shm" "$R/dev/pts"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$R/dev/pts"
ln -s pts/ptmx "$R/dev/ptmx"
mount -t tmpfs -o mode=755 run "$R/run"
unmount() { umount -R -l "$R" "$T/layer" 2>/dev/null; finish; }
trap unmount EXIT

inside() { chroot "$R" "$@"; }

echo auto >"$T/script"
"$PEER" -t 200 -p "$T/port" -l "$T/peer.log" "$T/script" &
owns $!
until_true 5 [ -s "$T/port" ] || exit 1
delivered() { [ "$(grep -c ' M: .* accepted ' "$T/peer.log")" -ge "$1" ]; }
