# initramfs.sh - the binary in an initrd: mails the boot message through a TLS
# smart host, with a clock that has stopped, and without a random number
# instruction; refuses a wrong name all the same
# needs: qemu-system-x86_64=qemu-system-x86 cpio openssl
. tests/vm/lib.sh
machine pc

serve "starttls $T/server.pem" auto
boot sent "play=boot_message port=$port name=mail.test" -cpu max
is "the boot message is sent" "$(said send) $(taken)" "0 queue 0 failed 0 1"
has "it has the kernel's words" "$(cat "$T"/got.1)" 'Linux version'
has "over TLS" "$(transcript)" '^T: '
lacks "sandboxed" "$(cat "$record")" 'kernel has no'

serve "starttls $T/server.pem" auto
boot 1990 "play=boot_message port=$port name=mail.test" -cpu qemu64,-rdrand -rtc base=1990-01-01T00:00:00
is "a clock of 1990, no RDRAND" "$(said year)" 1990
is "is no reason not to send" "$(said send) $(taken)" "0 queue 0 failed 0 1"
has "and the log says what the clock is" "$(cat "$record")" 'clock'

serve "starttls $T/server.pem" auto
boot refused "play=boot_message port=$port name=other.test" -cpu max -rtc base=1990-01-01T00:00:00
is "in 1990 too a wrong name is refused, the mail kept" "$(said send) $(taken)" "75 queue 1 failed 0 0"
