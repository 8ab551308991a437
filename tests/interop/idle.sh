# idle.sh - a sender with an empty queue: not one system call in a minute, and
# how much memory it holds
# needs: strace
. tests/interop/lib.sh

prefix
remotes '127.0.0.1 smtp port=1'
start
ok "it has started" logged 5 'Rescanning queue'
sleep 1

# The call it is in when strace comes is shown, without a result.
timeout 60 strace -f -p "$sender" -o "$T/calls" 2>/dev/null
ok "strace saw the process" [ -s "$T/calls" ]
is "calls that ended within 60 s" "$(grep -c ' = ' "$T/calls")" 0
ok "calls begun: only the one it was in" \
    [ "$(grep -cE '^([0-9]+ +)?[a-z_]+\(' "$T/calls")" -le 1 ]
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/calls"

held() { awk -v k="$1:" '$1 == k { print $2 }' "/proc/$sender/smaps_rollup"; }
echo "#= idle: RSS $(held Rss) KB, PSS $(held Pss) KB, not page cache $(held Anonymous) KB"
ok "400 KB of its own at most" [ "$(held Anonymous)" -le 400 ]
is "one process" "$(children "$sender")" ""

# What a long queue took is given back when it is gone.
serve auto
remotes "127.0.0.1 smtp port=$port"
put_many 5000
pull
ok "5,000 messages are sent" logged 60 'Delivery complete, 0 '
sleep 1
echo "#= after it: RSS $(held Rss) KB, not page cache $(held Anonymous) KB"
ok "120 KB of its own at most" [ "$(held Anonymous)" -le 120 ]

message 1 | sendmail -t
ok "and it is awake at once when a message comes" \
    logged 2 'Trigger pulled' 2
