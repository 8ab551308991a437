# secrets.sh - while a message is on its way its password is nowhere but in the
# memory of those who need it, and no process of the same user may look there
# needs: openssl base64=coreutils setpriv=util-linux
. tests/lib.sh
umask 077
P=$T/p
user=jane secret=opensesam7431
prefix "$P"

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
	prefix "$P"
	chown -R 65534:65534 "$P"
fi

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
in_files() { find "$P/queue" -type f -exec grep -laF -f "$T/words" {} +; }
# nowhere NAME: not in processes, spool, status, log
nowhere() {
	is "$1: not in a process's arguments or environment" "$(in_processes)" ""
	is "$1: not in the spool" "$(in_files)" ""
	is "$1: not in the log" "$(found "$P/log")" ""
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

certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
	    -addext subjectAltName=IP:127.0.0.1 -keyout "$T/key.pem" \
	    -out "$T/crt.pem" >"$T/openssl" 2>&1 &&
	    cat "$T/key.pem" "$T/crt.pem" >"$T/server.pem" &&
	    cp "$T/crt.pem" "$P/ca.pem" && chmod 644 "$P/ca.pem"
}
# talk INSTRUCTION...: a server; $port
talk() {
	printf '%s\n' "$@" >"$T/talk"
	rm -f "$T/port" "$T/peer"
	"$PEER" -t 60 -p "$T/port" -l "$T/peer" "$T/talk" 2>"$T/flaws" &
	owns $!
	until_true 5 test -s "$T/port"
	port=$(cat "$T/port")
}
remotes() {
	printf '%s\n' "$@" >"$P/conf/remotes"
	[ -z "$become" ] || chown 65534:65534 "$P/conf/remotes"
}
put() {
	rm -f "$P/queue/queue"/*
	printf 's@x.y\nr@x.y\n\nSubject: x\n\ntext\n' >"$P/queue/queue/1000000001.1"
	[ -z "$become" ] || chown 65534:65534 "$P/queue/queue/1000000001.1"
}
# start ARGUMENT...: a sender; $sender
start() {
	# shellcheck disable=SC2086
	$become "$NM" nullmailer-send "$@" >"$P/log" 2>&1 &
	sender=$!
	owns "$sender"
}
child() { tr -d ' ' <"/proc/$1/task/$1/children"; }
heard() { grep -q " C: $1" "$T/peer"; }

# held NAME COMMAND: the server lets us wait for its answer to COMMAND
held() {
	start --once
	ok "$1: it is held" until_true 10 heard "$2"
	worker=$(child "$sender")
	nowhere "$1"
	locked "$1: sender" "$sender"
	locked "$1: worker" "${worker:-none}"
	wait "$sender"
	is "$1: then it is delivered" "$(find "$P/queue/queue" -type f)" ""
	is "$1: not in the log afterwards" "$(found "$P/log")" ""
}

ok "a certificate is made" certificate
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

put
talk 'cap AUTH LOGIN' "auth $user $secret" 'delay PASS 2000' auto
remotes "127.0.0.1 smtp port=$port user=$user pass=$secret auth-login"
held "AUTH LOGIN in clear" "$(tail -n 1 "$T/words")"

if [ -x "${PEER%/*}/ssl_server" ]; then
	put
	talk 'cap AUTH PLAIN' "auth $user $secret" 'delay DOT 2000' \
	    "starttls $T/server.pem" auto
	remotes "127.0.0.1 smtp port=$port starttls x509cafile=$P/ca.pem user=$user pass=$secret"
	held "AUTH PLAIN with TLS" DATA
fi

put
talk 'cap AUTH PLAIN' 'on AUTH 535 5.7.8 wrong' auto
remotes "127.0.0.1 smtp port=$port user=$user pass=$secret"
start --once
wait "$sender"
is "a refused login: kept" "$(find "$P/queue/queue" -type f | wc -l)" 1
ok "a refused login: there is a status" [ -s "$P/queue/status" ]
nowhere "a refused login"

# A module by hand has it from its standard input.
put
talk 'cap AUTH PLAIN' "auth $user $secret" 'delay DOT 2000' auto
printf '%s\n' host=127.0.0.1 "port=$port" "user=$user" "pass=$secret" '' >"$T/options"
# shellcheck disable=SC2086
HELOHOST=h.x.y $become "$NM" smtp <"$T/options" 3<"$P/queue/queue/1000000001.1" \
    >"$P/log" 2>&1 &
module=$!
owns "$module"
ok "the module: it is held" until_true 10 heard DATA
nowhere "the module"
locked "the module" "$module"
wait "$module"
is "the module: delivers" "$?" 0

# ---- everybody may read it ----
warnings() { grep -c "^Warning: $P/conf/remotes holds a password and everybody" "$P/log"; }
# warns NAME MODE COUNT LINE
warns() {
	remotes "$4"
	chmod "$2" "$P/conf/remotes"
	rm -f "$P/queue/queue"/*
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
chmod 644 "$P/conf/remotes"
start
runs() { [ "$(grep -c '^Rescanning queue' "$P/log")" -ge "$1" ]; }
until_true 5 runs 1
for n in 2 3; do
	printf x >"$P/queue/trigger"
	until_true 5 runs $n
done
ok "a daemon has had three runs" runs 3
is "and gave one warning" "$(warnings)" 1
is "without the password" "$(found "$P/log")" ""
kill "$sender"
wait "$sender"
