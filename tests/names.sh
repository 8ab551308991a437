# names.sh - a host that has no name in its control files: which one it gets,
# and what it says of itself; in a network, mounts and a host name of its own
# needs: unshare=util-linux ip=iproute2
. tests/lib.sh
own_network --uts
ip link set lo up
prefix
rm "$config/me" "$config/defaultdomain"
export USER=u
: >"$T/resolv"
mount --bind "$T/resolv" /etc/resolv.conf
put_back() { umount /etc/resolv.conf; finish; }
trap put_back EXIT
LAYOUT=${LAYOUT:-upstream}

# called NAME [LINE OF RESOLV.CONF]: sender and recipients of a message to them
called() {
	printf '%s' "$1" >/proc/sys/kernel/hostname
	printf "${2:-}" >"$T/resolv"
	empty
	printf 'Subject: x\n\n' | sendmail root r@example.com 2>"$T/err"
	echo "$? $(stored | sed '/^$/q' | paste -sd ' ' -)$(cat "$T/err")"
}
is "a full name" "$(called box.example.org)" "0 u@box.example.org root@box.example.org r@example.com "
while IFS='|' read -r line want; do
	is "box, $line" "$(called box "$line")" "0 u@$want root@$want r@example.com "
done <<'.'
search lan|box.lan
search lan example.org\n|box.lan
search\tlan\n|box.lan
domain home.example\n|box.home.example
search lan\ndomain home.example\n|box.home.example
domain home.example\nsearch lan\n|box.home.example
nameserver 192.0.2.1\nsearch lan\noptions x\n|box.lan
# search lan\n|box
search .\n|box
searching lan\n|box
nameserver 192.0.2.1\n|box
.
is "no resolv.conf to be read" "$(called box 'search\n')" "0 u@box root@box r@example.com "
is "no name" "$(called '(none)' 'search lan\n')" "0 u@localhost root@localhost r@example.com "
is "localhost" "$(called localhost 'search lan\n')" "0 u@localhost root@localhost r@example.com "
is "a HOSTNAME without a dot is no better" "$(HOSTNAME=other called box)" "0 u@box root@box r@example.com "
conf defaultdomain dd.example
is "with defaultdomain" "$(called box)" "0 u@box.dd.example root@box.dd.example r@example.com "
rm "$config/defaultdomain"

# ---- what is no name counts as missing ----
if [ "$LAYOUT" = upstream ]; then
	for name in '# my host' 'box.example.org # mine' 'jane@example.org' 'https://x.y' 'a b'; do
		conf me "$name"
		is "me: $name" "$(called box)" "0 u@box root@box r@example.com "
		has "nullmailer-check says so" "$(nullmailer-check --offline)" 'me holds no name, and is not used'
	done
	remotes '127.0.0.1 smtp port=1'
	run
	has "and the sender" "$(log)" 'me holds no name, and is not used'
	conf me box.example.org
	conf defaulthost '<x>'
	is "defaulthost" "$(called box)" "0 u@box.example.org root@box.example.org r@example.com "
	rm "$config/me" "$config/defaulthost"
fi

# ---- what it has made up is local ----
conf adminaddr admin@example.org
for resolv in '' 'search lan\n'; do
	is "adminaddr takes it: $resolv" "$(called box "$resolv" | cut -d' ' -f3-)" "admin@example.org r@example.com "
done
conf defaultdomain dd.example
is "and with defaultdomain" "$(called box | cut -d' ' -f3-)" "admin@example.org r@example.com "
rm "$config/defaultdomain" "$config/adminaddr"
conf aliases '*: jane@example.org'
is "aliases take it" "$(called box | cut -d' ' -f3-)" "jane@example.org r@example.com "
has "also in full, by a name of the file" "$(echo 'root: joe@example.org' >"$config/aliases"
    printf '\n' | sendmail -f a@b.c root@box; stored)" '^joe@example\.org$'
rm "$config/aliases"
is "of another name without a dot it is not so" "$(empty; printf '\n' | sendmail -f a@b.c root@bax 2>&1 | head -n 1
    waiting)" "$([ "$LAYOUT" = debian ] && echo 1 || echo 'nullmailer-queue: Envelope recipient address is invalid. (root@bax)
0')"

# ---- EHLO ----
# said OPTION...: the word after EHLO
said() {
	# shellcheck disable=SC2086
	serve $how auto
	remotes "$host smtp port=$port $*"
	empty
	put 1.1 r@example.com
	run
	served
	transcript | sed -n 's/^C: EHLO //p' | sort -u | paste -sd ' ' -
}
host=127.0.0.1 how=
called box >/dev/null
is "a name without a dot: the address" "$(said)" "[127.0.0.1]"
is "a domain of the line" "$(said domain=h.example.org)" "h.example.org"
is "the address that is spoken from" "$(said source=127.0.0.9)" "[127.0.0.9]"
called box 'search lan\n' >/dev/null
is "a full one" "$(said)" "box.lan"
conf helohost h
is "helohost too" "$(said)" "[127.0.0.1]"
conf helohost '[192.0.2.7]'
is "an address in helohost" "$(said)" "[192.0.2.7]"
rm "$config/helohost"
called box >/dev/null
host='[::1]' how=-6
is "IPv6" "$(said)" "[IPv6:::1]"

# ---- Debian's files ----
if [ "$LAYOUT" = debian ]; then
	echo mail.example.org >"$P/mailname"
	conf me me.example.org
	is "mailname first" "$(called box)" "0 u@mail.example.org root@mail.example.org r@example.com "
	echo mail >"$P/mailname"
	is "me where that has no dot" "$(called box)" "0 u@me.example.org root@me.example.org r@example.com "
fi
