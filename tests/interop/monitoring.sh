# monitoring.sh - check_mailq of the monitoring plugins counts what waits, and
# nothing else
# needs: perl dpkg-deb=dpkg
UNPACK="monitoring-plugins-standard monitoring-plugins-common"
. tests/interop/lib.sh
prefix
unpack "$T/package"
plugins=$T/package/usr/lib/nagios/plugins
sed -i "s,^\(\$PATH_TO_MAILQ *= *\).*,\1\"$P/bin/mailq\";," "$plugins/utils.pm"
ok "our mailq is asked" grep -q "^\$PATH_TO_MAILQ.*$P/bin/mailq" "$plugins/utils.pm"

# asks WARNING CRITICAL: $rc, $said
asks() {
	said=$(perl -I "$plugins" "$plugins/check_mailq" -M nullmailer -w "$1" -c "$2" 2>/dev/null)
	rc=$?
}
asks 5 10
is "an empty queue" "$rc $said" "0 OK: nullmailer mailq (0) is below threshold (5/10)|unsent=0;5;10;0"
put 1700000001.1 a@b.c d@e.f
put 1700000002.1 a@b.c
put 1700000003.1 a@b.c
put 1700000004.1 a@b.c
mv "$spool/queue/1700000004.1" "$spool/failed"
mkdir "$spool/hold"
put 1700000005.1 a@b.c
mailq --hold 1700000005.1 >/dev/null
printf '1700000001.1\t3\t1\t2\t3\trelay.x.y\t16\t451 2000-01-01 00:00:00 9 bytes\t0\t0\n' >"$spool/status"
printf '=\tr\trelay.x.y\t1\t2\t535 no\n' >>"$spool/status"
asks 5 10
is "three, not the held and the failed, nor what is said of them" "$rc $said" \
    "0 OK: nullmailer mailq (3) is below threshold (5/10)|unsent=3;5;10;0"
asks 2 10
is "a warning" "$rc $(echo "$said" | cut -d: -f1)" "1 WARNING"
asks 1 3
is "critical" "$rc $(echo "$said" | cut -d: -f1)" "2 CRITICAL"
