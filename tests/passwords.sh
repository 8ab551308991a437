# passwords.sh - passfile=, passcommand= and auth=: where the password comes
# from, when it is asked for again, what is said when it cannot be had, and that
# nobody else sees it
# needs: setpriv=util-linux base64=coreutils
. tests/lib.sh
prefix
FROM=s@x.y
conf sendtimeout 20

# As root all is done as another user: no passcommand runs as root.
become=
if [ "$(id -u)" -eq 0 ]; then
	become="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chmod 711 "$T"
	cp "$NM" "$T/nullmailer"
	chmod 755 "$T/nullmailer"
	NM=$T/nullmailer
	rm -rf "$P"
	prefix
	mkdir "$T/w"
	chown -R 65534:65534 "$P" "$T/w"
else
	mkdir "$T/w"
fi
SENDER="$become $NM nullmailer-send"
ours() {
	[ -z "$become" ] || chown -R 65534:65534 "$spool/queue" "$config"
	chmod 755 "$config"
	chmod 600 "$config/remotes"
}
# one OPTION...: one message and a queue run with that login
one() {
	remotes "127.0.0.1 smtp port=$port user=jane $*"
	empty
	put 1000000001.1 r@x.y
	ours
	run
}
wants() { serve "cap AUTH PLAIN LOGIN" "auth jane $1" auto; }
# helper LINE...: a script $T/w/helper
helper() {
	printf '%s\n' '#!/bin/sh' "echo x >>$T/w/calls" "$@" >"$T/w/helper"
	chmod 755 "$T/w/helper"
	rm -f "$T/w/calls"
}
calls() { wc -l 2>/dev/null <"$T/w/calls" || echo 0; }
secret=opensesame7431

# ---- passfile= ----
printf '%s \r\nnext\n' "$secret" >"$config/word"
wants "$secret "
one passfile=word
is "a file beside remotes" "$rc $(taken) $(waiting)" "0 1 0"
printf %s "$secret" >"$T/w/word"
ln -s "$T/w/word" "$T/w/link"
wants "$secret"
one passfile="$T/w/link"
is "a link to a file" "$rc $(taken)" "0 1"
one passfile=none
has "no such file" "$(log)" "^Remote .* left out .* stage: auth reply: Could not read passfile $config/none: No such file"
is "no such file: the mail waits" "$(waiting) $(failed)" "1 0"
mkfifo "$T/w/fifo"; chmod 644 "$T/w/fifo"
one passfile="$T/w/fifo"
has "no file" "$(log)" 'no regular file'

echo wrong >"$config/word"
wants "$secret"
remotes "127.0.0.1 smtp port=$port user=jane passfile=word"
conf pausetime 3600
empty
put 1000000001.1 r@x.y
ours
start
logged 10 'stage: auth reply: 535'
sleep 1.1
pull
ok "a wrong one is not asked for again at once" \
    logged 10 'login was refused, it is tried again'
echo "$secret" >"$config/word"
pull
ok "but when the file is new" logged 10 '^Sent file'
stop 5
is "then it is right" "$(taken) $(waiting)" "1 0"

# ---- passcommand= ----
helper "echo '$secret'; echo of $secret >&2"
wants "$secret"
remotes "127.0.0.1 smtp port=$port user=jane passcommand=$T/w/helper messages=3"
empty
i=1; while [ $i -le 9 ]; do put 100000000$i.1 r$i@x.y; i=$((i + 1)); done
ours
run
is "a command: nine messages, three sessions" "$(taken) $(connections)" "9 3"
is "it is asked once" "$(calls)" 1
has "its stderr is in the log" "$(log)" "^of $secret"

helper "if [ \$(wc -l <$T/w/calls) = 1 ]; then echo old; else echo $secret; fi"
serve "cap AUTH PLAIN" 'on AUTH 535 5.7.8 no' auto next "cap AUTH PLAIN" \
    "auth jane $secret" auto
one passcommand="$T/w/helper"
is "once more after a refused login" "$(calls) $(taken)" "2 1"
serve "cap AUTH PLAIN" 'on AUTH 535 5.7.8 no' auto
one passcommand="$T/w/helper"
is "and not more often" "$(calls) $(taken) $(waiting)" "4 0 1"
while IFS='|' read -r line words; do
	helper "$line"
	one passcommand="$T/w/helper"
	has "$line" "$(log)" "left out .* stage: auth reply: $words"
	is "$line: the mail waits" "$(waiting) $(failed)" "1 0"
done <<'END'
exit 3|The passcommand ended with exit code 3
:|The passcommand does not help: its first line is empty
kill -9 $$|The passcommand was killed
END
one passcommand=/nowhere/x
has "no command" "$(log)" 'The passcommand was not found'
helper "sleep 60 & echo \$! >$T/w/child; sleep 60"
one passcommand="$T/w/helper"
has "one that does not end" "$(log)" 'The passcommand was killed, it may take 10 s'
ok "after ten seconds ($took ms)" [ "$took" -ge 9000 -a "$took" -lt 16000 ]
ok "with its children" until_true 2 ended "$(cat "$T/w/child")"

helper "echo $secret"
chmod 666 "$config/remotes"
remotes "127.0.0.1 smtp port=$port user=jane passcommand=$T/w/helper"
run
has "remotes others may write" "$(log)" 'No passcommand is run, as others may write'
chmod 600 "$config/remotes"; chmod 775 "$config"
run
has "its folder" "$(log)" 'No passcommand is run, as others may write'
chmod 755 "$config"
if [ "$become" ]; then
	chown -R 0 "$spool"
	$NM nullmailer-send --once >"$T/log" 2>&1
	has "not as root" "$(log)" 'No passcommand is run as root'
	chown -R 65534:65534 "$spool"
fi
is "nor was it" "$(calls)" 0

# ---- while it is in use ----
{ echo "$secret"; printf '\000jane\000%s' "$secret" | base64; } >"$T/words"
found() { grep -laF -f "$T/words" "$@" 2>/dev/null; }
in_spool() { find "$spool" -type f -exec grep -laF -f "$T/words" {} +; }
for option in "passfile=$T/w/word" "passcommand=cat $T/w/word"; do
	serve "cap AUTH PLAIN" "auth jane $secret" 'on DATA wait 2000' auto
	remotes "127.0.0.1 smtp port=$port user=jane '$option'"
	empty; put 1000000001.1 r@x.y
	ours
	start
	heard 10 'C: DATA'
	is "$option: in no process" "$(found /proc/[0-9]*/cmdline /proc/[0-9]*/environ)" ''
	is "$option: in no file" "$(found "$T/log" "$T/err")$(in_spool)" ''
	stop 10
done

# ---- while an option is misspelt ----
for option in passfil= pass-file= passfiles= passcomand= pass_command= \
    password= pas= PASS passwordeval= auht= usr= 'pass= ' 'pass= x '; do
	remotes "127.0.0.1 smtp port=$port user=jane '$option$secret'" \
	    "127.0.0.1 smtp port=$port user=jane ${option}echo $secret"
	empty; put 1000000001.1 r@x.y
	ours
	start
	logged 10 '^Delivery complete'
	status=$($become "$NM" mailq 2>&1; $become "$NM" nullmailer-check --offline 2>&1)
	is "$option: in no process" "$(found /proc/[0-9]*/cmdline /proc/[0-9]*/environ)" ''
	stop 10
	is "$option: in no file" "$(found "$T/log" "$T/err")$(in_spool)" ''
	lacks "$option: in no word" "$status" "$secret"
done

# ---- nullmailer-check ----
# checks OPTION...: what it says of that login
checks() {
	remotes "127.0.0.1 smtp port=$port user=jane $*"
	ours
	$become "$NM" nullmailer-check --remote 1 >"$T/said" 2>&1
	lacks "check with $1: not the secret" "$(cat "$T/said")" "$secret"
}
wants "$secret"
helper "echo $secret"
checks passcommand="$T/w/helper"
has "it runs a passcommand" "$(cat "$T/said")" '^  login  *PLAIN as jane'
is "once" "$(calls)" 1
checks passfile="$T/w/word"
has "it reads a passfile" "$(cat "$T/said")" '^  login  *PLAIN as jane'
checks passfile=none
has "no such file" "$(cat "$T/said")" '^X password  *Could not read passfile .*/none: No such'
checks passcommand=false
has "no word" "$(cat "$T/said")" '^X password  *The passcommand ended with exit code 1'
chmod 775 "$config"
remotes "127.0.0.1 smtp port=$port user=jane passcommand=$T/w/helper"
$become "$NM" nullmailer-check --remote 1 >"$T/said" 2>&1
has "as the sender it runs none from a file that others may write" \
    "$(cat "$T/said")" '^X password  *No passcommand is run, as others'
chmod 755 "$config"
served

# ---- by hand ----
queue_file r@x.y >"$T/message"
export HELOHOST=h.x.y
wants "$secret"
by_hand smtp host=127.0.0.1 "port=$port" user=jane passfile="$T/w/word"
is "by hand, a file" "$rc" 0
by_hand smtp host=127.0.0.1 "port=$port" user=jane "passcommand=cat $T/w/word"
is "by hand, a command" "$rc" 0
by_hand smtp host=127.0.0.1 "port=$port" user=jane passcommand=false
is "by hand, none" "$rc $(cat "$T/out")" "18 The passcommand ended with exit code 1"

# ---- auth= ----
coded() { printf "$1" | base64 -w 0; }
# mechanism NAME INSTRUCTION...: by hand with that mechanism
mechanism() {
	name=$1; shift
	serve 'S: 220 x' 'C: EHLO *' 'S: 250-x' 'S: 250 AUTH PLAIN LOGIN' "$@"
	by_hand smtp host=127.0.0.1 "port=$port" user=jane "pass=tok en" "auth=$name"
	served
}
mechanism xoauth2 "C= AUTH XOAUTH2 $(coded 'user=jane\001auth=Bearer tok en\001\001')" \
    'S: 235 ok' auto
is "XOAUTH2" "$rc $played" '0 0'
mechanism oauthbearer "C= AUTH OAUTHBEARER $(coded 'n,a=jane,\001auth=Bearer tok en\001\001')" \
    'S: 235 ok' auto
is "OAUTHBEARER" "$rc $played" '0 0'
mechanism XOAUTH2 'C: AUTH XOAUTH2 *' "S: 334 $(coded '{"status":"401","schemes":"bearer"}')" \
    'C= ' 'S: 535 5.7.8 expired' bye
is "XOAUTH2, an old token" "$rc $played $(cat "$T/out")" \
    '20 0 535 5.7.8 expired (AUTH XOAUTH2 as jane: {"status":"401","schemes":"bearer"})'
mechanism OAUTHBEARER 'C: AUTH OAUTHBEARER *' "S: 334 $(coded '{"status":"invalid_token"}')" \
    "C= $(coded '\001')" 'S: 535 5.7.8 expired' bye
is "OAUTHBEARER, an old token" "$rc $played $(cat "$T/out")" \
    '20 0 535 5.7.8 expired (AUTH OAUTHBEARER as jane: {"status":"invalid_token"})'
mechanism plain "C= AUTH PLAIN $(coded '\000jane\000tok en')" 'S: 235 ok' auto
is "PLAIN" "$rc $played" '0 0'
mechanism login 'C: AUTH LOGIN *' "S: 334 $(coded Password:)" "C= $(coded 'tok en')" \
    'S: 235 ok' auto
is "LOGIN" "$rc $played" '0 0'
mechanism what
is "no mechanism" "$rc $(cat "$T/out")" '1 Invalid value for auth'
