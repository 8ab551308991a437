# mailq.sh - the listing, for people and for the programs that parse it.
# needs: jq flock=util-linux script=bsdutils
. tests/lib.sh
prefix
export TZ=UTC
first='^[0-9]\{4\}-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [0-9]* bytes from <.*>$'

is "empty queue" "$(mailq; echo $?)" 0
printf 'a@b.c\nd@e.f\ng@h.i\n\nSubject: secret\n\nsecret\n' >"$spool/queue/1700000000.77"
printf '\nd@e.f\n\n' >"$spool/queue/1700000001.5"
: >"$spool/queue/1700000003.1"
printf 'junk\n' >"$spool/queue/foreign"
printf 'late@b.c\nd@e.f\n\n' >"$spool/queue/1800000000.1"
printf 'late@b.c\nx@e.f\n\n' >"$spool/queue/.hidden"
cat >"$T/want" <<'END'
1970-01-01 00:00:00 5 bytes from <junk>
2023-11-14 22:13:20 43 bytes from <a@b.c>
  to <d@e.f>
  to <g@h.i>
2023-11-14 22:13:21 8 bytes from <>
  to <d@e.f>
2023-11-14 22:13:23 0 bytes
2027-01-15 08:00:00 16 bytes from <late@b.c>
  to <d@e.f>
END
is "oldest first, layout" "$(mailq)" "$(cat "$T/want")"
is "arguments are ignored" "$(mailq -Ac -q x 2>/dev/null -- --help)" "$(cat "$T/want")"
is "status" "$(mailq >/dev/null; echo $?)" 0
is "local time" "$(TZ=EET-2 mailq | sed -n 2p)" "2023-11-15 00:13:20 43 bytes from <a@b.c>"
lacks "never a header" "$(mailq)" secret

# what is no message: links, FIFOs, folders, sockets; it must not wait either
ln -s "$spool/queue/1700000000.77" "$spool/queue/1700000009.1"
ln -s nowhere "$spool/queue/1700000009.2"
mkfifo "$spool/queue/1700000009.3"
mkdir "$spool/queue/1700000009.4"
is "only files are listed" "$(timeout 5 "$NM" mailq)" "$(cat "$T/want")"
empty

# hostile files
printf 'a\033[2J@b.c\nd\007@e.f\n\n' >"$spool/queue/1.1"
is "no control bytes on a terminal" "$(mailq)" "1970-01-01 00:00:01 18 bytes from <a?[2J@b.c>
  to <d?@e.f>"
head -c 3000000 /dev/zero >"$spool/queue/2.1"
printf 'no newline' >"$spool/queue/3.1"
printf 'a@b.c\n' >"$spool/queue/4.1"
{ printf 's@b.c\n'; seq -f 'rcpt%.0f@example.com' 1 100000; echo; } >"$spool/queue/5.1"
printf 'x@y.z\nd@e.f\n\n' >"$spool/queue/99999999999999999999999.1"
out=$(limited 40000 mailq); rc=$?
is "junk: status" "$rc" 0
ok "junk: not much of it" test "$(printf '%s' "$out" | sed '/to <rcpt/d' | wc -c)" -lt 6000
has "junk: no newline" "$out" '^1970-01-01 00:00:03 10 bytes from <no newline>$'
is "100000 recipients" "$(echo "$out" | grep -c '^  to <rcpt')" 100000
has "a time beyond time" "$out" '13 bytes from <x@y.z>$'
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$T"; chmod 755 "$P" "$spool" "$spool/queue"
	chmod 600 "$spool"/queue/*
	out=$(setpriv --reuid 4321 --clear-groups "$NM" mailq)
	has "unreadable file: time and size only" "$out" '^1970-01-01 00:00:01 18 bytes$'
fi
empty

# what the sender knows
printf 'a@b.c\nd@e.f\n\n' >"$spool/queue/1700000000.77"
printf 'a@b.c\nd@e.f\n\n' >"$spool/queue/1700000000.7"
{
	printf '1700000000.77\t3\t1700000001\t1700000100\t1700000400\trelay.x.y\t16\t451 later\033\t0\t0\n'
	printf 'torn line\n'
	printf '1700000000.7\t0\t0\t0\t0\t\t0\t\t0\t0\n'
	printf '1700000000.8\t1\t1\t1\t1\tgone\t16\tgone\t0\t0\n'
} >"$spool/status"
is "attempts between the lines" "$(mailq)" "2023-11-14 22:13:20 13 bytes from <a@b.c>
  to <d@e.f>
2023-11-14 22:13:20 13 bytes from <a@b.c>
  1700000000.77 tried 3 times, next 2023-11-14 22:20:00, last: relay.x.y: 451 later?
  to <d@e.f>"
has "first line for parsers" "$(mailq | head -n 1)" "$first"
is "last line for parsers" "$(mailq | tail -n 1)" '  to <d@e.f>'
rm "$spool/status"; ln -s /etc/passwd "$spool/status"
lacks "status is no way to other files" "$(mailq)" tried
rm "$spool/status"; mkfifo "$spool/status"
has "nor a way to wait" "$(timeout 5 "$NM" mailq)" "$first"
rm "$spool/status"

# ---- notices, figures, JSON ----
empty
is "nothing waits: not a word" "$(mailq 2>&1)" ""
queue_file a@b.c >"$spool/failed/1700000001.1"
is "nor with something in failed/" "$(mailq 2>&1)" ""
printf 'a@b.c\nd@e.f\ng\377@h.i\n\nSubject: secret\n\nbody\n' >"$spool/queue/1700000000.77"
touch -d '1 hour ago' "$spool/queue/1700000000.77"
printf '1700000000.77\t2\t1\t2\t3\tre"lay\t16\t451 la\\ter\t0\t0\n' >"$spool/status"
printf '=\tr\trelay.x.y\t1000\t2000\t535 no\033\n=\tr\tbroken\n' >>"$spool/status"
is "a remote that rests" "$(mailq 2>&1 >/dev/null | grep rests)" \
    "mailq: relay.x.y rests since 1970-01-01 00:16:40, again at 1970-01-01 00:33:20: 535 no?"
has "no sender" "$(mailq 2>&1 >/dev/null)" '^mailq: no nullmailer-send runs$'
has "failed" "$(mailq 2>&1 >/dev/null)" '^mailq: failed: 1, see mailq -F$'
lacks "no notice looks like a message" "$(mailq 2>&1 >/dev/null)" '^[0-9]\| bytes'
is "figures" "$(mailq -s | grep -v '^oldest')" "waiting 1
held 0
failed 1
failed-day 1
bytes 42
sender 0"
out=$(mailq -j 2>"$T/err")
is "JSON: one line, no notices" "$(echo "$out" | wc -l) $(cat "$T/err")" "1 "
is "JSON: its values" "$(echo "$out" | jq -r '[.id, .state, .time, .size, .sender,
    .attempts, .next, .host, .code, .reply, (.recipients | length),
    .recipients[1].address_hex] | map(tostring) | join(" ")')" \
    '1700000000.77 waiting 1700000000 42 a@b.c 2 3 re"lay 16 451 la\ter 2 67ff40682e69'
is "JSON: figures" "$(mailq -s -j | jq .waiting)" 1
has "one of them, with its header" "$(mailq -v 1700000000.77)" '^  Subject: secret$'
lacks "but not its body" "$(mailq -v 1700000000.77)" body
mailq -v nothing 2>/dev/null
is "one that is not there" "$?" 1
mailq --no-such 2>/dev/null
is "an unknown long option" "$?" 1

# ---- watching, which needs a terminal ----
mailq --watch >/dev/null 2>&1
is "--watch without one" "$?" 1
timeout 20 script -qc 'mailq --watch' /dev/null >"$T/screen" &
watcher=$!
owns $watcher
ok "--watch shows what waits" until_true 10 grep -q '1 waiting, 0 sent' "$T/screen"
mv "$spool/queue/1700000000.77" "$spool/tmp/kept"
ok "it ends with an empty queue" until_true 10 ended $watcher
has "and has seen one leave" "$(tr '\r' '\n' <"$T/screen")" '^0 waiting, 1 sent'

# ---- a run, which shows the same ----
# once COMMAND: a run of the queue below a terminal, a line for each move
once() { script -qc "$1" /dev/null | tr '\r' '\n'; }
serve auto
remotes "127.0.0.1 smtp port=$port"
put 1700000002.1 r@x.y
is "--once shows what is left" "$(once "nullmailer-send --once >'$T/log'" | tail -n 2 |
    cut -d, -f1,2 | tr -cd '[:print:]')" '0 waiting, 1 sent[K'
put 1700000002.1 r@x.y
lacks "but not beside its log" "$(once 'nullmailer-send --once')" ' waiting, '
put 1700000002.1 r@x.y
run
lacks "nor without a terminal" "$(log)" ' waiting, '
served
rm "$config/remotes"
mv "$spool/tmp/kept" "$spool/queue/1700000000.77"

# ---- verbs without a sender ----
is "hold" "$(mailq --hold 1700000000.77) $(files queue) $(files hold)" \
    "1700000000.77 is held  1700000000.77"
has "the held are listed" "$(mailq -H)" 'from <a@b.c>$'
has "and counted" "$(mailq -s)" '^held 1$'
is "hold twice" "$(mailq --hold 1700000000.77 2>&1; echo $?)" \
    "mailq: 1700000000.77: there is none
1"
printf 'new@b.c\nd@e.f\n\n' >"$spool/queue/1700000000.77"
is "release beside another of that name" "$(mailq --release 1700000000.77)" \
    "1700000000.77 is released as 1700000000.77.1"
is "nothing is lost" "$(files queue) $(files hold)" "1700000000.77 1700000000.77.1 "
ok "its age is new" [ $(($(date +%s) - $(stat -c %Y "$spool/queue/1700000000.77.1"))) -lt 30 ]
is "delete" "$(mailq --delete 1700000000.77; files queue)" \
    "1700000000.77 is deleted
1700000000.77.1"
before=$(stat -c %Y "$spool/queue/1700000000.77.1")
is "retry" "$(mailq --retry all) $(stat -c %Y "$spool/queue/1700000000.77.1")" \
    "1700000000.77.1 is tried again $before"
touch -d '3 days ago' "$spool/failed/1700000001.1"
is "resend" "$(mailq --resend all; files queue)" \
    "1700000001.1 is sent again
1700000000.77.1 1700000001.1"
ok "its age is new" [ $(($(date +%s) - $(stat -c %Y "$spool/queue/1700000001.1"))) -lt 30 ]
: >"$T/outside"
for id in ../tmp/x . .. '' /etc/passwd ../../../outside; do
	is "no way out: '$id'" "$(mailq --delete "$id" 2>&1 >/dev/null; echo $?)" \
	    "mailq: $id: it is no message
1"
done
ok "nothing was touched" [ -f "$T/outside" ]
flock "$spool/queue/1700000001.1" sleep 30 &
owns $!
until_true 5 sh -c "! flock -n '$spool/queue/1700000001.1' true"
for verb in hold delete retry; do
	is "what is being sent is left alone: $verb" \
	    "$(mailq --$verb 1700000001.1 2>&1; echo $?)" \
	    "mailq: 1700000001.1: it is being sent just now
1"
done
kill $!
chmod 1000 "$spool/queue/1700000001.1"
[ "$(id -u)" != 0 ] || is "what was delivered is not held" \
    "$(mailq --hold 1700000001.1 2>&1)" "mailq: 1700000001.1: it has been delivered"
empty
rm -r "$spool/hold" "$spool/status"

# complaints
put 1700000000.77 a@b.c
mailq >/dev/full
is "output full" "$?" 1
mv "$spool/queue" "$spool/elsewhere"
out=$(mailq 2>/dev/null)
has "no queue" "$? $out" '^1 Cannot change directory to queue\.'
: >"$spool/queue"
out=$(mailq 2>/dev/null)
has "queue is a file" "$? $out" '^1 Cannot change directory to queue\.'
rm "$spool/queue"; mv "$spool/elsewhere" "$spool/queue"
out=$(NULLMAILER_TEST_PREFIX=$T/nowhere mailq)
has "no spool, and why" "$? $out" '^1 Cannot change directory.*No such file'
if [ "$(id -u)" = 0 ]; then
	chmod 700 "$spool/queue"
	out=$(setpriv --reuid 4321 --clear-groups "$NM" mailq)
	has "no permission" "$? $out" '^1 Cannot open queue directory\.'
fi
