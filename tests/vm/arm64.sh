# arm64.sh - the binary for a 64-bit ARM under a real kernel, on a machine that
# has no random number instruction: the boot message over TLS; a wrong name
# refused; the sandbox stands
# needs: qemu-system-aarch64=qemu-system-arm cpio openssl
. tests/vm/lib.sh
machine virt

serve "starttls $T/server.pem" auto
boot 1990 "play=boot_message port=$port name=mail.test" -rtc base=1990-01-01T00:00:00
is "the boot message is sent" "$(said send) $(taken)" "0 queue 0 failed 0 1"
has "over TLS" "$(transcript)" '^T: '
has "by an ARM" "$(cat "$T"/got.1)" 'Linux version.*arm64'
lacks "sandboxed" "$(cat "$record")" 'kernel has no'

serve "starttls $T/server.pem" auto
boot refused "play=boot_message port=$port name=other.test"
is "a wrong name is refused, the mail kept" "$(said send) $(taken)" "75 queue 1 failed 0 0"
