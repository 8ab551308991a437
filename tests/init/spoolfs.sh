# spoolfs.sh - the spool on file systems that are not what a mailer expects:
# it works, or one line at the start says why not
# needs: mkfs.vfat=dosfstools strace
# Where the kernel has no vfat, or nothing to mount a file with, a program in
# user space does it; tests/vm/shares.sh has a kernel with both.
kernel_has_vfat() {
	image=$(mktemp) || return 1
	truncate -s 8M "$image"
	mkfs.vfat "$image" && unshare --mount \
	    sh -c 'mount -t vfat -o loop "$1" /mnt' - "$image"
	set -- $?
	rm -f "$image"
	return "$1"
}
if [ "${NAMESPACES:-}" != own ]; then
	modprobe -q vfat 2>/dev/null
	export VFAT=kernel
	kernel_has_vfat >/dev/null 2>&1 || {
		VFAT=fusefat
		sh tests/need.sh fusefat || exit 1
	}
fi
. tests/interop/lib.sh

serve 'on RCPT *refused@* 550 5.1.1 nobody here' auto
prefix
remotes "127.0.0.1 smtp port=$port"
rm -rf "$spool"
mkdir "$spool"

begins() { start && logged 60 'Rescanning queue'; }
ends() { stop 60; [ "$rc" = 0 ]; }
delivered() { [ "$(taken)" -ge "$1" ]; }
refused() { [ "$(failed)" -gt 0 ]; }
sent=0
mail_to() { message "$sent" | sendmail -f s@example.org "$1"; }

# works NAME KICK...: a message is sent, another one goes to failed; KICK
# tells the sender where there is no trigger
works() {
	name=$1; shift
	ok "$name: the sender starts" begins
	sent=$((sent + 1))
	ok "$name: a message is queued" mail_to r@example.net
	"$@"
	ok "$name: and sent" until_true 60 delivered "$sent"
	ok "$name: and gone" until_true 60 drained
	ok "$name: one that is refused is queued" mail_to refused@example.net
	"$@"
	ok "$name: and goes to failed" until_true 60 refused
	ok "$name: the sender stops" ends
	is "$name: nothing is left in tmp" "$(files tmp)" ""
	[ "$test_failed" -eq 0 ] || log | sed 's/^/# /'
}
# refuses NAME PATTERN: one line, exit 1
refuses() {
	out=$(timeout 120 nullmailer-send 2>&1)
	is "$1: the sender ends with 1" "$?" 1
	has "$1: and says why" "$out" "$2"
	is "$1: in one line" "$(echo "$out" | wc -l)" 1
}

# refuses_to_queue NAME: the programs that add mail know it too
refuses_to_queue() {
	mail_to r@example.net 2>/dev/null
	ok "$1: sendmail does not claim to have queued it" [ $? -ne 0 ]
}

mount -t tmpfs -o nosuid,nodev,noexec tmpfs "$spool"
works tmpfs :
umount "$spool"

# Messages from the layer below, as in an image that was made from a container.
mkdir -p "$T/lower" "$T/layer"
mount -t tmpfs layer "$T/layer"
mkdir "$T/layer/upper" "$T/layer/work"
mount --bind "$T/lower" "$spool"
begins
ends
mail_to r@example.net
mail_to r@example.net
umount "$spool"
mount -t overlay -o "lowerdir=$T/lower,upperdir=$T/layer/upper,workdir=$T/layer/work" \
    overlay "$spool"
ok "overlay: the sender starts" begins
sent=$((sent + 2))
ok "overlay: messages of the lower layer are sent" until_true 60 delivered "$sent"
ok "overlay: and gone" until_true 60 drained
ok "overlay: the sender stops" ends
works overlay :
is "overlay: below nothing has changed" "$(find "$T/lower/queue" -type f | wc -l)" 2
umount "$spool"
umount "$T/layer"

# No hard links, no FIFOs, no owners.
vfat() {
	case $VFAT in
	kernel) mount -t vfat -o loop "$T/image" "$spool" ;;
	*) fusefat -o rw+ "$T/image" "$spool" ;;
	esac
}
truncate -s 8M "$T/image"
mkfs.vfat "$T/image" >/dev/null
ok "vfat: mounted ($VFAT)" vfat
ok "vfat: it has no hard links" sh -c "cd $spool && : >a && ! ln a b 2>/dev/null"
hang_up() { kill -HUP "$sender"; }
mkdir "$spool/queue" "$spool/tmp" "$spool/failed"
works vfat hang_up
umount "$spool"

# The same without what else is strange there.
cat >"$P/sbin/poor" <<'END'
exec strace -D -f -qq -o /dev/null -e inject=link,linkat:error=EPERM \
    -e inject=mknod,mknodat:error=EPERM "$@"
END
chmod 755 "$P/sbin/poor"
mount -t tmpfs tmpfs "$spool"
SENDER='poor nullmailer-send'
ok "no links, no FIFOs: the sender starts" begins
has "no links, no FIFOs: it says that there is no trigger" "$(log)" \
    "queue/trigger: "
sent=$((sent + 1))
ok "no links, no FIFOs: a message is queued" \
    sh -c 'echo | poor sendmail -f s@example.org r@example.net'
hang_up
ok "no links, no FIFOs: and sent" until_true 60 delivered "$sent"
ok "no links, no FIFOs: the sender stops" ends
[ "$test_failed" -eq 0 ] || log | sed 's/^/# /'
umount "$spool"
SENDER=nullmailer-send

mount -t tmpfs tmpfs "$spool"
mkdir "$spool/queue" "$spool/tmp" "$spool/failed"
mount -t tmpfs tmpfs "$spool/tmp"
refuses "tmp on another file system" \
    "queue/tmp: not on the same file system as queue"
refuses_to_queue "tmp on another file system"
umount "$spool/tmp"
mount --bind "$spool/queue" "$spool/queue"
refuses "queue mounted once more" \
    "queue/tmp: not on the same file system as queue"
refuses_to_queue "queue mounted once more"
umount "$spool/queue"
mount -o remount,ro "$spool"
# As a full disk, that may be over before the sender is.
ok "read-only: the sender starts" begins
has "read-only: and says why" "$(log)" "Read-only file system"
ok "read-only: the sender stops" ends
refuses_to_queue "read-only"
umount "$spool"

# Full: nothing is queued, and what waits is sent, which makes room.
mount -t tmpfs -o size=256k tmpfs "$spool"
begins
ends
mail_to r@example.net
head -c 1M /dev/zero >"$spool/filler" 2>/dev/null
refuses_to_queue full
is "full: nothing is left in tmp" "$(files tmp)" ""
ok "full: the sender starts" begins
sent=$((sent + 1))
ok "full: what waits is sent" until_true 60 delivered "$sent"
ok "full: the sender stops" ends
umount "$spool"
