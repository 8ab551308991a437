# demo.sh - `make demo`: the main job, seen from outside. A private spool and
# configuration, a small SMTP server on this machine, one message.
. tests/lib.sh

now() { date +%s.%N; }
since() { printf '%s %s\n' "$(now)" "$1" | awk '{ printf "%.0f ms", ($1 - $2) * 1000 }'; }
shown() { sed 's/^/    /' "$@"; }
step() { printf '\n%s\n' "$*"; }

prefix "$T/demo"
echo "client.example.org" >"$T/demo/conf/me"
echo "example.org" >"$T/demo/conf/defaultdomain"
echo 0 >"$T/demo/conf/pausetime"

step "1. The binary: $(wc -c <"$NM") bytes, static; all programs are links to it:"
"$NM" --list | while read -r name _; do printf '%s ' "$name"; done | shown
echo

echo auto >"$T/script"
"$PEER" -n 1 -t 60 -p "$T/port" -l "$T/log" -o "$T/got" "$T/script" &
owns $!
peer=$!
until_true 5 [ -s "$T/port" ] || exit 1
echo "127.0.0.1 smtp port=$(cat "$T/port")" >"$T/demo/conf/remotes"
step "2. A server listens on this machine. The configuration names it, in" \
    "the file remotes:"
shown "$T/demo/conf/remotes"

cat >"$T/message" <<'END'
From: Newcomer <newcomer>
To: Postmaster <postmaster@example.net>
Subject: The first message

It works.
.
A dot on a line of its own is no end.
END
step "3. Something on this host sends mail:  sendmail -t <message"
shown "$T/message"
began=$(now)
sendmail -t <"$T/message" || exit 1
queued=$(since "$began")

step "4. It is on the disk, complete and synced, $queued later:  mailq"
mailq | shown

step "5. The sender does its work; pausetime 0 lets it end when the queue" \
    "is empty:  nullmailer-send"
began=$(now)
nullmailer-send 2>&1 | shown
sent=$(since "$began")
wait "$peer"
ok "" [ -s "$T/got.1" ] >/dev/null

step "6. The server heard (C:) and said (S:)"
sed -n 's/^[0-9]* [0-9]* \([CS]: .*\)/\1/p' "$T/log" | shown

step "7. and received; on the wire a dot that begins a line is doubled:"
tr -d '\r' <"$T/got.1" | shown

if [ "$test_failed" -eq 0 ] && [ -z "$(mailq)" ]; then
	step "Done: queued in $queued, delivered in $sent, the queue is empty."
	echo "Next: README.md, 'Setting it up'."
else
	test_failed=1
	step "Something went wrong: the message has not arrived."
fi
