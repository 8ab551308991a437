# router.sh - the binary for a MIPS router under a real kernel: the boot message
# over TLS, in 1990; a wrong name refused; the sandbox stands
# needs: qemu-system-mipsel=qemu-system-mips cpio openssl
. tests/vm/lib.sh
machine malta

serve "starttls $T/server.pem" auto
boot 1990 "play=boot_message port=$port name=mail.test" -rtc base=1990-01-01T00:00:00
is "in 1990 the boot message is sent" "$(said year) $(said send) $(taken)" "1990 0 queue 0 failed 0 1"
has "over TLS" "$(transcript)" '^T: '
has "by a MIPS" "$(cat "$T"/got.1)" 'Linux version.*malta'
lacks "sandboxed" "$(cat "$record")" 'kernel has no'

serve "starttls $T/server.pem" auto
boot refused "play=boot_message port=$port name=other.test"
is "a wrong name is refused, the mail kept" "$(said send) $(taken)" "75 queue 1 failed 0 0"
