# shares.sh - the spool of a virtual machine on what its host lends it: a disk
# with vfat, which has no hard links and no FIFOs, and folders by virtiofs and
# by 9p; what is there afterwards is seen from the host
# needs: qemu-system-x86_64=qemu-system-x86 qemu-system-mipsel=qemu-system-mips
# needs: mkfs.vfat=dosfstools cpio openssl
. tests/vm/lib.sh
machine pc

# lent TYPE TRIGGER OPTION...: a message is sent, another one goes to failed
lent() {
	type=$1 trigger=$2; shift 2
	serve 'on RCPT *refused@* 550 5.1.1 nobody here' auto
	boot "$type" "play=share fs=$type port=$port" "$@"
	is "$type: mounted" "$(said mounted)" "$type"
	is "$type: has a trigger" "$(said trigger)" "$trigger"
	is "$type: both are queued" "$(said sendmail)" "0 0"
	is "$type: one sent and one report of the other" "$(taken)" 2
	is "$type: which is in failed" "$(said send)" "0 queue 0 failed 1 tmp 0"
}

truncate -s 8M "$T/image"
mkfs.vfat "$T/image" >"$T/mkfs"
lent vfat no -cpu max -drive "file=$T/image,format=raw,if=virtio"
has "vfat: it says that there is no trigger" "$(cat "$record")" 'nullmailer/trigger: '

mkdir "$T/lent"
/usr/lib/qemu/virtiofsd --socket-path="$T/virtiofs" -o "source=$T/lent" \
    -o cache=auto >"$T/virtiofsd" 2>&1 &
owns $!
until_true 60 test -S "$T/virtiofs" || cat "$T/virtiofsd"
lent virtiofs yes -cpu max -object memory-backend-memfd,id=m,size=128M,share=on \
    -numa node,memdev=m -chardev "socket,id=c,path=$T/virtiofs" \
    -device vhost-user-fs-pci,chardev=c,tag=spool
has "virtiofs: the host sees it" "$(cat "$T"/lent/failed/*)" '^refused@x.y$'

# The kernel for PCs above has no 9p, the router's has.
rm -rf "$T/lent"
mkdir "$T/lent"
machine malta
lent 9p yes -virtfs "local,path=$T/lent,mount_tag=spool,security_model=mapped-file"
has "9p: the host sees it" "$(cat "$T"/lent/failed/*)" '^refused@x.y$'
