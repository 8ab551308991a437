#!/bin/sh
# need.sh NEED... - make sure that tools are there. NEED is a command whose
# package has the same name, or COMMAND=PACKAGE; COMMAND may be a path.
#
# What is missing is installed when we are root on Debian, and named when not.
# Nothing else on the host changes: no package is removed for another, and no
# service is started by its installation.
set -u
PATH=$PATH:/usr/sbin:/sbin

there() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# Sets $packages to what the arguments still need.
missing() {
	packages=
	for need; do
		there "${need%%=*}" || case " $packages " in
		*" ${need#*=} "*) ;;
		*) packages="$packages ${need#*=}" ;;
		esac
	done
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"
}

# shellcheck disable=SC2086
fetch() {
	known=$(apt-cache policy $packages 2>/dev/null |
		grep -c 'Candidate: [^(]')
	[ "$known" -eq $# ] || apt update
	apt install -y --no-install-recommends --no-remove $packages
}

# A machine that has the file already keeps its own.
hold_services() {
	policy=/usr/sbin/policy-rc.d
	[ ! -e "$policy" ] || return 0
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

missing "$@"
[ -n "$packages" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! there apt-get; then
	echo "Please install these, or what has their programs on this" \
		"system:$packages" >&2
	exit 1
fi
echo "Installing:$packages"
exec 9</usr/sbin
flock -w 900 9 || exit 1
hold_services
out=$(mktemp) || exit 1
# shellcheck disable=SC2086
fetch $packages >"$out" 2>&1 || cat "$out" >&2
rm -f "$out"
missing "$@"
[ -z "$packages" ] || echo "Could not be installed:$packages" >&2
[ -z "$packages" ]
