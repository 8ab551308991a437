# router.sh - the binary for a MIPS router under a real kernel: the boot message
# over TLS, in 1990; a wrong name refused; the sandbox stands
# needs: qemu-system-mipsel=qemu-system-mips cpio openssl
MACHINE=malta
NM=$VM/../cross/mipsel/nullmailer
. tests/vm/lib.sh
taken() { find "$T" -name 'got.*' ! -name '*.*.*' | wc -l; }

serve "starttls $T/server.pem" auto
boot "play=boot_message port=$port name=mail.test" -rtc base=1990-01-01T00:00:00
is "the boot message is sent" "$(printf '%s\n' "$console" | sed -n 's/^send //p') $(taken)" "0 queue 0 failed 0 1"
has "over TLS" "$(cat "$T/peer")" ' T: '
has "by a MIPS" "$(cat "$T"/got.1)" 'Linux version.*malta'
lacks "sandboxed" "$(cat "$T/console")" 'kernel has no'
echo "#= boot, mail, power off: $seconds s"

serve "starttls $T/server.pem" auto
boot "play=boot_message port=$port name=other.test"
is "a wrong name is refused, the mail kept" "$(printf '%s\n' "$console" | sed -n 's/^send //p') $(taken)" "0 queue 1 failed 0 0"
