# foreign.sh - modules that are not ours get the classic interface, one process
# for each message, and can do the sender no harm
. tests/lib.sh
prefix
lf='
'
tab=$(printf '\t')

# queued COUNT: a queue of so many messages and nothing else
queued() { empty; put_many "$1"; }
# alone NAME LINE...: one message, one module of these lines
alone() {
	module "$@"
	remotes "host.x '$1'"
	queued 1
	run
}
conf sendtimeout 10
TEXT='Message-Id: <m@x>\n\ntext\n'

# ---- what it gets ----
# shellcheck disable=SC2016
module d "d=$T" 'cat >$d/options; echo "$HELOHOST" >$d/helo; pwd >$d/pwd' \
    'cat <&3 >$d/message; rm -f $d/fds; echo "$0 $#" >$d/args; echo "from the module" >&2' \
    'set -- /proc/$$/fd/*; for f; do [ "$(readlink "$f")" = "$0" ] || [ ! -L "$f" ] || echo "${f##*/}" >>$d/fds; done' \
    'echo once >>$d/calls'
remotes "host.x d --b=1 a=2 'c d'"
conf helohost helo.example.org
put 1.1 a@x.y b@x.y
put 2.2 a@x.y b@x.y
cp "$spool/queue/2.2" "$T/original"
run
is "exit, queue" "$rc $(waiting) $(lines '^Sent file.$')" "0 0 2"
is "options, an empty line last" "$(cat "$T/options"; echo .)" "host=host.x${lf}b=1${lf}a=2${lf}c d${lf}${lf}."
cmp -s "$T/original" "$T/message"; is "the message from its beginning" $? 0
is "HELOHOST" "$(cat "$T/helo")" helo.example.org
is "folder" "$(cat "$T/pwd")" "$spool/queue"
is "descriptors" "$(tr '\n' ' ' <"$T/fds")" "0 1 2 3 "
is "path and no arguments" "$(cat "$T/args")" "$P/protocols/d 0"
is "one process a message" "$(wc -l <"$T/calls")" 2
is "its stderr is ours" "$(cat "$T/err")" "from the module${lf}from the module"
is "log" "$(sed 's/ age: [0-9]* / age: S /' "$T/log")" "Rescanning queue.
Starting delivery, 2 message(s) in queue.
Starting delivery: host: host.x protocol: d file: 1.1
From: <> to: <a@x.y>, <b@x.y>
Message-Id: <m@x>
Sent file.
Delivered: file: 1.1 host: host.x recipients: 2 age: S address: none stage: module reply: \"\" next: none
Starting delivery: host: host.x protocol: d file: 2.2
From: <> to: <a@x.y>, <b@x.y>
Message-Id: <m@x>
Sent file.
Delivered: file: 2.2 host: host.x recipients: 2 age: S address: none stage: module reply: \"\" next: none
Delivery complete, 0 message(s) remain."

# the table of quoting
rm "$P/protocols/smtp"
for n in d 'x y' smtp; do module "$n" "cat >$T/options" "echo '$n' >$T/protocol"; done
checked=0 bad=
while IFS= read -r line; do
	case $line in
	'< '*) given=$(printf '%s\n' "${line#< }" | sed "s/<CR>\$/$(printf '\r')/") ;;
	'>'*)
		checked=$((checked + 1))
		queued 1
		rm -f "$T/options" "$T/protocol"
		remotes "$given"
		run
		got=
		if [ -f "$T/options" ]; then
			got="> $(cat "$T/protocol")$tab$(sed '$d' "$T/options" | tr '\n' '\t')"
		elif [ "$(lines 'Could not exec program')" -gt 0 ]; then
			got="> @${tab}host=mail.x"
		else
			got=">"
		fi
		[ "${got%"$tab"}" = "$line" ] || bad="$bad$given gives $got$lf"
		;;
	esac
done <tests/data/remotes.txt
is "every row of remotes.txt" "$bad" ''
ok "all rows were seen: $checked" [ "$checked" -ge 54 ]

# ---- its exit code ----
# fate CODE QUEUED FAILED TEXT
fate() {
	alone code "echo because of this; exit $1"
	is "exit $1" "$(waiting) $(failed) $(grep '^Sen' "$T/log" | tail -n 1)" "$2 $3 $4"
}
fate 0 0 0 'Sent file.'
fate 1 1 0 'Sending failed: Unspecified temporary error'
fate 2 1 0 'Sending failed: Host not found'
fate 11 1 0 'Sending failed: Protocol error'
fate 16 1 0 'Sending failed: Temporary error in sending the message'
fate 20 1 0 'Sending failed: Failed to authenticate to server'
fate 25 1 0 'Sending failed: Unspecified temporary error'
fate 34 0 1 'Sending failed: Server refused the message'
fate 35 0 1 'Sending failed: Permanent error in sending the message'
fate 40 0 1 'Sending failed: Unspecified permanent error'
fate 96 0 1 'Sending failed: Unspecified permanent error'
for n in 126 127 137 255; do
	fate $n 1 0 'Sending failed: Unspecified temporary error'
done
has "its words are logged" "$(log)" '^Attempt failed: file: 1000000001.1 .* reply: "because of this" next: '
for n in KILL SEGV TERM; do
	alone crash "kill -$n \$\$"
	is "dies of $n" "$rc $(waiting) $(lines '^Sending process crashed or was killed.$')" "0 1 1"
	has "dies of $n: said" "$(log)" \
	    '^Attempt failed: .* reply: "The process that was sending it died" next: '
done
alone escape 'cat >/dev/null; printf "a\033[31m\001\nb"; exit 16'
has "control bytes are not logged" "$(log)" ' reply: "a?\[31m? / b" next: '

# a code that speaks of the remote takes it out for this run
module dead "echo x >>$T/dead; echo no route; exit 10"
module good 'exit 0'
remotes 'dead.x dead' 'good.x good'
queued 3
run
is "the dead one is asked once, the other sends all" "$(wc -l <"$T/dead") $(lines '^Sent file.$') $(waiting)" "1 3 0"
is "said once" "$(lines '^Remote dead.x is left out for the rest of this run: .* reply: no route$')" 1
# shellcheck disable=SC2016
module picky 'case $(cat <&3) in *r2@*) exit 16;; esac; exit 0'
remotes 'picky.x picky' 'good.x good'
queued 3
run
is "one message's trouble is its own" "$(lines 'host: picky.x protocol') $(lines 'host: good.x protocol') $(waiting)" "3 1 0"

# ---- what it may do ----
alone loud 'yes 0123456789 | head -c 200000; exit 35'
is "200 KB of stdout" "$rc $(failed)" "0 1"
ok "200 KB of stdout: soon ($took ms)" [ "$took" -lt 5000 ]
ok "200 KB of stdout: short in the log" [ "$(wc -c <"$T/log")" -lt 5000 ]
module deaf 'exec <&-; exit 0'
remotes "host.x deaf pass=$(head -c 100000 /dev/zero | tr '\0' x)"
queued 9
run
is "closes its stdin" "$rc $(waiting)" "0 0"
has "closes its stdin: logged" "$(log)" '^Warning: Writing options to protocol failed$'
alone parent "sleep 29 & echo \$! >$T/grandchild; exit 0"
is "a grandchild has its stdout" "$rc $(waiting)" "0 0"
ok "a grandchild has its stdout: nobody waits ($took ms)" [ "$took" -lt 3000 ]
ok "the grandchild is gone" until_true 2 ended "$(cat "$T/grandchild")"
conf sendtimeout 1
module slow 'exec sleep 20'
remotes 'host.x slow'
queued 3
run
is "too slow" "$rc $(waiting) $(lines '^Sending timed out, killing protocol$')" "0 3 3"
is "too slow: said" "$(lines '^Attempt failed: .* reply: "It took longer than sendtimeout" next: ')" 3
ok "too slow: each ends in time ($took ms)" [ "$took" -lt 6000 ]
is "too slow: stderr" "$(cat "$T/err")" "nullmailer-send: slow crashed or was killed
nullmailer-send: slow crashed or was killed
nullmailer-send: slow crashed or was killed"
alone stubborn "trap '' TERM; while :; do sleep 1; done"
is "ignores TERM" "$rc $(waiting)" "0 1"
ok "ignores TERM: KILL ends it ($took ms)" [ "$took" -lt 9000 ]
module timely "trap 'exit 0' TERM; sleep 20 & wait"
remotes 'host.x timely'
queued 1
run
is "what it says after the timeout does not count" "$(waiting)" 1

# ---- what is no module ----
# nothing NAME WORDS
nothing() {
	remotes "host.x '$1'" 'good.x good'
	queued 2
	run
	is "$1: $2" "$rc $(lines '^Sent file.$') $(lines '^Sending failed: Could not exec program$') $(lines 'left out for the rest')" "0 2 1 1"
	has "$1: stderr" "$(cat "$T/err")" "^nullmailer-send: Could not exec .*$1: $2"
}
conf sendtimeout 10
nothing missing 'No such file'
echo nonsense >"$P/protocols/plain"
nothing plain 'Permission denied'
mkdir "$P/protocols/folder"
nothing folder 'Permission denied'
printf 'nonsense' >"$P/protocols/garbage"; chmod +x "$P/protocols/garbage"
nothing garbage 'Exec format error'
printf '#!/no/such/shell\n' >"$P/protocols/shellless"; chmod +x "$P/protocols/shellless"
nothing shellless 'No such file'
alone 'a name  with blanks' 'exit 0'
is "blanks in its name" "$(lines '^Sent file.$')" 1
