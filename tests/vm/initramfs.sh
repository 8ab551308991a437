# initramfs.sh - the binary in an initrd: mails the boot message through a TLS
# smart host, with a clock that has stopped, and without a random number
# instruction; refuses a wrong name all the same
# needs: qemu-system-x86_64=qemu-system-x86 busybox=busybox-static cpio openssl
. tests/vm/lib.sh
taken() { find "$T" -name 'got.*' ! -name '*.*.*' | wc -l; }

serve "starttls $T/server.pem" auto
boot "play=boot_message port=$port name=mail.test" -cpu max
is "the boot message is sent" "$(printf '%s\n' "$console" | sed -n 's/^send //p') $(taken)" "0 queue 0 failed 0 1"
has "it has the kernel's words" "$(cat "$T"/got.1)" 'Linux version'
has "over TLS" "$(cat "$T/peer")" ' T: '
echo "#= boot, mail, power off: $seconds s; $console" | tr '\n' ';'; echo
lacks "sandboxed" "$(cat "$T/console")" 'kernel has no'

serve "starttls $T/server.pem" auto
boot "play=boot_message port=$port name=mail.test" -cpu qemu64,-rdrand -rtc base=1990-01-01T00:00:00
has "a clock of 1990, no RDRAND" "$console" '^year 1990$'
is "is no reason not to send" "$(printf '%s\n' "$console" | sed -n 's/^send //p') $(taken)" "0 queue 0 failed 0 1"
echo "#= without RDRAND, in 1990: $seconds s"
has "and the log says what the clock is" "$(cat "$T/console")" 'clock'

serve "starttls $T/server.pem" auto
boot "play=boot_message port=$port name=other.test" -cpu max -rtc base=1990-01-01T00:00:00
is "in 1990 too a wrong name is refused, the mail kept" "$(printf '%s\n' "$console" | sed -n 's/^send //p') $(taken)" "0 queue 1 failed 0 0"
