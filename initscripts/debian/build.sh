#!/bin/sh
# build.sh FOLDER - make FOLDER/nullmailer_VERSION_ARCH.deb, as any user
#
# The package takes the place of Debian's nullmailer, whose epoch it has, and
# of every other mail-transport-agent. Who owns what is settled by postinst, as
# nothing here needs to be root. The same source gives the same package.
# Variables for make may stand in the environment's MAKE_DEB.
set -eu
umask 022
here=$(dirname "$0")
out=$1
mkdir -p "$out"
out=$(cd "$out" && pwd)
root=$out/root
rm -rf "$root" "$out"/nullmailer_*.deb

# shellcheck disable=SC2086
make_() {
	make -s LAYOUT=debian OBJ="$out/obj" BINARY="$out/nullmailer" \
	    DESTDIR="$root" ${MAKE_DEB:-} "$@"
}
version=$(make_ show-VERSION)
arch=${DEB_ARCH:-$(dpkg --print-architecture)}

make_ install >/dev/null
make_ install-systemd install-sysv install-ifupdown install-networkmanager

# Debian's own packages have the user already, and postinst makes the spool.
rm -rf "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d" \
    "$root/var/spool/nullmailer"
mkdir -p "$root/var/spool/nullmailer"
chmod -R u+w "$root"
chmod 755 "$root/usr/sbin/nullmailer-queue"
find "$root/usr/share/man" -type f -exec gzip -9n {} +
find "$root/usr/share/man" -type l | while read -r page; do
	ln -s "$(readlink "$page").gz" "$page.gz"
	rm "$page"
done
mkdir -p "$root/usr/share/doc/nullmailer" "$root/DEBIAN"
cp LICENSE "$root/usr/share/doc/nullmailer/copyright"
cp README.md "$root/usr/share/doc/nullmailer/README.md"

for script in postinst prerm postrm; do
	cp "$here/$script" "$root/DEBIAN/$script"
	chmod 755 "$root/DEBIAN/$script"
done
(cd "$root" && find etc -type f | sed 's|^|/|' | LC_ALL=C sort) \
    >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) \
    >"$root/DEBIAN/md5sums"
sed "s|@VERSION@|$version|; s|@ARCH@|$arch|
	s|@SIZE@|$(du -sk "$root" | cut -f1)|" "$here/control" \
    >"$root/DEBIAN/control"

SOURCE_DATE_EPOCH=$(make_ show-BUILD_DATE)
export SOURCE_DATE_EPOCH
dpkg-deb --root-owner-group -Zxz --build "$root" \
    "$out/nullmailer_${version}_$arch.deb"
