# mailq.sh - the listing, for people and for the programs that parse it.
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
is "arguments are ignored" "$(mailq -v --help x)" "$(cat "$T/want")"
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

# complaints
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
