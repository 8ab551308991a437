# recipes.sh - the recipes of nullmailer(7), pasted: each is typed in the
# configuration folder as it stands in the page, and mail goes as it says; only
# the servers are ours
# needs: setpriv=util-linux base64=coreutils
. tests/lib.sh
prefix

# As root all is done as another user: no passcommand runs as root.
become=
if [ "$(id -u)" -eq 0 ]; then
	become="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chmod 711 "$T"
	cp "$NM" "$T/nullmailer"
	chmod 755 "$T/nullmailer"
	NM=$T/nullmailer
	rm -rf "$P"
	prefix
fi
SENDER="$become $NM nullmailer-send"
owned() {
	[ -z "$become" ] || chown -R 65534:65534 "$P"
	chmod 600 "$config/remotes"
}

# recipe TITLE: what stands below it
recipe() {
	awk -v title=".Ss $1" '$0 == title { here = 1; next }
		/^\.S[sh] / { here = 0 }
		here && /^\.Ed/ { show = 0 }
		here && show { print }
		here && /^\.Bd/ { show = 1 }' applets/nullmailer.7 | sed 's/\\e/\\/g'
}
titles() {
	awk '/^\.Sh / { here = $2 == "RECIPES" } here && sub(/^\.Ss /, "")' \
	    applets/nullmailer.7
}
# pasted TITLE: so; then our server takes the provider's place
pasted() {
	rm -f "$config"/*
	conf me f.q.d.n
	recipe "$1" >"$T/recipe"
	(cd "$config" && sh -e "$T/recipe") 2>"$T/complaint" ||
	    explained "$1 can be pasted" "$(cat "$T/complaint")"
	empty
	echo "$1" >>"$T/played"
	[ -e "$config/remotes" ] || return
	is "$1: no line is wrong" "$("$NM" nullmailer-check --offline | grep -c 'remotes .*line')" 0
	sed -i "s/^[^ ]* smtp \(tls\|starttls\) /127.0.0.1:$port smtp /; s,/usr/local/bin/token,$T/token," \
	    "$config/remotes"
}
# goes FROM: one message, with that author
goes() {
	FROM=$1 TEXT="From: $1\nSubject: x\n\ntext\n" put 1000000001.1 r@example.net
	owned
	run
}
# said WHAT: the sessions' commands of this kind
said() { transcript | sed -n "s/^C: $1//p"; }
login() { printf '\0%s\0%s' "$1" "$2" | base64 -w 0; }
begin() { serve 'cap AUTH PLAIN' auto; }

pasted "Root's mail to me"
owned 2>/dev/null
echo hello | sendmail -f s@example.org root@f.q.d.n
is "root's mail is mine" "$(sed -n 2p "$spool"/queue/*)" jane@example.org

begin
pasted "Everything from one address"
goes www@web.example
is "everything from one address" "$(said 'MAIL FROM:' | cut -d' ' -f1) $(grep -h ^From: "$T"/got.*)" \
    "<jane@example.org> From: jane@example.org$(printf '\r')"
is "with its login" "$(said 'AUTH PLAIN ')" "$(login jane 'open the door')"

begin
pasted Gmail
goes root@f.q.d.n
is "Gmail" "$(waiting) $(said 'AUTH PLAIN ') $(said 'MAIL FROM:' | cut -d' ' -f1)" \
    "0 $(login jane@gmail.com 'abcd efgh ijkl mnop') <jane@gmail.com>"

serve 'cap AUTH XOAUTH2' 'on AUTH 235 2.7.0 well' auto
pasted "Microsoft 365"
printf '%s\n' '#!/bin/sh' 'echo "token of $1"' >"$T/token"
chmod 755 "$T/token"
goes jane@example.org
is "Microsoft 365" "$(waiting) $(said 'AUTH XOAUTH2 ' | base64 -d | tr '\001' '|')" \
    "0 user=jane@example.org|auth=Bearer token of jane@example.org||"

begin
pasted "Amazon SES"
goes root@f.q.d.n
is "Amazon SES" "$(waiting) $(said 'AUTH PLAIN ') $(said 'MAIL FROM:' | cut -d' ' -f1)" \
    "0 $(login AKIAEXAMPLE 'the password for SMTP') <root@example.org>"

begin
pasted "Two accounts"
goes jane@gmail.com
goes jane@example.org
is "two accounts" "$(waiting) $(said 'AUTH PLAIN ')" \
    "0 $(login jane@gmail.com 'abcd efgh ijkl mnop')
$(login jane 'open the door')"

is "all recipes were played" "$(sort "$T/played")" "$(titles | sort)"
exit "$test_failed"
