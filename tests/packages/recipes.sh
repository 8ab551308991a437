# recipes.sh - what Debian's tools can say about the packages for Alpine and
# OpenWrt and the procd service: their functions are run, with stubs in place
# of what those systems bring
# needs: busybox shellcheck strings=binutils musl-gcc=musl-tools
# shellcheck disable=SC2016  # is for what the recipes' shells expand
. tests/lib.sh
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES

version=$(make -s show-VERSION)
# The recipes compile themselves; TLS plays no part in that.
cat >"$T/make" <<END
#!/bin/sh
exec $(command -v make) -s "\$@" SSL=none OBJ=$T/obj BINARY=$T/nullmailer
END
chmod 755 "$T/make"
PATH=$T:$PATH
echo "a tarball" >"$T/nullmailer-$version.tar.gz"
sh initscripts/recipes.sh "$T/recipes" "$T/nullmailer-$version.tar.gz" "$version"
hash() { "$1" "$T/nullmailer-$version.tar.gz" | cut -d' ' -f1; }
packed() { (cd "$1" && find . ! -type d | sed 's/^\.//' | LC_ALL=C sort); }
lint() { shellcheck -f gcc "$@"; }
# holds NAME FOLDER FILE...
holds() {
	name=$1 folder=$2; shift 2
	for f; do ok "$name: $f" [ -e "$folder$f" ]; done
}

apk=$T/recipes/alpine
is "APKBUILD: shellcheck" "$(lint -s sh -e SC2034,SC2154 $apk/APKBUILD)" ""
is "APKBUILD: its scripts" "$(lint -s sh $apk/nullmailer.*)" ""
# from_apkbuild COMMAND: as abuild runs it, where it has made the user or not
from_apkbuild() {
	busybox ash -e -c "srcdir=$T/src pkgdir=$T/apk CC=musl-gcc
		chown() { echo \"\$*\" >>$T/chown; ${knows_user:-true}; }
		. $apk/APKBUILD
		$1"
}
set_uid_files() { find "$1" -perm /6000 | sed "s|^$1||"; }
is "APKBUILD: it is of this version" \
    "$(from_apkbuild 'echo $pkgname $pkgver')" "nullmailer $version"
is "APKBUILD: nothing is unset" "$(from_apkbuild 'for v in pkgrel pkgdesc url \
	arch license source install; do eval "[ -n \"\$$v\" ]" || echo $v; done')" ""
is "APKBUILD: its scripts are there" "$(from_apkbuild 'for f in $install
	do [ -x '$apk'/$f ] || echo $f; done')" ""
is "APKBUILD: the hash of its archive" "$(from_apkbuild 'echo $sha512sums ${source##*/}')" \
    "$(hash sha512sum) nullmailer-$version.tar.gz nullmailer-$version.tar.gz"
is "APKBUILD: subpackages" "$(from_apkbuild 'echo $subpackages')" \
    "nullmailer-doc nullmailer-openrc"
ok "APKBUILD: build" from_apkbuild "build >/dev/null"
knows_user=false from_apkbuild "package >/dev/null"
is "APKBUILD: without the user there is no package, and no set-uid file" \
    "$? $(set_uid_files "$T/apk")" "1 "
: >"$T/chown"
ok "APKBUILD: package" from_apkbuild "package >/dev/null"
is "APKBUILD: abuild makes the user" "$(from_apkbuild 'echo $pkgusers $pkggroups')" \
    "nullmail nullmail"
is "APKBUILD: spool and set-uid copy are its" "$(sed "s|$T/apk||g" "$T/chown")" \
    "nullmail:nullmail /var/spool/nullmailer /usr/sbin/nullmailer-queue"
is "APKBUILD: nothing else is set-uid" "$(set_uid_files "$T/apk")" \
    /usr/sbin/nullmailer-queue
holds APKBUILD "$T/apk" /usr/bin/nullmailer /usr/sbin/nullmailer-send \
    /usr/sbin/sendmail /usr/libexec/nullmailer/smtp /etc/init.d/nullmailer \
    /etc/conf.d/nullmailer /etc/udhcpc/post-bound/nullmailer \
    /usr/share/licenses/nullmailer/LICENSE /usr/share/man/man8/nullmailer-send.8
lacks "APKBUILD: nothing is below /usr/local" "$(packed "$T/apk")" ^/usr/local
has "APKBUILD: it looks for its configuration in /etc" \
    "$(strings -a "$T/nullmailer")" '^/etc/nullmailer$'

# OpenWrt's build system in a few lines.
mkdir -p "$T/top" "$T/include" "$T/dl"
cat >"$T/top/rules.mk" <<END
PKG_BUILD_DIR = $PWD
INSTALL_DIR = mkdir -p
INSTALL_BIN = install -m 755
TARGET_CC = musl-gcc
TARGET_AR = ar
MAKE = $T/make
END
cat >"$T/include/package.mk" <<'END'
define BuildPackage
$(foreach d,Package/$(1) Package/$(1)/description Package/$(1)/conffiles \
	Package/$(1)/install Build/Compile,
	$(if $(value $(d)),,$(error $(d) is not defined)))
$$(eval $$(Package/$(1)))
compile: ; $$(call Build/Compile)
install: ; $$(call Package/$(1)/install,$$(TO))
version: ; @echo $$(PKG_NAME) $$(PKG_VERSION)
value: ; @echo $$($$(VALUE))
script: ; @echo $$(foreach s,preinst postinst prerm postrm,$$(value Package/$(1)/$$(s)))
END
echo endef >>"$T/include/package.mk"
openwrt() {
	"$(PATH=${PATH#*:} command -v make)" -s -C "$T/recipes/openwrt" \
	    TOPDIR="$T/top" INCLUDE_DIR="$T/include" DL_DIR="$T/dl" \
	    TO="$T/owrt" "$@" >"$T/said"
}
is "OpenWrt: it is of this version" "$(openwrt version; cat "$T/said")" "nullmailer $version"
ok "OpenWrt: compile" openwrt compile
ok "OpenWrt: install" openwrt install
holds OpenWrt "$T/owrt" /usr/bin/nullmailer /usr/sbin/nullmailer-send \
    /usr/sbin/nullmailer-queue /etc/init.d/nullmailer /etc/config/nullmailer \
    /etc/hotplug.d/iface/90-nullmailer
lacks "OpenWrt: no pages, nothing in memory" "$(packed "$T/owrt")" \
    '^/usr/share/man\|^/var'
value() { openwrt value VALUE="$1" >/dev/null; cat "$T/said"; }
# An image is made on a host without our user: what runs there would find none.
is "OpenWrt: nothing is set-uid by hand" "$(set_uid_files "$T/owrt")" ""
is "OpenWrt: no script runs where the image is made" \
    "$(openwrt script; cat "$T/said")" ""
is "OpenWrt: owner and rights stand in the package" "$(value PKG_FILE_MODES)" \
    "/usr/sbin/nullmailer-queue:nullmail:nullmail:4755"
is "OpenWrt: the user has a number" "$(value USERID)" "nullmail=467:nullmail=467"
is "OpenWrt: a system upgrade keeps mail that waits" \
    "$(cat "$T/owrt/lib/upgrade/keep.d/nullmailer")" /srv/nullmailer/
# Each alternative leads to a file of the package, and hides none of its own.
for alternative in $(value ALTERNATIVES); do
	link=${alternative#*:} target=${alternative##*:}
	link=${link%:*}
	ok "OpenWrt: $link: another package's may stay" [ ! -e "$T/owrt$link" ]
	ok "OpenWrt: $link: ours is $target" [ -f "$T/owrt$target" ]
done
is "OpenWrt: three names are alternatives" "$(value ALTERNATIVES | wc -w)" 3

is "OpenWrt: the hash of its archive" "$(value PKG_HASH)" "$(hash sha256sum)"
is "OpenWrt: its archive" "$(value PKG_SOURCE)" "nullmailer-$version.tar.gz"

# The service, filled in, with procd and UCI played.
script=$T/owrt/etc/init.d/nullmailer
is "procd: no placeholder is left" "$(grep -n '@[A-Z]*@' "$script")" ""
ok "procd: ash reads it" busybox ash -n "$script"
is "procd: shellcheck" "$(lint "$script")" ""
is "hotplug: shellcheck" "$(lint initscripts/openwrt/hotplug)" ""
cat >"$T/stubs" <<'END'
for f in open_instance close_instance set_param add_reload_trigger send_signal
do eval "procd_$f() { echo $f \"\$@\" >>$T/procd; }"; done
chown() { echo chown "$@" >>$T/procd; }
start() { start_service; }
config_load() {
	section=0 sections=
	while read -r line; do
		case $line in '#'*) continue ;; esac
		eval "set -- $line"
		case ${1:-} in
		config) section=$((section + 1))
			name=${3:-cfg$section} sections="$sections $2:$name"
			config_cb "$2" "$name" ;;
		option) eval "uci_${name}_$2=\$3"; option_cb "$2" "$3" ;;
		list) list_cb "$2" "$3"; eval "uci_${name}_$2=\"\${uci_${name}_$2:-}\$3
\"" ;;
		esac
	done <"$T/uci"
}
config_get() { eval "$1=\"\${uci_$2_$3:-${4:-}}\""; }
config_get_bool() { config_get "$@"; }
config_foreach() {
	for s in $sections; do
		case $s in "$2":*) "$1" "${s#*:}" ;; esac
	done
}
config_list_foreach() {
	eval "printf '%s' \"\${uci_$1_$2:-}\"" >"$T/list"
	while IFS= read -r value; do "$3" "$value"; done <"$T/list"
}
END
# procd FUNCTION: of the script, with its folders in ours
procd() {
	: >"$T/procd"
	sed "s|/var/etc/nullmailer|$T/etc/nullmailer|g; s|/srv/|$T/srv/|" \
	    "$script" >"$T/script"
	busybox ash -e -c "T=$T; . $T/stubs; . $T/script; $1"
}
cp "$T/owrt/etc/config/nullmailer" "$T/uci"
procd start_service
is "procd: as delivered it does not start" "$(cat "$T/procd")" ""
sed "s/enabled '0'/enabled '1'/" "$T/owrt/etc/config/nullmailer" >"$T/uci"
procd start_service
is "procd: the instance" "$(grep -v ^chown "$T/procd")" "open_instance
set_param command /usr/sbin/nullmailer-send --syslog
set_param user nullmail
set_param no_new_privs 1
set_param respawn 3600 5 0
close_instance"
is "procd: remotes" "$(cat "$T/etc/nullmailer/remotes")" \
    "mail.example.org smtp 'starttls' 'port=587' 'user=router' 'pass=its password'"
sed -n '/^#config remote/,$s/^#//p' "$T/owrt/etc/config/nullmailer" >>"$T/uci"
procd start_service
is "procd: several remotes, in order" "$(cat "$T/etc/nullmailer/remotes")" \
    "mail.example.org smtp 'starttls' 'port=587' 'user=router' 'pass=its password'
backup.example.net smtp 'tls'"
is "procd: remotes is nobody else's" \
    "$(stat -c %a "$T/etc/nullmailer/remotes" "$T/etc/nullmailer" | xargs)" "600 755"
is "procd: the folder is as it was made" "$(cd "$T/etc" && echo *)" nullmailer
is "procd: control files" "$(cd "$T/etc/nullmailer" && head -n 1 me adminaddr |
    xargs)" "==> me <== router.example.org ==> adminaddr <== admin@example.org"
# The files of nullmailer(7), whatever they are; one of several lines.
names=$(sed -n '/^\.Sh CONTROL FILES/,/^\.Sh REMOTES/s/^\.It Pa \([a-z]*\)$/\1/p' \
    applets/nullmailer.7 | grep -vE '^(remotes|aliases)$')
{
	sed '/^config remote/,$d' "$T/uci"
	for name in $names; do echo "	option $name 'of $name'"; done
	echo "	list aliases 'root: a@example.org'"
	echo "	list aliases '*: b@example.org'"
	sed -n '/^config remote/,$p' "$T/uci"
} >"$T/more"
cp "$T/uci" "$T/before"
cp "$T/more" "$T/uci"
procd start_service
ok "procd: there are control files" [ "$(echo "$names" | wc -l)" -gt 10 ]
is "procd: every control file can be written" "$(for name in $names; do
	[ "$(cat "$T/etc/nullmailer/$name")" = "of $name" ] || echo "$name"; done)" ""
is "procd: a file of several lines" "$(cat "$T/etc/nullmailer/aliases")" \
    "root: a@example.org
*: b@example.org"
cp "$T/before" "$T/uci"
procd reload_service
is "procd: what is not said any more is gone" "$(cd "$T/etc/nullmailer" && echo *)" \
    "adminaddr me remotes"
has "procd: reload runs the queue" "$(cat "$T/procd")" '^send_signal nullmailer \* HUP$'
procd service_triggers
is "procd: a change of the file reloads" "$(cat "$T/procd")" \
    "add_reload_trigger nullmailer"

# What any password becomes, at the other end of the sender.
cat >"$T/uci" <<'END'
config nullmailer 'main'
	option enabled '1'
config remote
	option host '127.0.0.1'
	option protocol 'show'
	list option 'pass=a "b" \c'\''d $e #f'
END
procd start_service
prefix
cp "$T/etc/nullmailer/remotes" "$config/remotes"
module show "cat >'$T/shown'"
put 1.1 r@example.net
run
has "procd: a password keeps all its characters" "$(cat "$T/shown")" \
    "^pass=a \"b\" .c'd \$e #f\$"

# What logcheck is told to pass over: all of an ordinary delivery, no failure.
seen() {
	sed 's/^/Nov  7 01:02:03 host nullmailer[12]: /; s/nullmailer-send: //' \
	    "$T/log" "$T/err" | grep -vEf initscripts/debian/logcheck
}
serve auto
remotes "127.0.0.1 smtp port=$port"
put 1.1 r@example.net
run
ok "logcheck: there is a log" [ "$(lines .)" -gt 3 ]
is "logcheck: a delivery is nothing to report" "$(seen)" ""
serve 'on RCPT 550 5.1.1 no' auto
remotes "127.0.0.1 smtp port=$port"
put 1.2 r@example.net
run
has "logcheck: a failure is" "$(seen)" '550 5\.1\.1 no'
