# root.sh - the small Debian that system.sh builds. The test that includes this
# sees it under $R, through an overlay in memory, in namespaces of its own,
# beside a server that takes all mail. Needs root.
SYSTEM=${SYSTEM:-$PWD/obj/init/system}
[ "${NAMESPACES:-}" = own ] || sh tests/init/system.sh "$SYSTEM" || exit 1
. tests/interop/lib.sh

R=$T/root
mkdir "$T/layer" "$R"
mount -t tmpfs -o mode=755 layer "$T/layer"
mkdir "$T/layer/upper" "$T/layer/work"
mount -t overlay -o "lowerdir=$SYSTEM,upperdir=$T/layer/upper,workdir=$T/layer/work" \
    system "$R" || { echo "not ok - this kernel gives us no overlay"; exit 1; }
mount -t proc proc "$R/proc"
mount -t tmpfs -o mode=755 dev "$R/dev"
for node in null zero full random urandom tty; do
	[ -e "/dev/$node" ] || continue
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

serve auto
delivered() { [ "$(taken)" -ge "$1" ]; }
