# idle.sh - a sender with an empty queue: not one system call in a minute, and
# how much memory it holds
# needs: strace
. tests/interop/lib.sh

prefix "$T/nm"
remotes '127.0.0.1 smtp port=1'
nullmailer-send >"$T/log" 2>&1 &
sender=$!
owns "$sender"
ok "it has started" until_true 5 grep -q 'Rescanning queue' "$T/log"
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
echo auto >"$T/script"
"$PEER" -t 60 -p "$T/port" "$T/script" &
owns $!
until_true 5 [ -s "$T/port" ]
remotes "127.0.0.1 smtp port=$(cat "$T/port")"
i=0
while [ $i -lt 5000 ]; do
	i=$((i + 1))
	printf '\nr@example.net\n\ntext\n' \
	    >"$NULLMAILER_TEST_PREFIX/queue/queue/$((1000000000 + i)).$i"
done
printf x >"$NULLMAILER_TEST_PREFIX/queue/trigger"
ok "5,000 messages are sent" until_true 60 \
    sh -c "grep 'Delivery complete, 0 ' '$T/log'"
sleep 1
echo "#= after it: RSS $(held Rss) KB, not page cache $(held Anonymous) KB"
ok "120 KB of its own at most" [ "$(held Anonymous)" -le 120 ]

message 1 | sendmail -t
ok "and it is awake at once when a message comes" \
    until_true 2 grep -q 'Trigger pulled' "$T/log"
