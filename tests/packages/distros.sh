# distros.sh - the recipes for Void, Gentoo and Nix: read by their own language,
# and their functions run, with stubs in place of what those systems bring
# needs: bash shellcheck nix-instantiate=nix-bin gcc b2sum=coreutils
# shellcheck disable=SC2016  # is for what the recipes' shells expand
. tests/lib.sh
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES

version=$(make -s show-VERSION)
tarball=$T/nullmailer-$version.tar.gz
echo "a tarball" >"$tarball"
sh initscripts/recipes.sh "$T/recipes" "$tarball" "$version"
hash() { "$1" "$tarball" | cut -d' ' -f1; }
is "no placeholder is left" "$(grep -rn '@[A-Z0-9]*@' "$T/recipes" |
    grep -v '/openwrt/nullmailer\.init:')" ""

# The binary under test is there; that theirs is built with other paths is seen
# from what the compiler would be told.
cat >"$T/make" <<END
#!/bin/sh
exec $(command -v make) -s -o '$NM' "\$@" BINARY='$NM' OBJ='$T/obj'
END
chmod 755 "$T/make"
PATH=$T:$PATH
set_uid_files() { find "$1" -perm /6000 | sed "s|^$1||"; }
lint() { shellcheck -f gcc -s bash "$@"; }
# holds NAME FOLDER FILE...
holds() {
	name=$1 folder=$2; shift 2
	for f; do ok "$name: $f" [ -e "$folder$f" ]; done
}

void=$T/recipes/void
is "Void: shellcheck" "$(lint -e SC2034,SC2154 "$void/template" "$void/INSTALL")" ""
from_void() {
	bash -ec "DESTDIR=$T/void CC=gcc AR=ar makejobs=
		vdoc() { [ -f \"\$1\" ] || exit 1; }
		vlicense() { vdoc \"\$1\"; }
		. $void/template
		$1"
}
is "Void: version and hash" "$(from_void 'echo $version $checksum ${distfiles##*/}')" \
    "$version $(hash sha256sum) nullmailer-$version.tar.gz"
ok "Void: do_build" from_void "do_build >/dev/null"
ok "Void: do_install" from_void "do_install >/dev/null"
holds Void "$T/void" /usr/bin/sendmail /usr/bin/nullmailer-queue \
    /etc/sv/nullmailer/run /etc/sv/nullmailer/log/run \
    /usr/share/man/man8/nullmailer-send.8
is "Void: there is no sbin" "$(find "$T/void" -name sbin)" ""
is "Void: nothing is set-uid yet" "$(set_uid_files "$T/void")" ""
has "Void: it looks for the other copy where that is" "$(from_void '_make show-DEFS')" \
    'SBIN_DIR=/usr/bin .*CONFIG_DIR=/etc/nullmailer '
# INSTALL as xbps runs it: at the root of the system, with the user or without.
install_void() {
	(cd "$T/void" && ACTION=post sh -c "chown() { echo \"\$*\" >'$T/chown'; $1; }
		. '$void/INSTALL'")
}
install_void false
is "Void: without the user nothing is set-uid" "$(set_uid_files "$T/void")" ""
install_void true
is "Void: the copy is its user's" "$(cat "$T/chown")" "_nullmailer usr/bin/nullmailer-queue"
is "Void: and set-uid" "$(set_uid_files "$T/void")" /usr/bin/nullmailer-queue

ebuild=$T/recipes/gentoo/nullmailer-$version.ebuild
is "Gentoo: shellcheck" "$(lint -e SC2034,SC2154 "$ebuild")" ""
is "Gentoo: Manifest" "$(cat "${ebuild%/*}/Manifest")" \
    "DIST nullmailer-$version.tar.gz $(stat -c %s "$tarball") BLAKE2B $(hash b2sum) SHA512 $(hash sha512sum)"
: >"$T/order"
from_ebuild() {
	bash -ec "P=nullmailer-$version D=$T/gentoo
		die() { exit 1; }
		inherit() { :; }
		emake() { make \"\$@\"; }
		tc-getCC() { echo gcc; }
		tc-getBUILD_CC() { echo gcc; }
		tc-getAR() { echo ar; }
		keepdir() { mkdir -p \"\$D\$1\"; }
		fowners() { echo owner \"\$@\" >>$T/order; }
		fperms() { echo mode \"\$@\" >>$T/order; }
		dodoc() { ls \"\$@\"; }
		. $ebuild
		$1"
}
is "Gentoo: its archive" "$(from_ebuild 'echo ${SRC_URI##*/}')" \
    "nullmailer-$version.tar.gz"
ok "Gentoo: src_compile" from_ebuild "src_compile >/dev/null"
ok "Gentoo: src_install" from_ebuild "src_install >/dev/null"
is "Gentoo: owner before rights" "$(cat "$T/order")" \
    "owner nullmail /var/spool/nullmailer /usr/sbin/nullmailer-queue
mode 4755 /usr/sbin/nullmailer-queue"
is "Gentoo: nothing else is set-uid" "$(set_uid_files "$T/gentoo")" ""
holds Gentoo "$T/gentoo" /usr/sbin/sendmail /etc/init.d/nullmailer \
    /usr/lib/systemd/system/nullmailer.service /var/spool/nullmailer

nix=$T/recipes/nix/default.nix
ok "Nix: it can be parsed" sh -c \
    "HOME='$T' nix-instantiate --parse '$nix' >'$T/parsed' 2>'$T/said'"
has "Nix: the hash" "$(cat "$T/parsed")" "sha256 = \"$(hash sha256sum)\""
# Its phase, with the store in the scratch folder and its own flags.
flags=$(sed -n '/makeFlags = \[/,/\];/s/^ *"\(.*\)"$/\1/p' "$nix" |
    sed "s|\${stdenv.cc.targetPrefix}cc|gcc|; s|\${stdenv.cc.targetPrefix}ar|ar|
	s|\${placeholder \"out\"}|$T/store|; s|\${wrappers}|/run/wrappers/bin|")
sed -n "/installPhase = ''/,/'';/p" "$nix" | sed '1d;$d' >"$T/phase"
from_nix() {
	bash -ec "makeFlags='$(echo "$flags" | xargs)' out=$T/store
		NIX_BUILD_TOP=$T/build
		runHook() { :; }
		. $T/phase"
}
ok "Nix: builds and installs" from_nix >/dev/null
# shellcheck disable=SC2086
has "Nix: it looks for the set-uid copy where wrappers are" \
    "$(make show-DEFS $flags)" \
    '-DSBIN_DIR=/run/wrappers/bin '
holds Nix "$T/store" /bin/sendmail /bin/nullmailer-queue /bin/nullmailer-send
is "Nix: nothing is set-uid" "$(set_uid_files "$T/store")" ""
