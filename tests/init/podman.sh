# podman.sh - the image that initscripts/Containerfile makes, as README.md there
# says how: built, run, killed, replaced
# needs: podman buildah
. tests/interop/lib.sh
CONFIG=$(mk show-CONFIG) SPOOL=$(mk show-SPOOL)
. tests/init/cgroup.sh
mount -t tmpfs run /run
export HOME="$T" XDG_RUNTIME_DIR="$T"

serve auto
config=$T/config spool=$T/spool
mkdir "$T/context" "$config" "$spool"
cp "$NM" "$T/context/nullmailer"
conf me host.example.org
remotes "127.0.0.1 smtp port=1"
chown 1000:1000 "$spool" "$config/remotes"
chmod 600 "$config/remotes"

store() {
	tool=$1; shift
	"$tool" --storage-driver vfs --root "$T/store" --runroot "$T/run" "$@"
}
pod() { store podman --cgroup-manager cgroupfs "$@"; }
# What a machine without its own limits on limits, or on cgroups, needs not.
up() {
	name=$1
	: >"$T/err"
	pod run --rm --name "$name" --network host --cgroups disabled \
	    --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
	    --user 1000 --read-only --cap-drop ALL \
	    --security-opt no-new-privileges \
	    -v "$config:$CONFIG:ro" -v "$spool:$SPOOL" nullmailer \
	    >"$T/log" 2>&1 </dev/null &
	outside=$!
	logged 60 'Rescanning queue' || log | sed 's/^/# /'
}
send_one() { message "$1" | pod exec -i "$name" /nullmailer sendmail -f s@example.org -t; }
delivered() { [ "$(taken)" -ge "$1" ]; }

ok "build" store buildah bud -q --isolation chroot -t nullmailer \
    -f "$PWD/initscripts/Containerfile" "$T/context"
up one
for n in 1 2 3; do ok "message $n is queued" send_one $n; done
ok "all were tried in vain" \
    logged 60 'complete, 3 message(s) remain'
ok "kill" pod kill "$name"
wait "$outside"
is "they wait in the volume" "$(waiting)" 3
remotes "127.0.0.1 smtp port=$port"
up another
ok "another container sends them" until_true 60 delivered 3
put 1795200000.1 r@example.net
chown 1000:1000 "$spool/queue/1795200000.1"
ok "kill --signal HUP" pod kill --signal HUP "$name"
ok "runs the queue" until_true 60 delivered 4
nothing_waits() { [ -z "$(pod exec "$name" /nullmailer mailq)" ]; }
ok "exec: mailq" until_true 60 nothing_waits
began=$(ms)
ok "stop" pod stop "$name"
wait "$outside"
is "it ended by itself" "$?" 0
took=$(($(ms) - began))
ok "at once ($took ms, podman's own time included)" [ "$took" -lt 9000 ]
is "each message was sent once" "$(taken)" 4
echo "#= podman run --user 1000 --read-only --cap-drop ALL" \
    "--security-opt no-new-privileges: stopped in $took ms"
[ "$test_failed" -eq 0 ] || sed 's/^/# /' "$T/log"
