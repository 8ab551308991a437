# container.sh - a root that holds the binary, the configuration and the spool
# and nothing else, read-only but for the spool, as uid 1000 without a
# capability: by chroot, bwrap and crun, with and without what roots usually
# have; with bare nothing and with /etc/hosts the smart host is localhost
# needs: bwrap=bubblewrap crun
. tests/interop/lib.sh

CONFIG=$(mk show-CONFIG) SPOOL=$(mk show-SPOOL)
spool=$T/volume
mkdir -m 700 "$spool"
chown 1000:1000 "$spool"
serve auto

# image PORT [HOST]: a root as an image has it, with a new copy of the binary
image() {
	root=$(mktemp -d "$T/root.XXXXXX")
	chmod 755 "$root"
	config=$root$CONFIG
	mkdir -p "$config" "$root$SPOOL"
	cp "$NM" "$root/nullmailer"
	conf me host.example.org
	remotes "${2:-127.0.0.1} smtp port=$1"
	chown 1000:1000 "$config/remotes"
	chmod 600 "$config/remotes"
}

child_of() { children "$1" | cut -d' ' -f1; }
own_users=
# Starts "$@" in the background and waits for the sender that it runs.
up() {
	SENDER=$*
	start </dev/null
	logged 60 'Rescanning queue' || log | sed 's/^/# /'
	first=$sender
	while [ "$(inner_pid)" != 1 ] && [ -n "$(child_of "$first")" ]; do
		first=$(child_of "$first")
	done
}
inner_pid() { awk '/^NSpid:/ { print $NF }' "/proc/$first/status"; }
status() { awk -v k="$1:" '$1 == k { print $2 }' "/proc/$first/status"; }
# shellcheck disable=SC2086
in_it() {
	nsenter --target "$first" $own_users --mount --pid --root --wd \
	    --setuid 1000 --setgid 1000 /nullmailer "$@"
}

sent=0
delivered() { [ "$(taken)" -ge "$1" ]; }
arrives() {
	sent=$((sent + 1))
	ok "$1" until_true 60 delivered "$sent"
}
slip_in() {
	put 1795200000.$sent r@example.net
	chown 1000:1000 "$spool/queue/1795200000.$sent"
}

term() {
	began=$(ms)
	kill -TERM "$first"
	until_true 60 [ ! -e "/proc/$first" ] || kill -9 "$first"
	wait "$sender"
	code=$?
	took=$(($(ms) - began))
}
# down NAME COMMAND...: of a machine that is busy with other things a second is
# not asked at once; the command starts the container for another try.
down() {
	name=$1; shift
	term
	is "$name: TERM ends it" "$code" 0
	for _ in 1 2; do
		[ "$took" -ge 1000 ] || break
		echo "# $name: ended after $took ms, once more"
		"$@"
		term
	done
	ok "$name: within a second ($took ms)" [ "$took" -lt 1000 ]
	echo "#= $name: $facts; ended $took ms after TERM"
}

# A process whose parent is gone; this shell's exec leaves it no other. It lives
# until somebody writes to the FIFO.
mkfifo "$T/hold"
orphan() {
	nsenter --target "$first" --pid \
	    sh -c 'cat <"$1" >/dev/null & exec true' - "$T/hold"
}
no_children() { [ -z "$(child_of "$first")" ]; }

# life NAME: all of it, in the container that is up
life() {
	is "$1: it is process 1" "$(inner_pid)" 1
	is "$1: no capabilities" "$(status CapEff)$(status CapPrm)" \
	    00000000000000000000000000000000
	is "$1: no new privileges" "$(status NoNewPrivs)" 1
	facts="uid $(status Uid), capabilities $(status CapEff)"
	facts="$facts, no_new_privs $(status NoNewPrivs)"
	message "$sent" | in_it sendmail -f s@example.org -t
	arrives "$1: a message arrives"
	slip_in
	kill -HUP "$first"
	arrives "$1: HUP runs the queue"
	until_true 60 no_children
	orphan
	ok "$1: an orphan comes to it" [ -n "$(child_of "$first")" ]
	timeout 60 sh -c ': >"$1"' - "$T/hold"
	ok "$1: and is reaped" until_true 60 no_children
	is "$1: mailq" "$(in_it mailq)" ""
}

# by_chroot THING...: what the root has besides
cat >"$T/enter" <<'END'
root=$1 volume=$2 spool=$3; shift 3
mount --bind "$root" "$root"
mount --bind "$volume" "$root$spool"
for thing; do
	case $thing in
	/proc) mount -t proc proc "$root/proc" ;;
	/dev) mount --rbind /dev "$root/dev" ;;
	esac
done
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec=1000:1000 --groups= "$root" \
    /nullmailer send
END
by_chroot() {
	for thing; do
		case $thing in
		/proc | /dev) mkdir -p "$root$thing" ;;
		/etc/passwd) mkdir -p "$root/etc"
			echo 'mail:x:1000:1000::/:/nowhere' >"$root$thing" ;;
		/etc/hosts) mkdir -p "$root/etc"
			echo '127.0.0.1 localhost' >"$root$thing" ;;
		esac
	done
	up unshare --mount --pid --uts --ipc --fork --kill-child \
	    sh "$T/enter" "$root" "$spool" "$SPOOL" "$@"
}
for things in '' /proc /dev /etc/passwd /etc/hosts \
    '/proc /dev /etc/passwd /etc/hosts'; do
	case $things in
	'' | /etc/hosts) image "$port" localhost ;;
	*) image "$port" ;;
	esac
	# shellcheck disable=SC2086
	by_chroot $things
	is "root with ${things:-nothing}: as uid 1000" "$(status Uid)" 1000
	life "root with ${things:-nothing}"
	is "root with ${things:-nothing}: it cannot write there" "$(
		nsenter --target "$first" --mount touch "$root/x" 2>&1 |
		    sed 's/.*: //')" "Read-only file system"
	# shellcheck disable=SC2086
	down "root with ${things:-nothing}" by_chroot $things
done

# Without any privilege from the beginning.
by_bwrap() {
	up setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs \
	    bwrap --unshare-all --share-net --as-pid-1 --cap-drop ALL \
	    --die-with-parent --ro-bind "$root" / --bind "$spool" "$SPOOL" \
	    /nullmailer send
}
image "$port"
by_bwrap
own_users=--user
is "bwrap: as uid 1000" "$(status Uid)" 1000
is "bwrap: no capability could come back" "$(status CapBnd)" 0000000000000000
life bwrap
down bwrap by_bwrap
own_users=

# What podman and docker run --user 1000 --read-only --cap-drop ALL
# --security-opt no-new-privileges do.
by_crun() {
	mkdir -p "$T/bundle"
	cat >"$T/bundle/config.json" <<END
{
	"ociVersion": "1.0.0",
	"process": {
		"args": [ "/nullmailer", "send" ], "cwd": "/",
		"user": { "uid": 1000, "gid": 1000 },
		"capabilities": { }, "noNewPrivileges": true
	},
	"root": { "path": "$root", "readonly": true },
	"mounts": [ {
		"destination": "/dev", "source": "tmpfs", "type": "tmpfs"
	}, {
		"destination": "$SPOOL", "source": "$spool",
		"type": "bind", "options": [ "rbind", "rw" ]
	} ],
	"linux": { "namespaces": [ { "type": "pid" }, { "type": "mount" },
		{ "type": "ipc" }, { "type": "uts" } ] }
}
END
	up crun --root "$T/crun" --cgroup-manager=disabled run \
	    --bundle "$T/bundle" "nullmailer-test"
}
. tests/init/cgroup.sh
image "$port"
by_crun
is "crun: as uid 1000" "$(status Uid)" 1000
is "crun: no capability could come back" "$(status CapBnd)" 0000000000000000
life crun
down crun by_crun

# The container is killed and thrown away in the middle of its work.
image 1
by_crun
for n in 1 2 3 4 5; do message "$n" | in_it sendmail -f s@example.org -t; done
ok "replaced: they have been tried in vain" \
    logged 60 'Delivery complete, 5 message(s) remain'
is "replaced: they wait" "$(waiting)" 5
kill -9 "$first"
wait "$sender"
rm -rf "$root"
crun --root "$T/crun" delete --force nullmailer-test 2>/dev/null
image "$port"
by_bwrap
sent=$((sent + 4))
arrives "replaced: another one with the same volume sends them"
ok "replaced: the queue is empty" \
    until_true 60 drained
is "replaced: each was sent once" "$(taken)" "$sent"
down replaced by_bwrap
[ "$test_failed" -eq 0 ] || log | sed 's/^/# /'
