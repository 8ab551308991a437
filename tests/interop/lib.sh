# lib.sh - what every tests/interop/*.sh begins with. Runs the script once more
# in network, mount and process namespaces of its own: its servers listen on a
# loopback nobody else has, what it mounts is its own, and nothing it starts
# outlives it. Needs root.
# needs: ip=iproute2 unshare=util-linux
if [ "${NAMESPACES:-}" != own ]; then
	NAMESPACES=own exec unshare --net --mount --pid --fork --kill-child \
	    --mount-proc sh "$0"
fi
. tests/lib.sh
export LC_ALL=C
ip link set lo up
chmod 711 "$T"

# one_shot: the sender ends when the queue has been worked through once
one_shot() { echo 0 >"$NULLMAILER_TEST_PREFIX/conf/pausetime"; }
remotes() { printf '%s\n' "$@" >"$NULLMAILER_TEST_PREFIX/conf/remotes"; }
queued() { find "$NULLMAILER_TEST_PREFIX/queue/queue" -type f | wc -l; }
failed() { find "$NULLMAILER_TEST_PREFIX/queue/failed" -type f | wc -l; }

# message NUMBER: all that is legal and has ever been damaged on the way
message() {
	printf 'From: s@example.org\nTo: r%d@example.net\nSubject: %d\n' "$1" "$1"
	printf 'Folded: a\n\tb\n\n.\n..\n.dots and a tab\t\n\nblank at end: \n'
	printf 'eight bits: \303\244\377\200\n%0990d\nFrom the start\n' "$1"
	[ $(($1 % 3)) -ne 0 ] || printf 'no end of line'
}

# inject COUNT: that many messages into the queue, one sendmail each
inject() {
	i=0
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		message "$i" >"$T/message"
		sendmail -t <"$T/message" || return 1
	done
}

# texts FOLDER: a checksum of the message in each queue file, sorted. The last
# line gets the end that SMTP gives it.
texts() {
	for f in "$1"/*; do
		sed '1,/^$/d' "$f" | sed -e "\$a\\" | sha256sum
	done | sort
}
