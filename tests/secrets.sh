# secrets.sh - while a message is on its way its password is nowhere but in the
# memory of those who need it, and no process of the same user may look there
# needs: openssl base64=coreutils setpriv=util-linux
. tests/lib.sh
umask 077
user=jane secret=opensesam7431
prefix
FROM=s@x.y

# As root all is done as another user, whose processes root's rules protect
# from each other no more than anybody's.
become=
if [ "$(id -u)" -eq 0 ]; then
	become="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chmod 711 "$T"
	cp "$NM" "$T/nullmailer"
	chmod 755 "$T/nullmailer"
	NM=$T/nullmailer
	rm -rf "$P"
	prefix
	chown -R 65534:65534 "$P"
fi
SENDER="$become $NM nullmailer-send"
# ours: what a sender that is not root reads is its own
ours() { [ -z "$become" ] || chown -R 65534:65534 "$spool/queue" "$config"; }

# What would give it away: as it is, and as AUTH PLAIN and LOGIN say it. In a
# file, as it would be among grep's arguments.
{
	echo "$secret"
	printf '\000%s\000%s' "$user" "$secret" | base64
	printf %s "$secret" | base64
} >"$T/words"
found() { grep -laF -f "$T/words" "$@" 2>/dev/null; }
# Of every process what others may see of it.
in_processes() { found /proc/[0-9]*/cmdline /proc/[0-9]*/environ /proc/[0-9]*/comm; }
in_files() { find "$spool" -type f -exec grep -laF -f "$T/words" {} +; }
# nowhere NAME: not in processes, spool, status, log
nowhere() {
	is "$1: not in a process's arguments or environment" "$(in_processes)" ""
	is "$1: not in the spool" "$(in_files)" ""
	is "$1: not in the log" "$(found "$T/log" "$T/err")" ""
}
# Reads what only those may read who may look into the process.
# shellcheck disable=SC2086
peep() { $become cat "/proc/$1/environ" >/dev/null 2>&1; }
# shellcheck disable=SC2086
open_memory() { $become sh -c ": </proc/$1/mem" 2>/dev/null; }
locked() {
	is "$1: its files are root's" "$(stat -c %u "/proc/$2/environ" \
	    "/proc/$2/mem" "/proc/$2/maps" | sort -u)" 0
	ok "$1: its environment cannot be read" no peep "$2"
	ok "$1: its memory cannot be opened" no open_memory "$2"
}
no() { ! "$@"; }

# given LINE [OPTION...]: one message, that remote, a sender
given() {
	empty
	put 1000000001.1 r@x.y
	remotes "$1"; shift
	ours
	start "$@"
}

# held NAME COMMAND REMOTE: the server lets us wait for its answer to COMMAND
held() {
	given "$3" --once
	ok "$1: it is held" heard 10 "C: $2"
	worker=$(children "$sender")
	nowhere "$1"
	locked "$1: sender" "$sender"
	locked "$1: worker" "${worker:-none}"
	wait "$sender"
	is "$1: then it is delivered" "$(files queue)" ""
	is "$1: not in the log afterwards" "$(found "$T/log" "$T/err")" ""
}

certificate
cp "$T/ca.pem" "$P/ca.pem" && chmod 644 "$P/ca.pem"
ok "a certificate is made" [ -s "$P/ca.pem" ]
# shellcheck disable=SC2086
$become sleep 60 &
owns $!
until_true 5 grep -q sleep "/proc/$!/comm"
ok "another process of this user can be read" peep "$!"
WORD=$secret sleep 60 &
betrayed=$!
owns $betrayed
until_true 5 grep -q sleep "/proc/$betrayed/comm"
is "a process that has it in its environment is found" "$(in_processes)" \
    "/proc/$betrayed/environ"
kill $betrayed
wait $betrayed 2>/dev/null

serve 'cap AUTH LOGIN' "auth $user $secret" 'delay PASS 2000' auto
held "AUTH LOGIN in clear" "$(tail -n 1 "$T/words")" \
    "127.0.0.1 smtp port=$port user=$user pass=$secret auth-login"

if [ -x "$TOOLS/ssl_server" ]; then
	serve 'cap AUTH PLAIN' "auth $user $secret" 'delay DOT 2000' \
	    "starttls $T/server.pem" auto
	held "AUTH PLAIN with TLS" DATA "127.0.0.1 smtp port=$port starttls \
	    x509cafile=$P/ca.pem tls-name=mail.test user=$user pass=$secret"
fi

serve 'cap AUTH PLAIN' 'on AUTH 535 5.7.8 wrong' auto
given "127.0.0.1 smtp port=$port user=$user pass=$secret" --once
wait "$sender"
is "a refused login: kept" "$(waiting)" 1
ok "a refused login: there is a status" [ -s "$spool/status" ]
nowhere "a refused login"

# A module by hand has it from its standard input.
serve 'cap AUTH PLAIN' "auth $user $secret" 'delay DOT 2000' auto
: >"$T/log"; : >"$T/err"
printf '%s\n' host=127.0.0.1 "port=$port" "user=$user" "pass=$secret" '' >"$T/options"
# shellcheck disable=SC2086
HELOHOST=h.x.y $become "$NM" smtp <"$T/options" 3<"$spool/queue/1000000001.1" \
    >"$T/log" 2>"$T/err" &
module=$!
owns "$module"
ok "the module: it is held" heard 10 'C: DATA'
nowhere "the module"
locked "the module" "$module"
wait "$module"
is "the module: delivers" "$?" 0

# ---- everybody may read it ----
warnings() { lines "^Warning: $config/remotes holds a password and everybody"; }
# warns NAME MODE COUNT LINE
warns() {
	empty
	remotes "$4"
	ours
	chmod "$2" "$config/remotes"
	start --once
	wait "$sender"
	is "$1" "$(warnings)" "$3"
}
line="127.0.0.1 smtp port=$port user=$user pass=$secret"
warns "a password for all to read: a warning" 644 1 "$line"
warns "with two dashes too" 604 1 "127.0.0.1 smtp --pass=$secret"
warns "a password for the group: none" 640 0 "$line"
warns "for nobody else: none" 600 0 "$line"
warns "no password: none" 644 0 "127.0.0.1 smtp port=$port bypass=x"
remotes "$line"
ours
chmod 644 "$config/remotes"
start
logged 5 '^Rescanning queue'
for n in 2 3; do
	pull
	logged 5 '^Rescanning queue' $n
done
ok "a daemon has had three runs" [ "$(lines '^Rescanning queue')" -ge 3 ]
is "and gave one warning" "$(warnings)" 1
is "without the password" "$(found "$T/log" "$T/err")" ""
stop 8
