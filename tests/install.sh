# install.sh - make install and uninstall, both layouts, into a scratch folder
# needs: readelf=binutils
. tests/lib.sh
unset MAKEFLAGS MAKELEVEL

# TLS plays no part here, and the build is faster without.
MUSL=$(make -s show-MUSL_MADE)
build() {
	make -s SSL=none MUSL="$MUSL" LAYOUT="$layout" OBJ="$T/$layout.obj" \
	    BINARY="$T/nullmailer.$layout" DESTDIR="$root" "$@" >"$T/out" 2>&1 ||
		sed 's/^/# /' "$T/out"
}
mode() { stat -c '%A %U' "$root$1" 2>&1; }
target() { readlink "$root$1"; }

# LAYOUT BIN SBIN MODULES MAN CONFIG SPOOL
layout() {
	layout=$1 root=$T/$1
	bin=$2 sbin=$3 modules=$4 man=$5 etc=$6 var=$7
}
upstream() {
	l=/usr/local
	layout upstream $l/bin $l/sbin $l/libexec/nullmailer $l/share/man \
	    $l/etc/nullmailer $l/var/spool/nullmailer
}
debian() {
	layout debian /usr/bin /usr/sbin /usr/lib/nullmailer /usr/share/man \
	    /etc/nullmailer /var/spool/nullmailer
}

# Every row of the table, found where it belongs.
programs_are_there() {
	"$T/nullmailer.$layout" --list >"$T/list"
	ok "$layout: there are programs" [ -s "$T/list" ]
	while read -r name folder rights; do
		case $folder in
		BIN) f=$bin/$name ;;
		SBIN) f=$sbin/$name ;;
		MODULES) f=$modules/$name ;;
		esac
		want=$root$bin/nullmailer
		[ "$rights" != set-uid ] || want=$root$sbin/nullmailer-queue
		ok "$layout: $f" [ "$root$f" -ef "$want" ]
		lacks "$layout: $f is not tied to the scratch folder" \
		    "$(target "$f")" "$T"
	done <"$T/list"
}

pages_are_there() {
	for f in man1/sendmail.1 man1/newaliases.1 man7/nullmailer.7 \
	    man8/nullmailer-send.8 man8/nullmailer-queue.8 \
	    man8/nullmailer-smtp.8; do
		ok "$layout: $man/$f" [ -s "$root$man/$f" ]
	done
}

# The pages are about this installation, its paths and its user.
pages_are_filled() {
	cat "$root$man"/man*/* >"$T/pages"
	for f in "$etc" "$var" "$modules" "$sbin/nullmailer-send"; do
		ok "$layout: pages speak of $f" grep -qF "$f" "$T/pages"
	done
	has "$layout: pages speak of the user" "$(cat "$T/pages")" "^chown $1 remotes"
}
# What a reader copies from a terminal, indented as it is there.
examples_work() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Ed/{/^echo/,/^\.Ed/p;}' \
	    "$root$man/man7/nullmailer.7" | sed '/^\./d; s/^/       /' >"$T/example"
	mkdir "$T/$layout.etc"
	is "$layout: the first example does its work and ends" "$(cd "$T/$layout.etc" &&
	    sh -ec "chown() { echo chown \"\$@\"; }; . '$T/example'" 2>&1)" \
	    "chown $1 remotes"
	is "$layout: and leaves a remote" "$(cat "$T/$layout.etc/remotes")" \
	    "mail.example.org smtp port=587 starttls user=jane pass='open the door'"
}

folders_are_there() {
	ok "$layout: $etc" [ -d "$root$etc" ]
	for f in queue tmp failed; do
		is "$layout: mode of $f" "$(mode "$var/$f" | cut -c1-10)" \
		    "$1"
		shift
	done
}

upstream
build install OWNER=no-such-user
programs_are_there
pages_are_there
pages_are_filled no-such-user
examples_work no-such-user
folders_are_there drwx------ drwx------ drwx------
is "upstream: mode of trigger" "$(mode "$var/trigger" | cut -c1-10)" prw-------
is "without the owner nothing is set-uid" \
    "$(mode "$sbin/nullmailer-queue" | cut -c1-10)" -rwxr-xr-x
has "what remains to be done is said" "$(cat "$T/out")" 'chmod 4755'
has "and that the user is missing" "$(cat "$T/out")" 'useradd .* no-such-user'
is "upstream: no link outside the prefix" \
    "$(find "$root" -mindepth 1 -maxdepth 2 | sed "s|$root||")" "$(printf '/usr\n/usr/local')"
echo kept >"$root$etc/remotes"
mkdir "$root$var/hold" "$root$var/conf"
for f in lock status failures conf/me; do echo >"$root$var/$f"; done
build uninstall
is "uninstall leaves the configuration only" \
    "$(find "$root" -not -type d | sed "s|$root||")" "$etc/remotes"
has "and says so" "$(cat "$T/out")" "Left in place: $root$etc"

debian
build install
programs_are_there
pages_are_there
pages_are_filled mail
examples_work mail
lacks "debian: no page speaks of another layout" "$(cat "$T/pages")" '/usr/local'
folders_are_there drwxr-x--- drwxr-x--- drwxr-xr-x
is "debian: mode of trigger" "$(mode "$var/trigger" | cut -c1-10)" prw--w--w-
is "debian: /usr/lib/sendmail" "$(target /usr/lib/sendmail)" ../sbin/sendmail

# As an ordinary user in the installed tree, which holds nothing else.
set_uid() {
	is "set-uid copy" "$(mode /usr/sbin/nullmailer-queue)" "-rwsr-xr-x mail"
	is "the other one is not" "$(mode /usr/bin/nullmailer)" "-rwxr-xr-x root"
	is "spool owner" "$(mode "$var/queue")" "drwxr-x--- mail"
	is "configuration owner" "$(mode "$etc")" "drwxr-xr-x root"
	echo example.org >"$root/etc/mailname"
	out=$(printf 'To: a@example.net\nSubject: x\n\nbody\n' |
	    chroot --userspec=65534:65534 "$root" /usr/sbin/sendmail -t 2>&1)
	is "nobody can send mail" "$out" ""
	is "it is the owner's now" "$(stat -c %U "$root$var/queue"/*)" mail
	has "nobody can list it" "$(chroot --userspec=65534:65534 "$root" \
	    /usr/bin/mailq 2>&1)" 'to <a@example.net>'
	rm -f "$root$var/queue"/*
}
if [ "$(id -u)" -eq 0 ] && id mail >/dev/null 2>&1; then set_uid
else has "what remains is said" "$(cat "$T/out")" 'chown mail'; fi

build install
is "installing again changes no kind of file" "$(target /usr/bin/mailq)" \
    ../sbin/nullmailer-queue
echo waiting >"$root$var/queue/1.1"
rm -f "$root/etc/mailname"
build uninstall
is "uninstall leaves the mail" "$(find "$root" -not -type d | sed "s|$root||")" \
    "$var/queue/1.1"
