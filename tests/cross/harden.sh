# harden.sh - what HARDEN=1 is for, beside what binary.sh sees in the file: no
# two processes have the same addresses, and functions with arrays notice when
# these overflow
# needs: readelf=binutils
. tests/lib.sh

# The same objects with their symbols.
# shellcheck disable=SC2046
$(mk show-LINK) -o "$T/symbols" $(mk show-OBJS) $(mk show-LIBS)
symbols=$(readelf -sW "$T/symbols" | awk '{ print $8 }')
has "symbols are there to look at" "$symbols" '^main$'
has "a stack protector" "$symbols" '^__stack_chk_fail'
ok "BearSSL has it too" \
    sh -c 'readelf -sW "$1" | grep -q "UND __stack_chk_fail"' - "$(mk show-BEARSSL_A)"

prefix
# place: where a process has its program
place() {
	start
	logged 60 'Rescanning queue'
	sed -n '1s/-.*//p' "/proc/$sender/maps"
	stop 60
}
is "addresses are not used again" "$(
	[ "$(cat /proc/sys/kernel/randomize_va_space)" -gt 0 ] ||
	    echo "the kernel has been told to"
	for _ in 1 2 3 4; do place; done | sort | uniq -d)" ""
is "and there were addresses" "$(place | grep -c '^[0-9a-f]*$')" 1
