# system.sh FOLDER - a small Debian with the init systems in it. It is built
# once, in about a minute; programs in it are only ever run in namespaces.
# needs: debootstrap
# needs: /usr/share/keyrings/debian-archive-keyring.gpg=debian-archive-keyring
set -eu
system=$1 log=$1.log
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
inside=openrc,systemd,runit,s6,daemontools,busybox
# debootstrap would bring its rival with it.
later=sysvinit-core

build() {
	# apt knows where this machine gets its packages from.
	# shellcheck disable=SC2016
	from=$(apt-get indextargets --format '$(REPO_URI)' \
	    "Created-By: Packages" "Codename: $release" | head -n 1)
	new=$system.new
	for try in 1 2 3; do
		rm -rf "$system" "$new"
		! timeout 900 debootstrap --variant=minbase --include=$inside \
		    "$release" "$new" "$from" || break
		[ "$try" -lt 3 ] || return 1
		sleep 10
	done
	printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
	chmod 755 "$new/usr/sbin/policy-rc.d"
	chroot "$new" env DEBIAN_FRONTEND=noninteractive \
	    apt-get -y --no-install-recommends install $later
	rm -rf "$new/var/cache/apt" "$new/var/lib/apt/lists"
	echo "$release $inside $later" >"$new/built"
	mv "$new" "$system"
}

# The second time, below, it is in namespaces.
if [ "${2:-}" = here ]; then
	build
	exit
fi
[ "$(cat "$system/built" 2>/dev/null)" != "$release $inside $later" ] || exit 0
mkdir -p "${system%/*}"
exec 9>"$system.lock"
flock -w 900 9
[ "$(cat "$system/built" 2>/dev/null)" != "$release $inside $later" ] || exit 0
echo "Building a small Debian in $system"
unshare --mount --pid --uts --ipc --fork --kill-child --mount-proc \
    sh "$0" "$system" here >"$log" 2>&1 9>&- || {
	tail -n 20 "$log"
	exit 1
}
