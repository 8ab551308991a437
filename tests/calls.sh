# calls.sh - what an injection of 1 KB costs: system calls of all its processes,
# programs started, syncs. In a root folder of its own, as the set-uid program
# goes by its built-in path. Needs root.
# needs: strace chroot=coreutils
. tests/lib.sh
command -v strace >/dev/null || { echo "# needs: strace"; exit 1; }
[ "$(id -u)" = 0 ] || { ok "only root can count" true; exit 0; }
if sanitized; then
	ok "only a static binary is counted" true; exit 0
fi

OWNER=4000 R=$T/root
spool=$R$(mk show-SPOOL) config=$R$(mk show-CONFIG) sbin=$(mk show-SBIN)
chmod 711 "$T"
mkdir -p "$R/dev" "$R/etc" "$R$sbin" "$config" "$spool/queue" "$spool/tmp"
mknod -m 666 "$R/dev/null" c 1 3
mkfifo -m 600 "$spool/trigger"
chmod 700 "$spool/queue" "$spool/tmp"
chown -R $OWNER:$OWNER "$spool"
[ ! -e /etc/localtime ] || cp -L /etc/localtime "$R/etc/localtime"
conf me f.q.d.n
conf defaultdomain q.d.n
echo f.q.d.n >"${config%/*}/mailname"
cp "$NM" "$R$sbin/sendmail"
cp "$NM" "$R$sbin/nullmailer-queue"
chown $OWNER "$R$sbin/nullmailer-queue"
chmod 4755 "$R$sbin/nullmailer-queue"
{
	printf 'From: a@x.y\nTo: b@x.y\nSubject: x\n\n'
	head -c 900 /dev/zero | tr '\0' x | fold -w 70
} >"$T/message"

# injected UID: one message; the trace without what came before sendmail
injected() {
	env -i LOGNAME=u PATH="$PATH" strace -f -o "$T/all" \
	    chroot --userspec="$1:$1" --groups="$1" "$R" "$sbin/sendmail" -t \
	    <"$T/message"
	is "uid $1: queued" "$? $(waiting)" "0 1"
	find "$spool/queue" -type f -delete
	awk '/execve\("[^"]*\/sendmail"/ { go = 1 } go' "$T/all" >"$T/trace"
}
# count PATTERN: system calls whose names match
count() { grep -cE "^[0-9]+ +($1)\\(" "$T/trace"; }

# cost WHO UID MOST PROGRAMS PROCESSES
cost() {
	injected "$2"
	calls=$(count '[a-z0-9_]+')
	echo "#= $1: $calls system calls"
	ok "$1: at least what cannot be done without" [ "$calls" -gt 20 ]
	ok "$1: $calls system calls, $3 at most" [ "$calls" -le "$3" ]
	is "$1: programs, processes, file and folder synced once each" \
	    "$(count execve) $(cut -d' ' -f1 "$T/trace" | sort -u | wc -l) $(count 'f(data)?sync') $(count 'sync|syncfs|sync_file_range')" \
	    "$4 $5 2 0"
}
cost root 0 66 1 1
cost owner $OWNER 54 1 1
cost 'set-uid program' 65534 102 2 2
