# words.sh - the words for each wrong situation of data/words.txt: what
# nullmailer-check says and exits with, the log line, mailq's reason
# needs: openssl jq
. tests/lib.sh
prefix
certificate
tab=$(printf '\t')
conf pausetime 0
# Nothing listens at port 1.
export HELOHOST=h.example.org

# said NAME WORDS TEXT: - stands for no words to be checked
said() { [ "$2" = - ] || has "$1" "$3" "$2"; }

number=0
while IFS=$tab read -r name setting server code checks logs queues; do
	case $name in \#* | '') continue ;; esac
	number=$((number + 1))
	port=1
	if [ "$server" != - ]; then
		echo "$server" | sed "s,PEM,$T/server.pem,; s/; /\\n/g" >"$T/script"
		serve "$T/script"
	fi
	rm -f "$config"/*
	conf me f.q.d.n
	conf pausetime 0
	rm -f "$spool/status"
	empty
	case $setting in
	*=*) file=${setting%%=*} ;;
	*) file= ;;
	esac
	case $file in
	file:*) remotes "127.0.0.1 smtp port=$port"
		printf '%s\n' "${setting#*=}" >"$config/${file#file:}" ;;
	*) echo "$setting" | sed "s/PORT/$port/g; s,CA,$T/ca.pem,g" >"$config/remotes" ;;
	esac
	chmod 600 "$config"/*
	queue_file r@x.y >"$spool/queue/1700000001.1"
	touch -d '2 hours ago' "$spool/queue/1700000001.1"
	out=$(timeout 90 nullmailer-check 2>&1)
	rc=$?
	is "$name: exit code of check" "$rc" "$code"
	said "$name: check" "$checks" "$out"
	timeout 90 nullmailer-send --once >"$T/log" 2>"$T/err"
	rc=$?
	is "$name: --once" "$rc" "$([ "$(waiting)" = 0 ] && echo 0 || echo 75)"
	said "$name: log" "$logs" "$(log)"
	said "$name: mailq" "$queues" "$(mailq 2>&1; mailq -F)"
	[ "$server" = - ] || served
done <tests/data/words.txt
ok "at least fifty of them ($number)" [ $number -ge 50 ]

# ---- what logcheck passes over ----
# quiet: the lines on stdin that the package's rules do not know
quiet() {
	sed 's/^/Nov 28 00:01:02 host nullmailer[123]: /' |
	    grep -vE -f initscripts/debian/logcheck | sed 's/^[^:]*:[^:]*:[^:]*: //'
}
serve 'on RCPT bad@* 550 5.1.1 no such user' auto
remotes "127.0.0.1 smtp port=$port"
empty
put 1700000001.1 good@x.y
run
is "a day without trouble is not worth a mail" "$(log | quiet)" ""
put 1700000001.1 bad@x.y
run
is "a failure is" "$(log | quiet | cut -d: -f1 | sort -u)" "Attempt failed
Moving message 1700000001.1 into failed
No report on 1700000001.1
Not generating double bounce for 1700000001.1
Recipient refused
Sending failed
smtp"
served

# ---- the log for programs ----
serve 'on RCPT bad@* 550 5.1.1 "no" such\\=us\xff\x1b' auto
remotes "127.0.0.1 smtp port=$port"
empty
put 1700000001.1 good@x.y
put 1700000002.1 bad@x.y
nullmailer-send --once --log=json >"$T/log" 2>"$T/err"
is "JSON: an object a line" "$(jq -c . "$T/log" | wc -l)" "$(wc -l <"$T/log")"
is "JSON: what was delivered" "$(jq -r 'select(.event == "Delivered") |
    [.level, .file, .host, .recipients, .stage, .reply, .next] | join(" ")' "$T/log")" \
    "info 1700000001.1 127.0.0.1 1 dot 250 2.0.0 taken none"
is "JSON: what failed" "$(jq -r 'select(.event == "Attempt failed") |
    [.level, .file, .stage, .next] | join(" ")' "$T/log")" \
    "warning 1700000002.1 rcpt none"
put 1700000002.1 bad@x.y
run
has "plain: quoted" "$(log | tr -d '\377')" \
    '^Attempt failed: .* stage: rcpt reply: "550 5.1.1 \\"no\\" such.*" next: none$'
put 1700000002.1 bad@x.y
: >"$T/journal"
JOURNAL_STREAM=$(stat -c %d:%i "$T/journal") nullmailer-send --once \
    >"$T/journal" 2>/dev/null
is "for the journal each line has its priority" \
    "$(grep -vc '^<[46]>[A-Z]' "$T/journal") $(grep -c '^<4>Attempt failed: ' "$T/journal")" "0 1"
served
nullmailer-send --log=xml 2>/dev/null
is "no such format" "$?" 1
