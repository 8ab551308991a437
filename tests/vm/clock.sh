# clock.sh - a machine without a clock: a message queued in 1970 is not bounced
# when the time comes, and a step back is no reason to hurry or to wait; and a
# program with 32 bits in 2040
# needs: qemu-system-x86_64=qemu-system-x86 cpio openssl
. tests/vm/lib.sh
machine pc

boot steps "play=clock" -cpu max
is "queued in 1970, refused" "$(said 1970:)" "tried again queue 1 failed 0"
is "then it is today: not bounced" "$(said today:)" "tried again queue 1 failed 0"
is "25 years back: no wait of years" "$(said 'stepped back:')" "tried again queue 2 failed 0"
is "30 years forward: nothing is too old" "$(said 'stepped forward:')" "tried again queue 2 failed 0"
is "nor after a restart" "$(said restarted:)" "tried again queue 2 failed 0"
is "each step is in the log" "$(printf '%s\n' "$console" | grep -c 'log: The clock was set')" 3
# A busy loop would have had nearly all of them.
said ticks >"$T/ticks"
read -r ticks _ all <"$T/ticks"
ok "and no loop was busy (${ticks:-?} of ${all:-?} ticks of 10 ms)" \
    [ $((${ticks:-1} * 5)) -lt "${all:-0}" ]

# The same kernel, so that busybox has 64 bits and knows the year.
NM=$VM/../cross/i386/nullmailer
initrd
serve "starttls $T/server.pem" auto
boot 2040 "play=beyond_2038 port=$port name=mail.test" -cpu max
is "32 bits, in 2040: sent" "$(said year) $(said send) $(taken)" "2040 0 queue 0 failed 0 1"
has "with that date" "$(cat "$T"/got.1)" '^Date: Sun, 01 Jan 2040 00:0'
has "another one waits, and mailq knows since when" "$(said mailq:)" '2040-01-01 00:0'
has "as does its file" "$(said age)" '^[0-9]\{1,3\}$'
