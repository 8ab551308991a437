# mailq.sh - the listing, for people and for the programs that parse it.
. tests/lib.sh
prefix "$T/p"
limit=' -v 40000'
grep -q __asan_init "$NM" && limit=' -t 60'
Q=$T/p/queue
export TZ=UTC
first='^[0-9]\{4\}-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [0-9]* bytes from <.*>$'

is "empty queue" "$(mailq; echo $?)" 0
printf 'a@b.c\nd@e.f\ng@h.i\n\nSubject: secret\n\nsecret\n' >"$Q/queue/1700000000.77"
printf '\nd@e.f\n\n' >"$Q/queue/1700000001.5"
: >"$Q/queue/1700000003.1"
printf 'junk\n' >"$Q/queue/foreign"
printf 'late@b.c\nd@e.f\n\n' >"$Q/queue/1800000000.1"
printf 'late@b.c\nx@e.f\n\n' >"$Q/queue/.hidden"
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
is "arguments are ignored" "$(mailq -v --help x)" "$(cat "$T/want")"
is "status" "$(mailq >/dev/null; echo $?)" 0
is "local time" "$(TZ=EET-2 mailq | sed -n 2p)" "2023-11-15 00:13:20 43 bytes from <a@b.c>"
lacks "never a header" "$(mailq)" secret

# what is no message: links, FIFOs, folders, sockets; it must not wait either
ln -s "$Q/queue/1700000000.77" "$Q/queue/1700000009.1"
ln -s nowhere "$Q/queue/1700000009.2"
mkfifo "$Q/queue/1700000009.3"
mkdir "$Q/queue/1700000009.4"
is "only files are listed" "$(timeout 5 "$NM" mailq)" "$(cat "$T/want")"
rm -rf "$Q"/queue/*

# hostile files
printf 'a\033[2J@b.c\nd\007@e.f\n\n' >"$Q/queue/1.1"
is "no control bytes on a terminal" "$(mailq)" "1970-01-01 00:00:01 18 bytes from <a?[2J@b.c>
  to <d?@e.f>"
head -c 3000000 /dev/zero >"$Q/queue/2.1"
printf 'no newline' >"$Q/queue/3.1"
printf 'a@b.c\n' >"$Q/queue/4.1"
{ printf 's@b.c\n'; seq -f 'rcpt%.0f@example.com' 1 100000; echo; } >"$Q/queue/5.1"
printf 'x@y.z\nd@e.f\n\n' >"$Q/queue/99999999999999999999999.1"
out=$(sh -c "ulimit$limit; exec mailq"); rc=$?
is "junk: status" "$rc" 0
ok "junk: not much of it" test "$(printf '%s' "$out" | sed '/to <rcpt/d' | wc -c)" -lt 6000
has "junk: no newline" "$out" '^1970-01-01 00:00:03 10 bytes from <no newline>$'
is "100000 recipients" "$(echo "$out" | grep -c '^  to <rcpt')" 100000
has "a time beyond time" "$out" '13 bytes from <x@y.z>$'
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$T"; chmod 755 "$T/p" "$T/p/queue" "$Q/queue" "$Q"
	chmod 600 "$Q"/queue/*
	out=$(setpriv --reuid 4321 --clear-groups "$NM" mailq)
	has "unreadable file: time and size only" "$out" '^1970-01-01 00:00:01 18 bytes$'
fi
rm -f "$Q"/queue/*

# what the sender knows
printf 'a@b.c\nd@e.f\n\n' >"$Q/queue/1700000000.77"
printf 'a@b.c\nd@e.f\n\n' >"$Q/queue/1700000000.7"
{
	printf '1700000000.77\t3\t1700000001\t1700000100\t1700000400\trelay.x.y\t16\t451 later\033\t0\t0\n'
	printf 'torn line\n'
	printf '1700000000.7\t0\t0\t0\t0\t\t0\t\t0\t0\n'
	printf '1700000000.8\t1\t1\t1\t1\tgone\t16\tgone\t0\t0\n'
} >"$Q/status"
is "attempts between the lines" "$(mailq)" "2023-11-14 22:13:20 13 bytes from <a@b.c>
  to <d@e.f>
2023-11-14 22:13:20 13 bytes from <a@b.c>
  1700000000.77 tried 3 times, next 2023-11-14 22:20:00, last: relay.x.y: 451 later?
  to <d@e.f>"
has "first line for parsers" "$(mailq | head -n 1)" "$first"
is "last line for parsers" "$(mailq | tail -n 1)" '  to <d@e.f>'
rm "$Q/status"; ln -s /etc/passwd "$Q/status"
lacks "status is no way to other files" "$(mailq)" tried
rm "$Q/status"; mkfifo "$Q/status"
has "nor a way to wait" "$(timeout 5 "$NM" mailq)" "$first"
rm "$Q/status"

# complaints
mailq >/dev/full
is "output full" "$?" 1
mv "$Q/queue" "$Q/elsewhere"
out=$(mailq 2>/dev/null)
has "no queue" "$? $out" '^1 Cannot change directory to queue\.'
: >"$Q/queue"
out=$(mailq 2>/dev/null)
has "queue is a file" "$? $out" '^1 Cannot change directory to queue\.'
rm "$Q/queue"; mv "$Q/elsewhere" "$Q/queue"
out=$(NULLMAILER_TEST_PREFIX=$T/nowhere mailq)
has "no spool, and why" "$? $out" '^1 Cannot change directory.*No such file'
if [ "$(id -u)" = 0 ]; then
	chmod 700 "$Q/queue"
	out=$(setpriv --reuid 4321 --clear-groups "$NM" mailq)
	has "no permission" "$? $out" '^1 Cannot open queue directory\.'
fi
