# apt.sh - apt's own client with lists of its own below $tmp, for packages of the
# machine $arch; nothing of the system is changed or locked
# shellcheck shell=sh disable=SC2154

# sources deb|deb-src: apt's options for lists of our own
sources() {
	mkdir -p "$tmp/parts" "$tmp/lists/partial" "$tmp/cache/archives/partial"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$f" ] ||
			sed "s/^Types:.*/Types: $1/" "$f" >"$tmp/parts/${f##*/}"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$f" ] || sed -n "s/^deb[[:space:]]/$1 /p" "$f" \
			>"$tmp/parts/$(basename "$f" .list).list"
	done
}
apt() {
	(cd "$tmp" && timeout 300 apt-get -qq -o Dir::Etc::sourcelist=/dev/null \
		-o "Dir::Etc::sourceparts=$tmp/parts" \
		-o "Dir::State::lists=$tmp/lists" -o "Dir::Cache=$tmp/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none \
		-o Debug::NoLocking=1 -o "APT::Architectures::=$arch" "$@") || :
}
