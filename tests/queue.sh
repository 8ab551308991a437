# queue.sh - nullmailer-queue: what it stores, says, and leaves behind.
. tests/lib.sh
prefix
LAYOUT=${LAYOUT:-upstream}
echo f.q.d.n >"$P/mailname"
tab=$(printf '\t')

# queued FORMAT: stores a message; output and status in $out $rc.
queued() {
	empty
	out=$(printf "$1" | nullmailer-queue 2>"$T/err"); rc=$?
}
nothing() { [ -z "$(files queue)$(files tmp)" ]; }

# the file, byte for byte
before=$(date +%s)
queued 'a@b.c\nd@e.f\ng@h.i\n\nTo: x\n\nbo\000dy\r\n\377'
after=$(date +%s)
is "stores silently" "$rc$out" 0
printf 'a@b.c\nd@e.f\ng@h.i\n\n' >"$T/head"
printf 'To: x\n\nbo\000dy\r\n\377' >"$T/body"
set -- "$spool"/queue/*
name=${1##*/}
has "name is seconds dot digits" "$name" '^[0-9]*\.[0-9]*$'
ok "name begins with the time" test "${name%.*}" -ge "$before" -a "${name%.*}" -le "$after"
is "mode" "$(stat -c %a "$1")" 600
head -n 4 "$1" | cmp -s - "$T/head"; ok "envelope" test $? = 0
tail -n +7 "$1" | cmp -s - "$T/body"; ok "message as it came" test $? = 0
has "received" "$(sed -n 5p "$1" | tr -d '\000')" \
    "^Received: (nullmailer pid ${name#*.} invoked by uid $(id -u));\$"
is "date" "$(sed -n 6p "$1")" "$tab$(LC_ALL=C date -u -d "@${name%.*}" '+%a, %d %b %Y %H:%M:%S -0000')"
is "nothing left in tmp" "$(files tmp)" ''

# the table
checked=0 bad=
while IFS=$tab read -r sender rcpts admin all want debian; do
	case $sender in '# '*|'') continue ;; esac
	[ "$LAYOUT" = debian ] && want=${debian:-$want}
	[ "$sender" = - ] && sender=
	[ "$rcpts" = - ] && rcpts=
	conf adminaddr "${admin#-}"
	conf allmailfrom "${all#-}"
	empty
	out=$({ echo "$sender"; echo "$rcpts" | tr , '\n'; echo; } | nullmailer-queue)
	rc=$?
	case $want in
	!sender) good='^nullmailer-queue: Envelope sender address is invalid\.' ;;
	!recipient) good='^nullmailer-queue: Envelope recipient address is invalid\.' ;;
	!none) good='^nullmailer-queue: No envelope recipients read\.' ;;
	*) good='^0:$'
		out=$rc:$out
		got=$(stored | sed '/^$/,$d; 1!s/^/,/' | tr -d '\n')
		[ -n "$sender" ] || got=-$(stored | sed '1d; /^$/,$d; s/^/,/' | tr -d '\n')
		[ "$(echo "$got" | sed 's/,/>/')" = "$want" ] || good="stored $got" ;;
	esac
	case $want in !*) { [ $rc = 1 ] && nothing; } || good="status $rc" ;; esac
	echo "$out" | grep -q "$good" || bad="$bad $sender/$rcpts: $out, $good;"
	checked=$((checked + 1))
done <tests/data/queue.txt
is "every row of queue.txt" "$bad" ''
ok "all rows were seen" test "$checked" -gt 35
rm "$config/adminaddr" "$config/allmailfrom"

# input
queued ''
is "no input" "$rc $out" "1 nullmailer-queue: Could not read envelope sender."
n=0
while read -r text input; do
	n=$((n + 1))
	queued "$input"
	is "bad input $n" "$rc $out" "1 nullmailer-queue: $(echo "$text" | tr _ ' ')"
	ok "bad input $n: nothing kept" nothing
done <<'END'
No_envelope_recipients_read. a@b.c
No_envelope_recipients_read. a@b.c\n\nd@e.f\n
Envelope_sender_address_is_invalid._(a@b.c) a@b.c\r\nd@e.f\r\n\r\nx
Envelope_recipient_address_is_invalid. a@b.c\nd@e.f\n\r\nx
Envelope_recipient_address_is_invalid._(d?x@e.f) a@b.c\nd@e.f\nd\tx@e.f\n\nx
Envelope_recipient_address_is_invalid._(d?@e.f) a@b.c\nd\177@e.f\n\nx
Envelope_recipient_address_is_invalid._(d?@e.f) a@b.c\nd\000@e.f\n\nx
Envelope_sender_address_is_invalid._(?[31ma@b.c) \033[31ma@b.c\nd@e.f\n\nx
END
queued 'a@b.c\nd@e.f'
is "envelope may end the input" "$rc $(stored | wc -l)" "0 5"
queued 'a@b.c\nd@e.f\n\n'
ok "arguments are ignored" sh -c 'printf "a@b.c\nd@e.f\n\n" | nullmailer-queue -x --help y >/dev/null'
is "and a message is stored" "$(waiting)" 2
empty
{ printf 'a@b.c\n'; head -c 5000 /dev/zero | tr '\0' x; printf '@e.f\n\n'; } | nullmailer-queue >/dev/null
is "a line of 5000 bytes is no address" "$? $(waiting)" "1 0"

# installation and control files
mv "$spool/tmp" "$spool/elsewhere"
queued 'a@b.c\nd@e.f\n\n'
has "no tmp" "$rc $out" '^1 nullmailer-queue: Installation error: queue directory is invalid\. (.*/tmp: No such file'
ln -s elsewhere "$spool/tmp"
queued 'a@b.c\nd@e.f\n\n'
has "tmp is a link" "$rc $out" '^1 nullmailer-queue: Installation error'
rm "$spool/tmp"; mv "$spool/elsewhere" "$spool/tmp"
rm "$spool/trigger"
queued 'a@b.c\nd@e.f\n\n'
is "no trigger is no matter" "$rc$out$(cat "$T/err")" 0
echo precious >"$spool/trigger"
queued 'a@b.c\nd@e.f\n\n'
is "a file as trigger: queued" "$rc$(waiting)" 01
has "and said" "$(cat "$T/err")" '^nullmailer-queue: .*could not be told'
is "and left alone" "$(cat "$spool/trigger")" precious
rm "$spool/trigger"; mkfifo "$spool/trigger"
{ timeout 5 dd bs=1 count=1 <"$spool/trigger" 2>/dev/null | od -An -tu1 >"$T/byte"; } &
until_true 2 sh -c "ls -l /proc/*/fd 2>/dev/null | grep -q '$spool/trigger'" || sleep 0.5
queued 'a@b.c\nd@e.f\n\n'
wait $!
is "trigger gets one NUL" "$(tr -d ' ' <"$T/byte")" 0
if [ "$(id -u)" = 0 ]; then
	ln -s adminaddr "$config/adminaddr"
	queued 'a@b.c\nd@e.f\n\n'
	is "unreadable control file" "$rc$out" 18
	has "and which" "$(cat "$T/err")" '^nullmailer-queue: Error: Could not read config file ".*/conf/adminaddr": '
	rm "$config/adminaddr"
fi
conf maxsize 1k
queued "$(printf 'a@b.c\\nd@e.f\\n\\n%02000d' 1)"
is "maxsize" "$rc $out" "1 nullmailer-queue: Message is too large. (see control file maxsize)"
ok "maxsize: nothing kept" nothing
rm "$config/maxsize"

# confirmation
empty
printf 'a@b.c\nd@e.f\n\n' | nullmailer-queue --confirm-fd=3 3</dev/null >/dev/null
is "not confirmed" "$? $(waiting) $(files tmp)" "1 0 "
printf 'a@b.c\nd@e.f\n\n' >"$T/in"
echo y | { nullmailer-queue --confirm-fd=3 3<&0 <"$T/in"; }
is "confirmed" "$? $(waiting)" "0 1"
nullmailer-queue --confirm-fd=99 <"$T/in" >/dev/null
is "confirmed by nobody" "$? $(waiting)" "1 1"

# signals: the temporary goes, nothing is queued
for signal in TERM INT HUP QUIT; do
	empty
	rm -f "$T/pipe"; mkfifo "$T/pipe"
	env --default-signal=INT,QUIT "$NM" queue <"$T/pipe" & pid=$!
	exec 4>"$T/pipe"
	printf 'a@b.c\nd@e.f\n\nhalf' >&4
	until_true 5 test -e "$spool/tmp/$pid"
	kill -$signal $pid
	wait $pid
	is "SIG$signal" "$?" 75
	exec 4>&-
	ok "SIG$signal: nothing kept" nothing
done

# names: debris of the same process id, links planted under it
for kind in file link dir fifo; do
	empty
	cat >"$T/planted" <<'END'
case $2 in
file) echo old >"$1/tmp/$$" ;;
link) ln -s /tmp/nowhere-at-all "$1/tmp/$$" ;;
dir) mkdir "$1/tmp/$$" ;;
fifo) mkfifo "$1/tmp/$$" ;;
esac
exec nullmailer-queue
END
	sh "$T/planted" "$spool" $kind <"$T/in"
	is "tmp name taken by a $kind" "$?" 0
	ok "and still there" sh -c "ls $spool/tmp | grep -q ."
	is "and stored once" "$(stored | wc -l)" 5
done
ok "no link was followed" test ! -e /tmp/nowhere-at-all
empty

# size does not show in memory: 100 MB, of it 64 MB in one line
big() {
	printf 'a@b.c\nd@e.f\n\nX: y\n\n'
	head -c 67108864 /dev/zero | tr '\0' x
	seq 1 4900000
}
big | limited 4000 nullmailer-queue
is "100 MB in 4 MB of address space" "$?" 0
is "complete" "$(stored | tail -n +6 | cksum)" "$(big | tail -n +4 | cksum)"
empty

# set-uid hygiene: whatever the caller left behind
{
	umask 0777
	TZ=/etc/shadow LC_ALL=xx nullmailer-queue <"$T/in" 5</dev/null
	rc=$?
	umask 022
}
is "umask 777" "$rc $(stat -c %a "$spool"/queue/*)" "0 600"
empty
sh -c 'umask 0; exec nullmailer-queue' <"$T/in"
is "umask 0" "$? $(stat -c %a "$spool"/queue/*)" "0 600"
empty
out=$(big | head -c 20000 | sh -c 'trap "" XFSZ PIPE; ulimit -f 8; exec nullmailer-queue')
has "file size limit" "$? $out" '^75 nullmailer-queue: Error copying .*File too large'
ok "file size limit: nothing kept" nothing
out=$(big | head -c 20000 | sh -c 'ulimit -f 8; exec nullmailer-queue')
has "the same with the signal" "$? $out" '^75 nullmailer-queue: Error copying .*File too large'
out=$(sh -c 'ulimit -n 5; exec nullmailer-queue' <"$T/in")
has "descriptor limit" "$? $out" '^75 nullmailer-queue: Installation error.* descriptors\|open files'
ok "descriptor limit: nothing kept" nothing
sh -c 'exec nullmailer-queue <&- >&- 2>&-'
is "descriptors closed" "$?" 1
nullmailer-queue <"$T/in" >&- 2>&-
is "output closed" "$? $(waiting)" "0 1"
empty

if [ "$(id -u)" = 0 ]; then
	# a full disk
	mkdir "$T/small"
	if mount -t tmpfs -o size=64k none "$T/small" 2>/dev/null; then
		mkdir -p "$T/small/queue/queue" "$T/small/queue/tmp"
		out=$(big | head -c 300000 | NULLMAILER_TEST_PREFIX=$T/small nullmailer-queue)
		has "full disk" "$? $out" '^75 nullmailer-queue: Error copying .*No space left'
		is "full disk: nothing kept" "$(find "$T/small" -type f)" ''
		umount "$T/small"
	fi
	# the set-uid copy believes nothing of the environment
	chmod 755 "$T"
	cp "$NM" "$T/nullmailer-queue"
	chown 1234 "$T/nullmailer-queue"
	chmod 4755 "$T/nullmailer-queue"
	mkdir -p "$T/fake/queue/queue" "$T/fake/queue/tmp"
	chmod -R 777 "$T/fake"
	out=$(printf 'a@b.c\nd@e.f\n\n' | setpriv --reuid 4321 --clear-groups \
	    env NULLMAILER_TEST_PREFIX="$T/fake" "$T/nullmailer-queue" 2>&1)
	lacks "set-uid ignores the test prefix" "$out" "$T/fake"
	is "and stores nothing there" "$(find "$T/fake" -type f)" ''
fi

# names again: 1000 injections, ten pid namespaces, one second
injections() {
	i=0
	while [ $i -lt "$1" ]; do
		printf 'a@b.c\nd@e.f\n\nX-Number: %s.%s\n\nx\n' "$2" $i | nullmailer-queue || echo failed
		i=$((i + 1))
	done
}
if [ "$(id -u)" = 0 ] && unshare -pf true 2>/dev/null; then
	cat >"$T/space.sh" <<'END'
i=0
while [ $i -lt 20 ]; do
	( k=0
	while [ $k -lt 5 ]; do
		printf 'a@b.c\nd@e.f\n\nX-Number: %s\n' "$1.$i.$k" | nullmailer-queue || echo failed
		k=$((k + 1))
	done ) &
	i=$((i + 1))
done
wait
END
	out=$(for n in 0 1 2 3 4 5 6 7 8 9; do
		ASAN_OPTIONS=detect_leaks=0 unshare -pf --kill-child sh "$T/space.sh" $n & done; wait)
	is "1000 injections from 10 pid namespaces" "$out" ''
	is "1000 distinct messages" "$(stored | grep -a '^X-Number' | sort -u | wc -l) $(waiting) $(files tmp)" "1000 1000 "
	is "all complete" "$(find "$spool/queue" -type f -exec wc -l {} + | awk '$2 != "total" { print $1 }' | sort -u)" 6
	is "all names are numbers" "$(ls "$spool/queue" | grep -vc '^[0-9]*\.[0-9]*$')" 0
else
	out=$(for n in 0 1 2 3; do injections 25 $n & done; wait)
	is "100 injections at once" "$out $(waiting)" " 100"
fi
