# delaywarn.sh - the notification that a message is delayed: when, to whom, what
# it says, and that it is the only one
. tests/lib.sh
umask 077
prefix
FROM=s@x.y
conf sendtimeout 5
serve 'on RCPT later@* 450 4.2.1 mailbox busy' auto
remotes "127.0.0.1 smtp port=$port"

# old SECONDS NAME RECIPIENT...: put, so long ago
old() {
	seconds=$1; shift
	put "$@"
	touch -d "@$(($(date +%s) - seconds))" "$spool/queue/$1"
}
# notified [NAME]: how often the log says so, of one message or of any
notified() { lines "^Generating delay notification for ${1:-.*}\$"; }
# report: the last one that the server has taken
report() {
	tr -d '\r' <"$T/got.$(transcript | sed -n \
	    's/^M: \([0-9]*\) .* accepted <> <s@x.y>$/\1/p' | tail -n 1)"
}

# ---- when ----
conf delaywarn 3600
old 60 1.1 later@x.y
run
is "too young: none" "$rc $(files queue) $(notified)" "0 1.1 0"
conf delaywarn 0
run
is "delaywarn 0: none" "$(files queue) $(notified)" "1.1 0"
rm "$config/delaywarn"
run
is "without the file: none" "$(files queue) $(notified)" "1.1 0"
conf delaywarn 30
age=$(stat -c %Y "$spool/queue/1.1")
remotes "127.0.0.1 smtp port=1" "127.0.0.1 smtp port=$port"
old 10 2.2 later@x.y
run
is "old enough: one, of that message" "$(notified 1.1) $(notified)" "1 1"
ok "after all remotes had their chance" [ "$(log | grep -n 'Generating delay' | cut -d: -f1)" -gt \
    "$(log | grep -n '^Attempt failed: file: 1.1 .* stage: rcpt' | cut -d: -f1)" ]
is "the message stays, with its age" \
    "$(stat -c %Y "$spool/queue/1.1") $(failed)" "$age 0"

# ---- what it says ----
is "it is sent in the same run, from nobody, to the sender" \
    "$(files queue) $(transcript | grep -c '^M: .* accepted <> <s@x.y>$')" "1.1 2.2 1"
has "it says that it is delayed" "$(report)" '^Action: delayed$'
has "who waits" "$(report)" '^Final-Recipient: rfc822; later@x.y$'
has "with the code of the last answer" "$(report)" '^Status: 4.2.1$'
has "and its words" "$(report)" '^Diagnostic-Code: SMTP; 450 4.2.1 mailbox busy$'
has "whose answer it was" "$(report)" '^Remote-MTA: dns; 127.0.0.1$'
is "until when it is tried" "$(report | sed -n 's/^Will-Retry-Until: //p')" \
    "$(LC_ALL=C date -u -d "@$((age + 604800))" '+%a, %d %b %Y %H:%M:%S +0000')"

# ---- once ----
run
is "not again by another process" "$(files queue) $(notified)" "1.1 2.2 0"
start
logged 5 'Delivery complete'
for n in 2 3; do
	kill -ALRM "$sender"
	logged 5 'Delivery complete' $n
done
is "nor in three runs of one" "$(files queue) $(notified)" "1.1 2.2 0"
conf delaywarn 5
kill -ALRM "$sender"
ok "another time counts at once" logged 5 '^Generating delay notification for 2.2$'
logged 5 'Delivery complete' 4
is "but for those who had one" "$(notified)" 1
stop 8
empty

# ---- about whom ----
conf delaywarn 30
remotes "127.0.0.1 smtp port=$port"
old 60 3.3 good@x.y later@x.y later@y.z
run
is "only those who wait are named" "$(report | sed -n 's/^Final-Recipient: rfc822; //p' | tr '\n' ' ')" \
    "later@x.y later@y.z "
empty
serve second: auto
remotes "127.0.0.1 smtp port=1" "127.0.0.1 smtp port=$port"
old 60 4.4 later@x.y
run
is "what the second remote takes is not delayed" "$(files queue) $(notified)" " 0"
remotes "127.0.0.1 smtp port=1"
FROM=
old 60 5.5 later@x.y
conf doublebounceto admin@x.y
run
is "the null sender gets none, nor does doublebounceto" "$(files queue) $(notified)" "5.5 0"
has "which is said" "$(log)" '^No report on 5.5: '
run
lacks "once" "$(log)" '^No report on'
empty
FROM=s@x.y TEXT='Auto-Submitted: auto-replied\n\ntext\n'
old 60 6.6 later@x.y
run
is "an automatic answer gets none" "$(files queue) $(notified)" "6.6 0"
empty
TEXT='Subject: x\n\ntext\n'
old 60 7.7 later@x.y
conf queuelifetime 50
run
is "what is too old is not delayed, it has failed" "$(failed) $(notified)" "1 0"
has "and reported so" "$(stored)" '^Action: failed$'
