# environment.sh - values from the sender's environment, which all other
# programs of all users have from the spool; and where the sender's own
# values cannot be seen
# needs: setpriv=util-linux chroot=coreutils
. tests/lib.sh
prefix
rm "$config/me" "$config/defaultdomain"
FROM=s@example.net
secret=opensesam7431

# queued ARGUMENT...: exit code and envelope of what sendmail queues
queued() {
	empty
	printf 'Subject: x\n\n' | USER=u sendmail "$@" 2>"$T/err"
	echo "$? $(stored | sed '/^$/q' | paste -sd ' ' -)" | sed 's/ $//'
}

# ---- a sender that has nothing but its environment ----
serve 'cap AUTH PLAIN' auto
serving() {
	export NULLMAILER_REMOTES="# two lines
127.0.0.1 smtp port=$port user=jane pass=$secret" NULLMAILER_ME=box.example.org \
	    NULLMAILER_ADMINADDR=admin@example.org NULLMAILER_ALIASES="root: jane@example.com
ann: ann@example.com" NULLMAILER_HOST=relay.example.org NULLMAILER_MAXSIZE= \
	    NULLMAILER_REMOTE="$secret" NULLMAILER_PAUSETIME=7
}
(serving; exec "$NM" nullmailer-send) >"$T/log" 2>"$T/err" &
sender=$!
owns $sender
ok "it begins" logged 10 '^Rescanning queue'
is "handed out" "$(cd "$spool/conf" && head -n 9 * | paste -sd ' ' -)" \
    "==> adminaddr <== admin@example.org  ==> aliases <== root: jane@example.com ann: ann@example.com  ==> me <== box.example.org  ==> pausetime <== 7"
is "for all to read, and the passwords are not among it" \
    "$(stat -c %a "$spool/conf" "$spool/conf/me" | paste -sd ' ' -) $(grep -c "$secret" -r "$spool" | grep -cv ':0$')" "755 644 0"
tr '\0' '\n' <"/proc/$sender/environ" >"$T/environment"
is "the variables are struck, the passwords too" \
    "$(grep -c '^NULLMAILER_T' "$T/environment") $(grep -c "$secret\|^NULLMAILER_[^TH]" "$T/environment")" "1 0"
has "a variable for no file is said" "$(log)" 'NULLMAILER_REMOTE: no control file has this name'
lacks "its value is not, nor that of others" "$(log)" "$secret"
lacks "what is nullmailer-inject's is no matter" "$(log)" 'NULLMAILER_HOST\|TEST_PREFIX'
put 1.1 r@example.com
pull
ok "sent" until_true 10 drained
has "with its name" "$(transcript)" '^C: EHLO box\.example\.org$'
stop 5
is "another program sees it" "$(queued root ann joe@localhost)" \
    "0 u@box.example.org jane@example.com ann@example.com admin@example.org"
is "its own environment does not count" "$(NULLMAILER_ADMINADDR=evil@example.org NULLMAILER_ME=evil \
    queued joe@localhost)" "0 u@box.example.org admin@example.org"
conf adminaddr file@example.org
is "a file comes first" "$(queued joe@localhost)" "0 u@box.example.org file@example.org"
empty

# ---- once more, with less ----
NULLMAILER_ADMINADDR=other@example.org NULLMAILER_REMOTES="127.0.0.1 smtp port=$port" \
    nullmailer-send --once >"$T/log" 2>"$T/err"
is "what is not set any more is removed" "$(files conf)" adminaddr
has "a file that counts instead is said" "$(log)" 'adminaddr: the file counts, and not the variable'
rm "$config/adminaddr"
remotes "127.0.0.1 smtp port=$port"
run
is "without any" "$(files conf)" ""
rmdir "$spool/conf"
run
ok "a sender without variables makes no folder" [ ! -e "$spool/conf" ]
ln -s "$T" "$spool/conf"
NULLMAILER_ME=x.y nullmailer-send --once >"$T/log" 2>"$T/err"
ok "nor does it follow a link" [ ! -e "$T/me" ]
has "which is said" "$(log)" 'Could not write to conf/ in the spool'
rm "$spool/conf" "$config/remotes"
has "nullmailer-check in the same environment" "$(serving; nullmailer-check --offline)" '127\.0\.0\.1 smtp, port [0-9]*, user jane'
lacks "shows no password" "$(serving; nullmailer-check --offline 2>&1)" "$secret"
module env 'env >"'"$T"'/environment"' 'exit 0'
put 1.1 r@example.com
NULLMAILER_REMOTES="h env" NULLMAILER_ME=x.y nullmailer-send --once >"$T/log" 2>&1
is "a module of another inherits none" "$(grep -c '^NULLMAILER_[^T]' "$T/environment") $(waiting)" "0 0"
served

# ---- the set-uid queue, as another user, in a root of its own ----
[ "$(id -u)" = 0 ] || { echo "# the rest needs root"; exit 0; }
if sanitized; then
	echo "# the rest needs a static binary"; exit 0
fi
unset NULLMAILER_TEST_PREFIX
OWNER=4000 R=$T/root
spool=$R$(mk show-SPOOL) config=$R$(mk show-CONFIG) sbin=$(mk show-SBIN)
chmod 711 "$T"
mkdir -p "$R/dev" "$R$sbin" "$spool"
mknod -m 666 "$R/dev/null" c 1 3
chown -R $OWNER:$OWNER "$spool"
cp "$NM" "$R$sbin/sendmail"
cp "$NM" "$R$sbin/nullmailer-send"
cp "$NM" "$R$sbin/nullmailer-queue"
chown $OWNER "$R$sbin/nullmailer-queue"
chmod 4755 "$R$sbin/nullmailer-queue"
NULLMAILER_REMOTES='127.0.0.1 smtp port=1' NULLMAILER_ME=box.example.org \
    NULLMAILER_ALLMAILTO=stage@example.org chroot --userspec=$OWNER:$OWNER --groups=$OWNER \
    "$R" "$sbin/nullmailer-send" --once >"$T/log" 2>&1
for uid in 65534 0 $OWNER; do
	find "$spool/queue" -type f -delete
	printf '\n' | env -i USER=u NULLMAILER_ALLMAILTO=evil@example.org "$(command -v chroot)" \
	    --userspec="$uid:$uid" --groups="$uid" "$R" "$sbin/sendmail" root
	is "uid $uid" "$? $(stored | sed '/^$/q' | paste -sd ' ' -)" "0 u@box.example.org stage@example.org "
done
