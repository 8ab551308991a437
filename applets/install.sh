#!/bin/sh
# install.sh install|uninstall - put the programs of applets.h in their places
#
# The Makefile gives DESTDIR BINARY BIN SBIN MODULES MAN CONFIG SPOOL OWNER
# LAYOUT in the environment. The table is read as text, because the binary may
# be for another machine.
#
# The binary is there once, as BIN/nullmailer; every program is a relative
# symbolic link to it: links may cross file systems, packagers and copies of a
# folder keep them, and ls shows what they are. Programs marked SUID_KEEP are
# links to a second copy, SBIN/nullmailer-queue, which alone is set-uid.
set -eu
umask 022
here=$(dirname "$0")
plain=$BIN/nullmailer
setuid=$SBIN/nullmailer-queue

# function name folder rights, a line for each row of the table
table() {
	sed -n 's/^	X(\([a-z]*\), *"\([^"]*\)", *\([A-Z]*\), *\([A-Z_]*\),.*/\1 \2 \3 \4/p' \
	    "$here/applets.h"
}

# place FOLDER NAME: the path of a program
place() {
	case $1 in
	BIN) echo "$BIN/$2" ;;
	SBIN) echo "$SBIN/$2" ;;
	MODULES) echo "$MODULES/$2" ;;
	esac
}

# pages: "SOURCE PATH" of every manual page
pages() {
	for source in "$here"/*.[1-8]; do
		echo "$source $MAN/man${source##*.}/${source##*/}"
	done
}

# more_pages: "TARGET PATH" for programs that share the page of another one
more_pages() {
	table | while read -r function name folder _; do
		[ "$folder" != MODULES ] || continue
		set -- "$here/$name".[1-8]
		[ ! -f "$1" ] || continue
		first=$(table | sed -n "s/^$function \([^ ]*\).*/\1/p" | head -n 1)
		set -- "$here/$first".[1-8]
		[ ! -f "$1" ] || echo "$MAN/man${1##*.}/$first.${1##*.}" \
		    "$MAN/man${1##*.}/$name.${1##*.}"
	done
}

# filled: a page, with the paths and the user of this installation
filled() {
	sed "s|/usr/local/etc/nullmailer|$CONFIG|g
		s|/usr/local/var/spool/nullmailer|$SPOOL|g
		s|/usr/local/libexec/nullmailer|$MODULES|g
		s|/usr/local/sbin|$SBIN|g; s|/usr/local/bin|$BIN|g
		s|\([ (]\)nullmail\([ :)]\)|\1$OWNER\2|g
		s|=nullmail\$|=$OWNER|" "$1"
}

# link TARGET PATH: both absolute; the shortest way from one to the other
link() {
	from=${2#/} to=${1#/}
	while [ "${from%%/*}" = "${to%%/*}" ] && [ "${from#*/}" != "$from" ]; do
		from=${from#*/} to=${to#*/}
	done
	up=$(echo "$from" | sed 's|[^/]*$||; s|[^/][^/]*/|../|g')
	mkdir -p "$DESTDIR$(dirname "$2")"
	ln -sf "$up$to" "$DESTDIR$2"
}

# copy SOURCE PATH MODE: a running program keeps its own file
copy() {
	mkdir -p "$DESTDIR$(dirname "$2")"
	cp "$1" "$DESTDIR$2.new"
	chmod "$3" "$DESTDIR$2.new"
	mv -f "$DESTDIR$2.new" "$DESTDIR$2"
}

can_own() {
	[ "$(id -u)" -eq 0 ] && id "$OWNER" >/dev/null 2>&1
}

# own MODE PATH...: paths of the spool, owner before mode
own() {
	mode=$1
	shift
	for path; do
		! can_own || chown "$OWNER:$GROUP" "$DESTDIR$path"
		chmod "$mode" "$DESTDIR$path"
	done
}

spool() {
	mkdir -p "$DESTDIR$SPOOL/queue" "$DESTDIR$SPOOL/tmp" \
	    "$DESTDIR$SPOOL/failed" "$DESTDIR$CONFIG"
	[ -p "$DESTDIR$SPOOL/trigger" ] || mkfifo "$DESTDIR$SPOOL/trigger"
	if [ "$LAYOUT" = debian ]; then
		GROUP=root
		own 755 "$SPOOL" "$SPOOL/failed"
		own 750 "$SPOOL/queue" "$SPOOL/tmp"
		own 622 "$SPOOL/trigger"
	else
		GROUP=
		own 755 "$SPOOL"
		own 700 "$SPOOL/queue" "$SPOOL/tmp" "$SPOOL/failed"
		own 600 "$SPOOL/trigger"
	fi
}

programs() {
	copy "$BINARY" "$plain" 755
	copy "$BINARY" "$setuid" 755
	table | while read -r _ name folder rights; do
		path=$(place "$folder" "$name")
		case $path,$rights in
		"$setuid",*) ;;
		*,SUID_KEEP) link "$setuid" "$path" ;;
		*) link "$plain" "$path" ;;
		esac
	done
	pages | while read -r source path; do
		mkdir -p "$DESTDIR${path%/*}"
		filled "$source" >"$DESTDIR$path.new"
		chmod 644 "$DESTDIR$path.new"
		mv -f "$DESTDIR$path.new" "$DESTDIR$path"
	done
	more_pages | while read -r target path; do link "$target" "$path"; done
	[ "$LAYOUT" != debian ] || link "$SBIN/sendmail" /usr/lib/sendmail
}

# package_of PATH: the package that brought it, if a package manager says so
package_of() {
	for ask in 'dpkg-query -S' 'rpm -qf' 'apk info -qW' 'pacman -Qqo'; do
		! said=$($ask "$1" 2>/dev/null) || {
			echo "${said%%:*}"
			return
		}
	done
}

# A package's program that is put aside comes back with its next upgrade, and
# ours would be gone; and uninstall could not bring it back.
refuse_others() {
	[ -z "$DESTDIR" ] || return 0
	for path in "$SBIN/sendmail" "$BIN/mailq" "$BIN/newaliases" \
	    "$SBIN/nullmailer-send"; do
		package=$(package_of "$path")
		[ -z "$package" ] || {
			echo "$path belongs to the package $package. Make" \
			    "a package that takes its place (make deb), install" \
			    "below another folder (PREFIX), or remove it" >&2
			exit 1
		}
	done
}

# Set-uid root would be worse than not at all.
rights() {
	if can_own; then
		chown "$OWNER" "$DESTDIR$setuid"
		chmod 4755 "$DESTDIR$setuid"
		return
	fi
	echo "Not finished: until this is done as root, only root can send mail:"
	id "$OWNER" >/dev/null 2>&1 || cat <<END
	useradd --system --home-dir $SPOOL --shell /usr/sbin/nologin $OWNER
END
	cat <<END
	chown $OWNER $DESTDIR$setuid && chmod 4755 $DESTDIR$setuid
	chown -R $OWNER $DESTDIR$SPOOL
END
}

remove() {
	table | while read -r _ name folder _; do
		place "$folder" "$name"
	done
	{
		pages
		more_pages
	} | sed 's/^[^ ]* //'
	echo "$plain"
	echo "$setuid"
	[ "$LAYOUT" != debian ] || echo /usr/lib/sendmail
}

case ${1:-} in
install)
	refuse_others
	spool
	programs
	rights
	;;
uninstall)
	remove | while read -r path; do rm -f "$DESTDIR$path"; done
	rm -f "$DESTDIR$SPOOL/trigger" "$DESTDIR$SPOOL/status" \
	    "$DESTDIR$SPOOL/failures" "$DESTDIR$SPOOL/lock"
	rm -rf "$DESTDIR$SPOOL/conf"
	rmdir "$DESTDIR$MODULES" "$DESTDIR$SPOOL/queue" "$DESTDIR$SPOOL/tmp" \
	    "$DESTDIR$SPOOL/failed" "$DESTDIR$SPOOL/hold" "$DESTDIR$SPOOL" \
	    "$DESTDIR$CONFIG" 2>/dev/null || :
	for left in "$DESTDIR$SPOOL" "$DESTDIR$CONFIG"; do
		[ ! -e "$left" ] || echo "Left in place: $left"
	done
	;;
*)
	echo "usage: install.sh install|uninstall" >&2
	exit 1
	;;
esac
