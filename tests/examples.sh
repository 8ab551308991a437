# examples.sh - each example of the pages does what it promises, in a tree where
# nullmailer is installed as `make install` does it
. tests/lib.sh
[ "$(id -u)" -eq 0 ] || { ok '# SKIP: to be installed, it needs root' true; exit; }
own_network
ip link set lo up
. tests/lib/examples.sh

# The machine itself, below an installed tree in memory.
R=$T/root
mkdir "$T/layer" "$R"
mount -t tmpfs -o mode=755 layer "$T/layer"
mkdir "$T/layer/upper" "$T/layer/work"
mount -t overlay -o "lowerdir=/,upperdir=$T/layer/upper,workdir=$T/layer/work" \
    machine "$R" || { ok '# SKIP: this kernel gives us no overlay' true; exit; }
trap 'umount -R -l "$R" "$T/layer"; finish' EXIT
mount -t proc proc "$R/proc"
mount --rbind /dev "$R/dev"
inside() { chroot "$R" "$@"; }

OWNER=$(mk show-OWNER)
echo "$OWNER:*:977:977::/:/usr/sbin/nologin" >>"$R/etc/passwd"
echo "$OWNER:x:977:" >>"$R/etc/group"
mount --bind "$R/etc/passwd" /etc/passwd
mount --bind "$R/etc/group" /etc/group
eval "$(mk show-INSTALL DESTDIR="$R" BINARY="$NM") install" >"$T/out" || cat "$T/out"
spool=$R$(mk show-SPOOL) config=$R$(mk show-CONFIG)
inside chown -R "$OWNER" "${spool#"$R"}"
conf me host.example.org

ip addr add 192.0.2.26/32 dev lo
certificate
serve -a 192.0.2.26 -P 25 auto
# shellcheck disable=SC2046
examples $(find "$R$(mk show-MAN)" -name '*.[1-8]' -type f \
    -newer "$R/etc/passwd")
