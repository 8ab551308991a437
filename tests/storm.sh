# storm.sh - a server that refuses everything, a hundred messages: at most one
# report each, and then silence
. tests/lib.sh
COUNT=100
prefix
FROM=s@x.y

# storm INSTRUCTION...: such a server, after it has taken one message, and five
# queue runs
storm() {
	empty
	serve auto next "$@" auto
	remotes "127.0.0.1 smtp port=$port"
	FROM=first@x.y
	put 1.1 first@x.y
	run
	FROM=s@x.y
	put_many $COUNT
	for n in 1 2 3 4 5; do
		run
		log >"$T/log.$n"
	done
	served
}
# heard_from PATTERN: how often the server heard it
heard_from() { transcript | grep -c "^C: MAIL FROM:$1"; }
# silence RUN...: what they had to say
silence() {
	for n; do grep -v '^Rescanning queue\.$' "$T/log.$n"; done
}
reports() { cat "$T"/log.* | grep -c '^Generating bounce for '; }

for verb in MAIL RCPT DATA DOT; do
	# Where there is CHUNKING there is no DATA.
	[ $verb = DATA ] && cap= || cap='cap CHUNKING'
	storm "on $verb 554 5.7.1 go away" 'cap PIPELINING' "$cap"
	is "$verb refused: nothing is left" "$(waiting) $(files tmp)" "0 "
	# First flights whose chunks are refused go again by DATA.
	[ $verb = DOT ] && twice=32 || twice=0
	ok "$verb: nothing is tried again" \
	    [ "$(heard_from '<s@x.y>')" -le $((COUNT + twice)) ]
	is "$verb: a report each" "$(reports)" "$COUNT"
	ok "$verb: which is not tried again" \
	    [ "$(heard_from '<>')" -le $((COUNT + twice)) ]
	is "$verb: no report of a report" \
	    "$(cat "$T"/log.* | grep -c '^Not generating double bounce for ')" $COUNT
	is "$verb: everything is kept" "$(failed)" $((2 * COUNT))
	is "$verb: then silence" "$(silence 3 4 5)" ""
done

conf doublebounceto db@x.y
storm 'on RCPT 554 5.7.1 go away'
rm "$config/doublebounceto"
is "doublebounceto: one more each, and no more" \
    "$(waiting) $(heard_from '<s@x.y>') $(heard_from '<>')" "0 $COUNT $((2 * COUNT))"
is "doublebounceto: then silence" "$(silence 4 5)" ""

for verb in GREETING EHLO; do
	storm "on $verb 554 go away" 'on HELO 554 go away'
	is "$verb refused: all wait, nothing is reported" \
	    "$(waiting) $(failed) $(reports)" "$COUNT 0 0"
	is "$verb: one connection a run" "$(connections)" 6
done
