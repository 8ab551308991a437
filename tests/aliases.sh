# aliases.sh - aliases, allmailto, alwaysbcc: on the way from sendmail to the
# queue, in the sender's reports, and what is said of a wrong line. The results
# of many files: unit/queue/rules.c.
# needs: setpriv=util-linux chroot=coreutils
. tests/lib.sh
prefix
echo f.q.d.n >"$P/mailname"
conf defaultdomain example.org
export USER=u

# queued ARGUMENT...: what sendmail makes of a message: exit code, envelope
queued() {
	empty
	printf 'Subject: x\n\nbody\n' | sendmail "$@" 2>"$T/err"
	echo "$? $(stored | sed '/^$/q' | paste -sd ' ' -)" | sed 's/ $//'
}

# ---- names without a domain ----
is "no aliases: completed" "$(queued root)" "0 u@f.q.d.n root@f.q.d.n"
conf aliases 'root: jane@example.com'
is "a name" "$(queued root)" "0 u@f.q.d.n jane@example.com"
is "of several" "$(queued root joe@example.net ann)" \
    "0 u@f.q.d.n jane@example.com joe@example.net ann@f.q.d.n"
is "of the header" "$(printf 'To: root, joe@example.net\nCc: ann\n\n' >"$T/in"
    empty; sendmail -t <"$T/in"; stored | sed '/^$/q' | paste -sd ' ' - )" \
    "u@f.q.d.n jane@example.com joe@example.net ann@f.q.d.n "
has "the header has it with its domain" "$(stored)" '^To: root@f\.q\.d\.n, joe@example\.net$'
is "a sender without a domain gets its own" "$(queued -f root root)" \
    "0 root@f.q.d.n jane@example.com"
is "and one in a Return-Path" "$(empty; printf 'Return-Path: <root>\n\n' | sendmail root
    stored | sed '/^$/q' | paste -sd ' ' -)" "root@f.q.d.n jane@example.com "
is "an @ in quotes is no domain" "$(queued '"root@example.com"')" \
    "0 u@f.q.d.n root@example.com@f.q.d.n"
has "printed, it is complete" "$(printf '\n' | nullmailer-inject -n -v root)" '^root@f\.q\.d\.n$'
printf '#!/bin/sh\ncat >"%s/got"; echo "$@" >"%s/arguments"\n' "$T" "$T" >"$T/other"
chmod 755 "$T/other"
printf '\n' | NULLMAILER_QUEUE=$T/other sendmail root
is "another queue program gets it complete" "$(sed -n 2p "$T/got") $(cat "$T/arguments")" "root@f.q.d.n "
ln -sf "$T/other" "$P/sbin/nullmailer-queue"
printf '\n' | sendmail root
is "ours gets it bare, and is told so" "$(sed -n 2p "$T/got") $(cat "$T/arguments")" \
    "root --confirm-fd=3 --bare"
printf '\n' | sendmail root@f.q.d.n
is "and is not told where all are complete" "$(sed -n 2p "$T/got") $(cat "$T/arguments")" \
    "root@f.q.d.n --confirm-fd=3 --confirm-fd=3"
ln -sf "$NM" "$P/sbin/nullmailer-queue"
empty
has "from others a name without a domain is refused" \
    "$(printf 'a@b.c\nroot\n\nx\n' | nullmailer-queue)" 'recipient address is invalid\. (root)'
is "by SMTP" "$(printf '%s\r\n' 'HELO x' 'MAIL FROM:<a@b.c>' 'RCPT TO:<root@localhost>' \
    DATA x . QUIT | nullmailer-smtpd | grep -c '^250'; stored | sed -n 2p)" "4
jane@example.com"

# ---- nobody ----
conf aliases 'noreply: /dev/null'
is "nobody: taken, and nothing is queued" "$(queued noreply)" 0
is "nothing is left over" "$(files tmp)" ""
is "with others they get it" "$(queued noreply joe@example.net)" "0 u@f.q.d.n joe@example.net"
is "a long one is read to its end" "$(head -c 200000 /dev/zero | tr '\0' x | sendmail noreply; echo $?)" 0

# ---- all to one, and one more ----
conf aliases 'root: jane@example.com'
conf allmailto 'Staging <stage@example.com>'
is "allmailto: once for all" "$(queued root joe@example.net)" "0 u@f.q.d.n stage@example.com"
is "a bad address is refused all the same" "$(printf 'a@b.c\nd@\n\n' | nullmailer-queue >/dev/null; echo $?)" 1
conf alwaysbcc archive@example.com
is "alwaysbcc after it" "$(queued root)" "0 u@f.q.d.n stage@example.com archive@example.com"
rm "$config/allmailto"
is "alwaysbcc alone" "$(queued root joe@example.net)" \
    "0 u@f.q.d.n jane@example.com joe@example.net archive@example.com"
queued -f '<>' root >/dev/null
is "a report has no copy" "$(stored | head -n 3 | paste -sd ' ' -)" " jane@example.com "
conf adminaddr admin@example.com
is "aliases, adminaddr, allmailto, alwaysbcc" "$(queued root ann@localhost)" \
    "0 u@f.q.d.n jane@example.com admin@example.com archive@example.com"
conf alwaysbcc '# nobody'
has "nonsense: no mail, and the file" "$(queued root; cat "$T/err")" \
    'Error: .*/conf/alwaysbcc: no addresses as in a To field'
is "try again" "$(queued root)" 75
rm "$config/alwaysbcc" "$config/adminaddr"

# ---- the copy's failure ----
conf alwaysbcc archive@example.com
serve 'on RCPT archive* 550 5.1.1 no archive' 'on RCPT both* 550 5.1.1 no' auto
remotes "127.0.0.1 smtp port=$port"
FROM=s@example.net
put 1.1 r@example.net archive@example.com
run
is "the copy fails: in failed/, and no report" "$(files failed) $(waiting) $(taken)" "1.1 0 1"
has "said" "$(log)" 'No report on 1\.1: only the copy for alwaysbcc failed'
empty
put 1.1 both@example.net archive@example.com
run
run
is "with another: the report is about that one" "$(taken) $(waiting) $(tr -d '\r' <"$T/got.2" |
    grep -c '^Final-Recipient:') $(grep -c 'archive@' "$T/got.2")" "2 0 1 0"
empty
put 1.1 archive@example.com archive@example.com
run
run
is "who is addressed himself has a report" "$(taken)" 3
served
rm "$config/alwaysbcc"
empty

# ---- what is wrong is said ----
printf 'root: jane@example.com\nbroken\nprog: |/bin/x\n' >"$config/aliases"
is "newaliases" "$(newaliases 2>&1; echo $?)" "aliases: line 2: not NAME: ADDRESS, ..., so left out
aliases: line 3: not NAME: ADDRESS, ..., so left out
sendmail: aliases: 1 names
1"
is "sendmail -bi" "$(sendmail -bi 2>&1 | wc -l)" 3
has "nullmailer-check" "$(nullmailer-check --offline)" 'aliases: line 2: not NAME'
remotes '127.0.0.1 smtp port=1'
run
has "the sender at its start" "$(log)" 'aliases: line 3: not NAME'
is "the queue does not mind" "$(queued root; cat "$T/err")" "0 u@f.q.d.n jane@example.com"
conf adminaddr 'a@'
run
has "the sender, of adminaddr" "$(log)" '/conf/adminaddr: no addresses as in a To field'
rm "$config/adminaddr"
conf aliases 'root: jane@example.com'
is "newaliases is content" "$(newaliases 2>&1; echo $?)" "sendmail: aliases: 1 names
0"
rm "$config/aliases"
is "nothing to say without a file" "$(newaliases 2>&1; echo $?)" 0

# ---- the owner's rights, and the log ----
[ "$(id -u)" = 0 ] || { echo "# the rest needs root"; exit 0; }
if sanitized; then
	echo "# the rest needs a static binary"; exit 0
fi
unset NULLMAILER_TEST_PREFIX
OWNER=4000 R=$T/root
spool=$R$(mk show-SPOOL) config=$R$(mk show-CONFIG) sbin=$(mk show-SBIN)
chmod 711 "$T"
mkdir -p "$R/dev" "$R/etc" "$R$sbin" "$config" "$spool/queue" "$spool/tmp"
mknod -m 666 "$R/dev/null" c 1 3
mkfifo -m 600 "$spool/trigger"
chmod 700 "$spool/queue" "$spool/tmp"
conf me f.q.d.n
echo f.q.d.n >"${config%/*}/mailname"
printf 'root: jane@example.com\nbroken\nnoreply: /dev/null\n' >"$config/aliases"
chmod 600 "$config/aliases"
chown -R $OWNER:$OWNER "$spool" "$config/aliases"
cp "$NM" "$R$sbin/sendmail"
cp "$NM" "$R$sbin/nullmailer-queue"
chown $OWNER "$R$sbin/nullmailer-queue"
chmod 4755 "$R$sbin/nullmailer-queue"
for uid in 65534 0 $OWNER; do
	find "$spool/queue" -type f -delete
	out=$(printf '\n' | chroot --userspec="$uid:$uid" --groups="$uid" "$R" "$sbin/sendmail" -f a@b.c root 2>&1)
	is "uid $uid: read with the owner's rights, and nothing is told" \
	    "$out$(stored | sed -n 2p)" jane@example.com
done
has "who may not read it cannot check it" \
    "$(chroot --userspec=65534:65534 --groups=65534 "$R" "$sbin/sendmail" -bi 2>&1; echo $?)" '^18$'
command -v busybox >/dev/null || { echo "# the rest needs busybox"; exit 0; }
find "$spool/queue" -type f -delete
chroot "$R" /bin/busybox true 2>/dev/null || { mkdir -p "$R/bin"; cp "$(command -v busybox)" "$R/bin/"; }
if chroot "$R" /bin/busybox true 2>/dev/null; then
	chroot "$R" /bin/busybox syslogd -n -O /etc/syslog &
	owns $!
	until_true 5 test -S "$R/dev/log"
	printf '\n' | chroot --userspec=65534:65534 "$R" "$sbin/sendmail" -f a@b.c noreply
	is "dropped" "$? $(waiting)" "0 0"
	ok "the system's log names whom" until_true 5 grep -q 'aliases says /dev/null: noreply@f.q.d.n' "$R/etc/syslog"
fi
