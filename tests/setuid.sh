# setuid.sh - the set-uid copy: what every program can do when a stranger runs
# it, whatever environment, descriptors and limits he gives it; and what is
# planted in the spool. In a root folder of its own with nothing else in it,
# as set-uid programs go by their built-in paths. Needs root, but for the first.
# needs: setpriv=util-linux chroot=coreutils
. tests/lib.sh
is "two programs keep their rights, no other" \
    "$("$NM" --list | awk '$3 == "set-uid" { print $1 }' | sort | tr '\n' ' ')" \
    "mailq nullmailer-queue "
[ "$(id -u)" = 0 ] || { echo "# the rest needs root"; exit 0; }
if sanitized; then
	echo "# the rest needs a static binary"; exit 0
fi

OWNER=4000 R=$T/root
spool=$R$(mk show-SPOOL) config=$R$(mk show-CONFIG)
chmod 711 "$T"
mkdir -p "$R/bin" "$R/scratch" "$R/dev" "$spool/queue" "$spool/tmp" "$spool/failed" "$config"
mknod -m 666 "$R/dev/null" c 1 3
mkfifo "$spool/trigger"
chmod 600 "$spool/trigger"
conf me me.example.org
remotes 'mail.example.org smtp user=u pass=hush'
printf 'old@x.y\nr@x.y\n\nSubject: hush\n\nhush\n' >"$spool/queue/1700000000.1"
chmod 600 "$config/remotes" "$spool/queue/1700000000.1"
chmod 700 "$spool/queue" "$spool/tmp" "$spool/failed"
chmod 1777 "$R/scratch"
chown -R $OWNER:$OWNER "$spool" "$config/remotes"
cp "$NM" "$R/bin/nullmailer"
chown $OWNER:$OWNER "$R/bin/nullmailer"
chmod 6755 "$R/bin/nullmailer"
"$NM" --list | cut -d' ' -f1 >"$T/names"
while read -r name; do ln -s nullmailer "$R/bin/$name"; done <"$T/names"

# stranger NAME ARGUMENT...: runs a program of the set-uid copy as nobody
stranger() {
	name=$1; shift
	timeout 10 chroot --userspec=65534:65534 --groups= "$R" "/bin/$name" "$@"
}
fresh() { find "$spool/queue" "$spool/tmp" -type f ! -name 1700000000.1; }
clean() { find "$spool/queue" "$spool/tmp" -type f ! -name 1700000000.1 -exec rm {} +; }
text='a@b.c\nd@e.f\n\nSubject: x\n\nbody\n'

# ---- secrets ----
secret=${spool#"$R"}/queue/1700000000.1
remotes=${config#"$R"}/remotes
while read -r name; do
	for as in "$name" "nullmailer $name"; do
		for arguments in '' --help --zz "$secret" "-f $secret a@b.c" \
		    "--x509cafile=$remotes --tls --insecure --host=127.0.0.1 --port=1" \
		    "--x509certfile=$secret --x509keyfile=$remotes --tls --host=127.0.0.1" \
		    "-bp" "-C $remotes" "5.0.0" "-O $remotes -X $secret"; do
			# shellcheck disable=SC2086
			stranger $as $arguments </dev/null >>"$T/out.$name" 2>&1
			# shellcheck disable=SC2059,SC2086
			printf 'host=127.0.0.1\nport=1\ntls\nx509cafile=%s\n\n' $remotes |
			    stranger $as $arguments >>"$T/out.$name" 2>&1 3<&-
		done
	done
	is "$name tells no secret" "$(grep -c hush "$T/out.$name")" 0
	is "$name: and leaves them alone" "$(cat "$config/remotes" "$spool/queue/1700000000.1" | grep -c hush)" 3
	clean
done <"$T/names"
has "mailq gives figures to strangers" "$(stranger mailq -s)" '^waiting 1$'
for arguments in "--hold all" "--delete all" "--retry 1700000000.1" "-F" "-H" \
    "-v 1700000000.1" "-F --delete all"; do
	# shellcheck disable=SC2086
	is "mailq $arguments is not for strangers" "$(stranger mailq $arguments 2>&1; echo $?)" \
	    "mailq: only root and the owner of the spool may do that
1"
done
has "but for root" "$(chroot "$R" /bin/mailq -v 1700000000.1)" '^  Subject: hush$'
is "who holds as the owner does" "$(chroot "$R" /bin/mailq --hold all >/dev/null
    stat -c %u "$spool/hold" "$spool/hold/1700000000.1" | tr '\n' ' ')" "$OWNER $OWNER "
chroot "$R" /bin/mailq --release all >/dev/null
rmdir "$spool/hold"
touch -r "$T/names" "$spool/queue/1700000000.1"
is "the figures of nullmailer-check, for strangers" \
    "$(stranger nullmailer-check --metrics | grep -c '^nullmailer_messages{state="waiting"} 1$')" \
    "$([ "$(mk show-BIN)" = /bin ] && echo 1 || echo 0)"
has "mailq lists the queue" "$(cat "$T/out.mailq")" 'from <old@x.y>$'
is "nullmailer-send has no rights" "$(stranger nullmailer-send --once 2>&1 </dev/null |
    grep -c 'Permission denied\|owner\|may not\|cannot')" 1
is "what was made belongs to nobody else, and is not for all" \
    "$(find "$R" -newer "$T/names" \( -perm -004 -o -perm -002 \) -type f)" ""

# ---- ids ----
# Those that wait for their input are looked at while they do.
mkfifo "$T/in"
while read -r name arguments; do
	# shellcheck disable=SC2086
	chroot --userspec=65534:65534 --groups= "$R" "/bin/$name" $arguments \
	    <"$T/in" >/dev/null 2>&1 &
	pid=$!
	exec 5>"$T/in"
	until_true 5 sh -c "tr '\0' ' ' </proc/$pid/cmdline | grep -q '^/bin/$name '"
	sleep 0.05
	ids=$(sed -n 's/^[UG]id:	//p; s/^Groups:	*//p' "/proc/$pid/status" | tr '\t\n' '  ' | tr -s ' ')
	caps=$(sed -n 's/^CapEff:	//p' "/proc/$pid/status")
	case $name in
	nullmailer-queue | mailq) is "$name keeps its user" "$ids" \
	    "65534 $OWNER $OWNER $OWNER 65534 $OWNER $OWNER $OWNER " ;;
	*) is "$name has dropped all three of both" "$ids" \
	    "65534 65534 65534 65534 65534 65534 65534 65534 " ;;
	esac
	is "$name has no capability" "$caps" 0000000000000000
	kill $pid 2>/dev/null
	exec 5>&-
	wait $pid 2>/dev/null
done <<'END'
nullmailer-queue
nullmailer-inject a@b.c
nullmailer-dsn 5.0.0
nullmailer-smtpd
sendmail a@b.c
sendmail -bs
smtp
qmqp
END
clean

# ---- a name that is only guessed ----
ln -s nullmailer "$R/bin/nullmailer-queue.real"
ln -s nullmailer "$R/bin/mailq.real"
printf "$text" | stranger nullmailer-queue.real >/dev/null 2>&1
is "nullmailer-queue.real has no rights" "$? $(fresh | wc -l)" "75 0"
lacks "nor has mailq.real" "$(stranger mailq.real 2>&1)" 'from <'
clean

# ---- environment ----
mkdir -p "$R/scratch/p/queue/queue" "$R/scratch/p/queue/tmp" "$R/scratch/p/conf" "$R/scratch/p/sbin"
printf 'planted@x.y\nr@x.y\n\nx\n' >"$R/scratch/p/queue/queue/1.1"
echo 'adm@evil.example' >"$R/scratch/p/conf/adminaddr"
cp "$NM" "$R/scratch/p/sbin/nullmailer-queue"
chmod -R a+rwX "$R/scratch/p"
hostile() {
	env NULLMAILER_TEST_PREFIX=/scratch/p TMPDIR=/scratch TZ=":$remotes" \
	    TZDIR=/scratch LOCALDOMAIN=evil RES_OPTIONS=debug HOSTALIASES=/scratch/h \
	    PATH=/scratch LD_PRELOAD=/scratch/x.so LD_LIBRARY_PATH=/scratch \
	    MALLOC_TRACE=/scratch/trace NLSPATH=/scratch/%N LC_ALL=../../scratch \
	    NULLMAILER_QUEUE=/scratch/evil NULLMAILER_USER=u \
	    "$(command -v chroot)" --userspec=65534:65534 --groups= "$R" "$@"
}
has "mailq shows the real queue" "$(hostile /bin/mailq)" 'from <old@x.y>$'
lacks "and not a planted one" "$(hostile /bin/mailq)" planted
printf 'a@b.c\nd@localhost\n\nx\n' | hostile /bin/nullmailer-queue
is "queue: stores in the real queue" "$(fresh | wc -l)" 1
lacks "by the real control files" "$(fresh | xargs cat)" evil
is "nothing was written into /scratch" \
    "$(find "$R/scratch" -newer "$R/scratch/p/sbin/nullmailer-queue" -type f)" ""
clean

# ---- descriptors ----
for closed in '0<&-' '1>&-' '2>&-' '1>&- 2>&-' '0<&- 1>&- 2>&-'; do
	# shellcheck disable=SC2059
	printf "$text" >"$T/text"
	eval "stranger nullmailer-queue <'$T/text' >/dev/null 2>&1 $closed"
	rc=$?
	case $closed in
	0*) is "queue with $closed" "$rc $(fresh | wc -l)" "1 0" ;;
	*) is "queue with $closed" "$rc $(fresh | xargs tail -n 3 | tr '\n' /)" \
	    "0 Subject: x//body/" ;;
	esac
	clean
	eval "stranger mailq >/dev/null 2>&1 </dev/null $closed"
	ok "mailq with $closed ends" [ $? -le 1 ]
done

# ---- limits ----
# at_most LIMIT...: the queue program under a limit: all or nothing
at_most() {
	timeout 10 "$TOOLS/limit" "$@" "$R" 65534 /bin/nullmailer-queue <"$T/text" \
	    >"$T/out" 2>&1
	rc=$?
	if [ $rc -eq 0 ]; then want=1; else want=0; fi
	is "limit $*: exit $rc, all or nothing" "$(fresh | wc -l)" $want
	ok "limit $*: an end in order" [ $rc -lt 124 ]
	is "limit $*: nothing half done" "$(find "$spool/tmp" -type f)" ""
	clean
}
{ printf 'a@b.c\nd@e.f\n\nSubject: x\n\n'; head -c 100000 /dev/zero | tr '\0' x; } >"$T/text"
for n in 0 1 10000 99999; do at_most -f $n; done
for n in 3 4 5 6 7 8; do at_most -n $n; done
for n in 700000 800000 1000000 2000000; do at_most -v $n; done
for n in 20000 65536 100000 150000 200000; do at_most -d $n; done
at_most -s 65536
at_most -p 0
at_most -f 10000
is "a limit too small for the message says: try again" "$rc" 75
for name in $(cat "$T/names"); do
	timeout 10 "$TOOLS/limit" -v 800000 -n 4 -p 0 -f 0 "$R" 65534 "/bin/$name" a@b.c \
	    <"$T/text" >/dev/null 2>&1
	ok "$name under all of them: an end in order" [ $? -lt 124 ]
	clean
done

# ---- umask ----
printf "$text" >"$T/text"
for mask in 000 777 022; do
	(umask $mask; stranger nullmailer-queue <"$T/text")
	is "umask $mask: it is queued" "$? $(fresh | wc -l)" "0 1"
	is "umask $mask: for its owner only" "$(fresh | xargs stat -c '%a %u')" "600 $OWNER"
	clean
done

# ---- root and the owner ----
# They need no set-uid program: root becomes the owner, and nothing is left of
# root while a long message is read.
printf 'From: a@b.c\nTo: d@e.f\n\nbody\n' >"$T/letter"
for as in 0 $OWNER; do
	chroot --userspec=$as:$as --groups=$as,7 "$R" /bin/sendmail -t <"$T/letter"
	is "uid $as: queued, the owner's" "$? $(fresh | xargs stat -c '%a %u %g')" "0 600 $OWNER $OWNER"
	has "uid $as: and said who it was" "$(fresh | xargs cat)" "invoked by uid $as);"
	clean
done
# half: a sender that has read so much of a message that it writes its file
half() {
	rm -f "$T/in"
	mkfifo "$T/in"
	"$@" <"$T/in" >/dev/null 2>&1 &
	pid=$!
	exec 5>"$T/in"
	{ cat "$T/letter"; head -c 60000 /dev/zero; } >&5
	until_true 5 sh -c "ls '$spool/tmp' | grep -q '^[0-9]*\$'"
}
half chroot --groups=7,8 "$R" /bin/sendmail -t
is "root: all three of both are the owner's, and no group is left" \
    "$(sed -n 's/^[UG]id:	//p; s/^Groups:	*//p' "/proc/$pid/status" | tr '\t\n' '  ' | tr -s ' ')" \
    "$OWNER $OWNER $OWNER $OWNER $OWNER $OWNER $OWNER $OWNER "
is "root: nor a capability" "$(sed -n 's/^Cap\(Eff\|Prm\):	//p' "/proc/$pid/status" | sort -u)" 0000000000000000
kill -TERM $pid
wait $pid
is "root: a signal ends it and leaves nothing" "$? $(fresh)" "143 "
exec 5>&-
# In a container root may not become anybody: then by the program.
sbin=$R$(mk show-SBIN)
mkdir -p "$sbin"
cp -p "$R/bin/nullmailer" "$sbin/nullmailer-queue"
setpriv --bounding-set=-setuid,-setgid,-dac_override,-dac_read_search,-fowner,-chown \
    chroot "$R" /bin/sendmail -t <"$T/letter"
is "root without rights: queued" "$? $(fresh | xargs stat -c '%a %u')" "0 600 $OWNER"
rm "$sbin/nullmailer-queue"
clean
setpriv --bounding-set=-setuid,-setgid,-dac_override,-dac_read_search,-fowner,-chown \
    chroot "$R" /bin/sendmail -t <"$T/letter" 2>/dev/null
ok "root without rights and program: is told" [ $? -ne 0 ]
is "root without rights and program: nothing queued" "$(fresh)" ""

# ---- what is planted in the spool ----
# By the owner of the queue, for the sender and the queue program to find.
echo kept >"$T/outside"
chmod 644 "$T/outside"
ln -s "$T/outside" "$spool/tmp/1.link"
mkfifo "$spool/tmp/2.fifo"
mkdir "$spool/tmp/3.folder"
mknod "$spool/tmp/4.device" c 1 5
printf 'x' >"$spool/tmp/5.old"
touch -h -d '3 days ago' "$spool"/tmp/*
stranger nullmailer-queue <"$T/text"
is "queue: whatever stands in tmp/" "$? $(fresh | grep -c /queue/)" "0 1"
clean
printf 'x' >"$spool/tmp/5.old"
touch -d '3 days ago' "$spool/tmp/5.old"
chown -R $OWNER:$OWNER "$spool/tmp"
printf 'a@b.c\ngood@x.y\nbad@x.y\n\nSubject: x\n\nb\n' >"$R/scratch/hard"
chmod 666 "$R/scratch/hard"
ln "$R/scratch/hard" "$spool/queue/1600000000.1"
cp "$R/scratch/hard" "$T/hard"
serve 'on RCPT <bad* 450 later' auto
remotes "127.0.0.1 smtp port=$port"
chown -h $OWNER "$spool/queue"/*
SENDER="chroot --userspec=$OWNER:$OWNER --groups= $R /bin/nullmailer-send"
run
is "send: ends" "$rc" 0
is "only old files of tmp/ go" "$(files tmp)" "1.link 2.fifo 3.folder 4.device"
is "nothing outside was touched" "$(cat "$T/outside") $(stat -c %u "$T/outside")" "kept 0"
ok "a hard link is delivered, its other name is not written to" \
    cmp "$T/hard" "$R/scratch/hard"
has "in part" "$(cat "$spool/queue/1600000000.1")" '^bad@x.y$'
lacks "what is delivered is not kept" "$(cat "$spool/queue/1600000000.1")" '^good@x.y$'
