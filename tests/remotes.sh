# remotes.sh - lines of remotes that are wrong: they are named when the file is
# read, once, with what they may mean and without what may be a secret, and the
# others go on. What is said of each line is in tests/data/mistakes.txt
. tests/lib.sh
prefix
secret=hunter2opensesame

# ---- a wrong line, and a good one ----
serve auto
remotes '# the old one' "127.0.0.1 smtp startls user=u pass=$secret" \
    "127.0.0.1:$port smtp"
conf pausetime 3600
start
logged 5 'remotes, line 2: '
has "it is named before there is mail" "$(log)" \
    "^remotes, line 2: unknown option string: '--startls'; starttls?\$"
put 1.1 a@x.y
pull
logged 10 '^Sent file'
pull
logged 10 '^Rescanning queue' 3
is "the good one delivers" "$(taken) $(waiting)" "1 0"
is "it is named once" "$(lines '^remotes, line')" 1
has "a port behind the name is not in the log's host" "$(log)" '^Starting delivery: host: 127.0.0.1 protocol: smtp file: 1.1$'
remotes "127.0.0.1:$port smtp" '127.0.0.1 smtp port=x'
pull
logged 10 '^remotes, line 2: invalid integer'
is "a changed file is named anew" "$(lines '^remotes, line')" 2
stop 5
served

# ---- a secret behind a slip ----
while IFS= read -r line; do
	remotes "127.0.0.1 $line"
	empty; put 1.1 a@x.y
	conf pausetime 60
	start
	logged 10 '^Delivery complete' || log
	status=$("$NM" mailq 2>&1; cat "$spool/status" 2>/dev/null)
	stop 5
	has "$line: is named" "$(log)" '^remotes, line 1: '
	lacks "$line: without the secret" "$(log; echo "$status")" "$secret"
	case $line in smtp*) ;; *) continue ;; esac
	# shellcheck disable=SC2046
	FROM=s@x.y queue_file r@x.y >"$T/message"
	# shellcheck disable=SC2086
	HELOHOST=h by_hand smtp host=127.0.0.1 port=1 ${line#smtp}
	is "$line: by hand" "$rc $(grep -c "$secret" "$T/out" "$T/err" | tr '\n' ' ')" \
	    "1 $T/out:0 $T/err:0 "
done <<END
smtp user=u password=$secret
smtp user=u pas=$secret
smtp user=u pass=abcd $secret
smtp user=u pass=abcd $secret=$secret
smtp user=u $secret
smtp AuthPass=$secret
smtp passwordeval=$secret
pass=$secret user=u
END
