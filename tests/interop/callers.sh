# callers.sh - programs that call sendmail, really run: what each sends arrives.
# Our sendmail lies over /usr/sbin/sendmail in this mount namespace, with its
# built-in paths, as cron and others pass no environment on.
# needs: postfix bsd-mailx s-nail mutt php=php-cli cron /usr/lib/git-core/git-send-email=git-email
# needs: /usr/share/perl5/Mail/Address.pm=libmailtools-perl
# needs: /usr/sbin/smartd=smartmontools /sbin/mdadm=mdadm logwatch python3 apt-listchanges
. tests/interop/lib.sh
spool=$(mk show-SPOOL) config=$(mk show-CONFIG)
unset NULLMAILER_TEST_PREFIX

[ -e /usr/sbin/sendmail ] || : >/usr/sbin/sendmail
mount --bind "$NM" /usr/sbin/sendmail
mount -t tmpfs none /usr/local
mount -t tmpfs none /run
mkdir -p "$spool/queue" "$spool/tmp" "$spool/failed" "$config"
mkfifo "$spool/trigger"
conf me host.example.org
serve auto
remotes "127.0.0.1 smtp port=$port"
SENDER="$NM nullmailer-send"
export HOME="$T" USER=root LOGNAME=root
cd "$T" || exit 1

some() { ! drained; }
# arrives NAME RECIPIENT TEXT...: a message in the queue gets to the recipient
# and has each text in a line
arrives() {
	name=$1 to=$2; shift 2
	until_true 10 some
	rm -f "$T"/got.*
	: >"$T/peer"
	run
	has "$name: to $to" "$(transcript)" "^C: RCPT TO:<$to>"
	for text; do
		has "$name: $text" "$(cat "$T"/got.* | tr -d '\r')" "$text"
	done
	ok "$name: nothing is left" [ -z "$(files queue)$(files tmp)$(files failed)" ]
}

# ---- cron, whose minute goes by meanwhile ----
mkdir "$T/cron.d"
mount --bind "$T/cron.d" /etc/cron.d
mount --bind /dev/null /etc/crontab
printf 'MAILTO=cron@example.net\n* * * * * root echo from-cron; echo .; echo end-of-cron\n' \
    >/etc/cron.d/test
chmod 644 /etc/cron.d/test
cron -f &
cron=$!
owns $cron
until_true 65 some
kill $cron
arrives cron cron@example.net '^from-cron$' '^\.\.$' '^end-of-cron$' '^From: root@.* (Cron Daemon)$'

echo body-of-bsd | bsd-mailx -s 'Subject of bsd' bsd@example.net
arrives bsd-mailx bsd@example.net '^body-of-bsd$' '^Subject: Subject of bsd$'
printf 'two\n' | bsd-mailx -s x -c copy@example.net -b blind@example.net bsd@example.net
arrives "bsd-mailx -c -b" blind@example.net '^two$' '^Cc: copy@example.net'
lacks "bsd-mailx -b: nobody sees it" "$(cat "$T"/got.*)" 'blind@'

echo body-of-nail | s-nail -n -s 'Subject of nail' -r me@example.org nail@example.net
arrives s-nail nail@example.net '^body-of-nail$' '^Subject: Subject of nail$' '^From: me@example.org'
has "s-nail -r: the sender" "$(transcript)" 'MAIL FROM:<me@example.org>'

printf 'attached\n' >"$T/a.txt"
printf 'body-of-mutt\n.\nb\303\266dy\n' | mutt -n -F /dev/null -s 'Subject of mutt' \
    -a "$T/a.txt" -- mutt@example.net
arrives mutt mutt@example.net 'body-of-mutt' '^Subject: Subject of mutt$' 'attached'

git init -q "$T/repository" 2>/dev/null
(
	cd "$T/repository" || exit
	git config user.name 'J. Doe'; git config user.email jane@example.org
	echo text >file; git add file; git commit -q -m 'area: a change of mine'
	git send-email --quiet --confirm=never --to=git@example.net \
	    --cc='"Doe, J." <cc@example.net>' --root HEAD >"$T/git" 2>&1 || cat "$T/git"
)
arrives "git send-email" git@example.net '^Subject: \[PATCH\] area: a change of mine$' '^+text$'
has "git send-email: --cc" "$(transcript)" 'RCPT TO:<cc@example.net>'

php -r 'exit(mail("php@example.net", "Subject of PHP", "body-of-php\n.\nend",
    "From: web@example.org\r\nX-Test: yes\r\n") ? 0 : 1);'
is "php mail() is true" "$?" 0
arrives "php mail()" php@example.net '^body-of-php$' '^X-Test: yes$' '^Subject: Subject of PHP$'
php -r 'exit(mail("php@example.net", "s", "b", "", "-fbounce@example.org") ? 0 : 1);'
arrives "php mail() with -f" php@example.net '^b$'
has "php: the sender" "$(transcript)" 'MAIL FROM:<bounce@example.org>'

python3 - <<'END'
import subprocess
from email.message import EmailMessage
m = EmailMessage()
m["From"], m["To"], m["Subject"] = "py@example.org", "P\u00fc <python@example.net>", "Gr\u00fc\u00dfe"
m.set_content("body-of-python\n.\nend\n")
subprocess.run(["/usr/sbin/sendmail", "-t", "-oi"], input=m.as_bytes(), check=True)
END
is "Python's subprocess" "$?" 0
arrives Python python@example.net '^body-of-python$' '^end$' '^Subject: =?utf-8?'

# What smartd runs when it has something to tell; Debian's runner calls mail.
SMARTD_ADDRESS=smart@example.net SMARTD_MESSAGE=body-of-smartd \
    SMARTD_MAILER=/usr/share/smartmontools/smartd-runner \
    SMARTD_FAILTYPE=EmailTest SMARTD_DEVICE=/dev/sda SMARTD_DEVICETYPE=ata \
    SMARTD_DEVICESTRING=/dev/sda SMARTD_DEVICEINFO=disk SMARTD_PREVCNT=0 \
    SMARTD_TFIRST=now SMARTD_TFIRSTEPOCH=1700000000 SMARTD_NEXTDAYS= \
    /usr/share/smartmontools/smartd_warning.sh >"$T/smartd" 2>&1 || cat "$T/smartd"
arrives "smartd's script" smart@example.net 'body-of-smartd' '^Subject: SMART error (EmailTest)'

# mdadm itself wants an array; this is what it pipes into this command.
printf 'From: mdadm monitoring <root>\nTo: md@example.net\nSubject: TestMessage event on /dev/md0:host\n\nThis is an automatically generated mail message.\n' |
    sendmail -t
arrives "mdadm's command" md@example.net '^From: mdadm monitoring <root@' 'automatically generated'

logwatch --output mail --mailto watch@example.net --service zz-disk_space --range today \
    --detail high >"$T/logwatch" 2>&1 || cat "$T/logwatch"
arrives logwatch watch@example.net '^Subject: Logwatch for ' 'Logwatch End'
