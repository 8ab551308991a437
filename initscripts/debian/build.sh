#!/bin/sh
# build.sh FOLDER - make FOLDER/nullmailer_VERSION_ARCH.deb, as any user
#
# The package takes the place of Debian's nullmailer, whose epoch it has, and
# of every other mail-transport-agent. The archive is put together by tar and
# ar, which let nobody write that a file is mail's: so no moment of an
# installation is without the set-uid bit. The same source gives the same bytes.
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

# Debian has the user already. The FIFO is made by postinst.
rm -rf "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d" \
    "$root/var/spool/nullmailer/trigger"
chmod -R u+w "$root"
find "$root/usr/share/man" -type f -exec gzip -9n {} +
find "$root/usr/share/man" -type l | while read -r page; do
	ln -s "$(readlink "$page").gz" "$page.gz"
	rm "$page"
done
# The names that Debian's own package has for pages and rules of the log.
mkdir -p "$root/usr/share/man/man5"
for name in adminaddr defaultdomain defaulthost idhost pausetime remotes; do
	ln -s ../man7/nullmailer.7.gz "$root/usr/share/man/man5/$name.5.gz"
done
ln -s ../man1/nullmailer-smtpd.1.gz \
    "$root/usr/share/man/man8/nullmailer-smtpd.8.gz"
for level in paranoid server workstation; do
	mkdir -p "$root/etc/logcheck/ignore.d.$level"
	cp "$here/logcheck" "$root/etc/logcheck/ignore.d.$level/nullmailer"
done
mkdir -p "$root/usr/share/doc/nullmailer" "$root/DEBIAN"
date=$(make_ show-BUILD_DATE)
sed "s|@VERSION@|$version|; s|@DATE@|$(LC_ALL=C TZ=UTC date -R -d "@$date")|" \
    "$here/changelog" | gzip -9n >"$root/usr/share/doc/nullmailer/changelog.gz"
mkdir -p "$root/usr/share/lintian/overrides"
cp "$here/overrides" "$root/usr/share/lintian/overrides/nullmailer"
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

# pack FOLDER NAME FILE...: NAME.tar.xz; the same but for order and owner
pack() {
	folder=$1 archive=$out/$2.tar; shift 2
	tar -C "$folder" --format=gnu --sort=name --mtime="@$date" \
	    --owner=root:0 --group=root:0 -cf "$archive" "$@"
}
# mails PATH MODE: at the end of data.tar, owned by mail and group root
mails() {
	chmod "$2" "$root/$1"
	tar -C "$root" --format=gnu --mtime="@$date" --owner=mail:8 \
	    --group=root:0 --no-recursion -rf "$out/data.tar" "./$1"
}
spool=var/spool/nullmailer
pack "$root" data --exclude=./DEBIAN --exclude=./$spool \
    --exclude=./usr/sbin/nullmailer-queue .
mails $spool 755
mails $spool/failed 755
mails $spool/queue 750
mails $spool/tmp 750
mails usr/sbin/nullmailer-queue 4755
chmod u-s "$root/usr/sbin/nullmailer-queue"
pack "$root/DEBIAN" control .
rm -f "$out"/*.tar.xz
xz -T1 "$out/data.tar" "$out/control.tar"
echo 2.0 >"$out/debian-binary"
ar rcDS "$out/nullmailer_${version}_$arch.deb" "$out/debian-binary" \
    "$out/control.tar.xz" "$out/data.tar.xz"
