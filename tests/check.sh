# check.sh - nullmailer-check: what it says of control files, spool and servers,
# its exit codes, and the figures for those who watch
# needs: openssl jq python3
. tests/lib.sh
prefix
TEXT='Subject: x\n\ntext\n'

# look ARGUMENT...: $rc, $said
look() { said=$(timeout 60 nullmailer-check "$@" 2>&1); rc=$?; }
remotes "127.0.0.1 smtp port=1"

# ---- figures ----
look --alive
is "no sender: not alive" "$rc" 1
put 1000000001.1 a@b.c
look --health
is "no sender: critical" "$rc" 2
has "and it says so" "$said" '^NULLMAILER CRITICAL - no sender runs, 1 waiting, '
empty
conf pausetime 60
start
until_true 10 nullmailer-check --alive
look --alive
is "a sender: alive, although no remote is there" "$rc" 0
look --health
is "all well" "$rc $said" "0 NULLMAILER OK - 0 waiting, the oldest for 0 s, 0 held, 0 failed since a day | waiting=0 oldest=0s;;3600 held=0 failed=0;1 bytes=0B"
pulled=$(lines '^Trigger pulled')
look --alive
look --offline
sleep 0.3
is "asking is no pull" "$(lines '^Trigger pulled')" "$pulled"
has "it runs" "$said" '^  sender  *it runs$'
queue_file a@b.c >"$spool/failed/1000000002.1"
look --health
is "something failed: a warning" "$rc" 1
has "and how many" "$said" '^NULLMAILER WARNING .* 1 failed since a day'
look --health --failed 2
is "one is not two" "$rc" 0
put 1000000003.1 a@b.c
look --health --age 3h
is "not old enough" "$rc" 1
look --health --age 90m
is "old enough" "$rc" 2
look --health --age soon
is "no time" "$rc" 3
look --metrics
is "metrics" "$(echo "$said" | grep -v '^#' | grep -v seconds)" 'nullmailer_messages{state="waiting"} 1
nullmailer_messages{state="held"} 0
nullmailer_messages{state="failed"} 1
nullmailer_failed_last_day 1
nullmailer_waiting_bytes 25
nullmailer_sender_running 1'
is "each with its type" "$(echo "$said" | grep -c '^# TYPE nullmailer_[a-z_]* gauge$')" 6
printf '=\tr\ta"b\\c\033d\t1\t2\t535 no\n=\tr\ta"b\\c\033d\t1\t2\t535 no\n' >"$spool/status"
printf '=\tr\trelay.x.y\t1\t2\t535 no\n' >>"$spool/status"
nullmailer-check --metrics | python3 tests/metrics_read.py >"$T/metrics" 2>"$T/err"
is "a strict reader reads them" "$? $(cat "$T/err")" "0 "
is "each remote that rests is there once" "$(sed -n 's/^nullmailer_remote_resting //p' "$T/metrics")" \
    'host="a\"b\\c?d" 1.0
host="relay.x.y" 1.0'
rm "$spool/status"
stop 10
empty

# ---- control files ----
remotes "127.0.0.1 smtp port=1 pass=hush user=u"
chmod 644 "$config/remotes"
look --offline
is "no sender" "$rc" 2
has "a value" "$said" '^  me  *f\.q\.d\.n$'
has "a line as understood" "$said" '^  remotes  *1: 127\.0\.0\.1 smtp, port 1, user u$'
has "a password for all" "$said" '^! remotes .*everybody may read it'
lacks "no secret" "$said" hush
conf pausetime 0
chmod 600 "$config/remotes"
look --offline
is "from time to time is all right" "$rc" 0
conf pausetime -5
remotes "mail.example.org smtp tls"
look --offline
has "nonsense" "$said" '^! control file  *pausetime: -5 makes no sense'
has "whom it trusts" "$said" '^  trust '
conf pausetime 0
remotes "a.example smtp starttls" "b.example smtp startls"
look --offline
is "one of two lines is wrong" "$rc" 1
has "which" "$said" "^! remotes  *2: b.example: .*startls"
remotes "b.example smtp startls"
look --offline
is "the only line is wrong" "$rc" 2
: >"$config/remotes"
look --offline
has "no line" "$said" '^X remotes  *no line in it'
rm "$config/remotes"; mkdir "$config/remotes"
look --offline
is "a folder" "$rc" 2
rmdir "$config/remotes"
remotes "a.example smtp"

# ---- the spool ----
rm "$spool/trigger"; : >"$spool/trigger"
look --offline
has "a trigger that is none" "$said" '^X trigger  *it is no FIFO'
rm "$spool/trigger"; mkfifo -m 600 "$spool/trigger"
mv "$spool/tmp" "$spool/t"
look --offline
has "a folder that is missing" "$said" '^! tmp  *No such file'
mv "$spool/t" "$spool/tmp"
printf '=\tr\ta.example\t1000\t2000\t451 no\033w\n' >"$spool/status"
look --offline
has "the last word of a remote" "$said" '^! last  *a\.example: 451 no?w; asked again at 1970-'
rm "$spool/status"
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$T" "$P"; chmod 755 "$config"; chmod 600 "$config/remotes"
	chmod 711 "$spool"
	stranger() { setpriv --reuid 4321 --regid 4321 --clear-groups "$NM" check "$@" 2>&1; }
	said=$(stranger --offline)
	has "a stranger is told what he cannot see" "$said" \
	    '^! remotes .*you cannot see what the sender sees'
	chown -R 4322:4322 "$spool"
	look --offline
	has "root sees what the owner sees" "$said" \
	    '^X remotes .*Permission denied$'
	has "and what mends it" "$said" '^X remotes .* as root type: chown 4322 remotes'
	has "set-uid is missed" "$said" '^! mailq  *only root and .*4322.* may use it: '
	chown -R 0:0 "$spool"
fi

# ---- servers ----
certificate
login="127.0.0.1 smtp starttls tls-name=mail.test x509cafile=$T/ca.pem user=jane pass=sesam"
serve "starttls $T/server.pem" 'cap AUTH PLAIN LOGIN' 'auth jane sesam' auto
remotes "$login port=$port"
look
has "an address" "$said" "^  address  *127.0.0.1 port $port connects ([0-9]* ms)"
has "the greeting" "$said" '^  greeting  *220 .*ms)'
has "what is offered" "$said" '^  helo  *250 .*, STARTTLS'
has "the certificate" "$said" '^. certificate  *"mail.test" from ".*", .*, until .* pin=sha256/[A-Za-z0-9+/]\{43\}=$'
has "TLS" "$said" '^  tls  *TLS 1\.[23], suite [0-9a-f]\{4\}, group .*, chain and name verified$'
has "the login" "$said" '^  auth  *235 '
has "and how" "$said" '^  login  *PLAIN as jane$'
lacks "no secret" "$said" sesam
is "no mail was begun" "$(transcript | grep -c '^C: MAIL')" 0
has "QUIT" "$(transcript)" '^C: QUIT'
pin=$(echo "$said" | grep -o 'pin=sha256/.*')
remotes "127.0.0.1 smtp starttls $pin port=$port user=jane pass=sesam"
look
has "the pin can be pasted" "$said" '^  tls .*the key is the pinned one$'
remotes "$login-but-wrong port=$port"
look
is "a wrong password" "$rc" 2
has "its user" "$said" '^X auth  *535 .*for user jane$'
has "a hint" "$said" '^X hint  *user or password is wrong'
remotes "127.0.0.1 smtp starttls port=$port"
look
has "an unknown CA" "$said" '^X tls  *Server SSL/TLS certificate is untrusted'
has "its certificate is shown all the same" "$said" '^. certificate  *"mail.test"'
remotes "127.0.0.1 smtp port=1" "$login port=$port"
look --remote 2
lacks "only that one" "$said" '^Remote 1'
is "it is well" "$rc" 0
look
is "one of two is no use" "$rc" 1
has "refused" "$said" '^X connect .*Connection refused'
look --remote 3
is "there is no third" "$rc" 2
served
serve 'cap AUTH CRAM-MD5' auto
remotes "127.0.0.1 smtp starttls port=$port"
look
has "no STARTTLS" "$said" '^X starttls  *Server does not offer STARTTLS'
served
serve 'S: 220 nullmailer-smtpd ready' auto
remotes "127.0.0.1 smtp port=$port"
look
has "our own listener" "$said" '^X greeting  *that is our own listener'
served
serve 'S"220 \x1b[2J\xff\r\n"' auto
remotes "127.0.0.1 smtp port=$port"
look
lacks "no control bytes" "$said" "$(printf '\033')"
look -j
ok "an object a line" [ "$(echo "$said" | jq -c . | wc -l)" -gt 8 ]
is "and all bytes" "$(echo "$said" | jq -r 'select(.name == "greeting") | .text_hex' |
    cut -c1-18)" 323230201b5b324aff
served

# ---- a message ----
serve 'on RCPT bad@* 550 5.1.1 no such user' 'on RCPT late@* 451 4.2.0 later' auto
remotes "127.0.0.1 smtp port=$port"
conf pausetime 60
start
until_true 10 nullmailer-check --alive
look --send good@x.y
is "sent" "$rc" 0
has "and taken" "$said" '^  delivered  *a remote has taken it after'
is "by the server" "$(taken)" 1
look --send bad@x.y
is "refused" "$rc" 2
has "it says so" "$said" '^X failed  *it was refused'
look --send late@x.y --wait 2s
is "later" "$rc" 2
has "what was said" "$said" '^X attempt  *127.0.0.1: 451 4.2.0 later'
has "it waits" "$said" '^X waiting  *it still waits after 2 s'
stop 10
served
