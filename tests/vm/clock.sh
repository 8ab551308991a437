# clock.sh - a machine without a clock: a message queued in 1970 is not bounced
# when the time comes, and a step back is no reason to hurry or to wait
# needs: qemu-system-x86_64=qemu-system-x86 busybox=busybox-static cpio openssl
. tests/vm/lib.sh

boot "play=clock" -cpu max
is "queued in 1970, refused" "$(printf '%s\n' "$console" | sed -n 's/^1970: //p' | tr '\n' ' ')" "tried again queue 1 failed 0 "
is "then it is today: not bounced" "$(printf '%s\n' "$console" | sed -n 's/^today: //p' | tr '\n' ' ')" "tried again queue 1 failed 0 "
is "25 years back: no wait of years" "$(printf '%s\n' "$console" | sed -n 's/^stepped back: //p' | tr '\n' ' ')" "tried again queue 2 failed 0 "
is "30 years forward: nothing is too old" "$(printf '%s\n' "$console" | sed -n 's/^stepped forward: //p' | tr '\n' ' ')" "tried again queue 2 failed 0 "
is "nor after a restart" "$(printf '%s\n' "$console" | sed -n 's/^restarted: //p')" "queue 2 failed 0"
is "each step is in the log" "$(printf '%s\n' "$console" | grep -c 'log: The clock was set')" 3
ticks=$(printf '%s\n' "$console" | sed -n 's/^ticks //p')
ok "and no loop was busy (${ticks:-?} ticks of 10 ms)" [ "${ticks:-1000}" -lt 100 ]
echo "#= $seconds s"
