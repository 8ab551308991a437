# ssl_trials.sh - signatures and key agreements of ssl/ with those of OpenSSL, on
# random keys of all lengths. TRIALS=20000 takes an hour; a fault that one of
# 256 shows (a leading zero) needs some thousand.
# needs: /usr/bin/python3=python3
# needs: /usr/lib/python3/dist-packages/cryptography=python3-cryptography
. tests/lib.sh

out=$(/usr/bin/python3 tests/ssl_trials.py "${TRIALS:-20}" \
    "$TOOLS/ssl_trials" 2>&1)
is "none is wrong" "$(printf '%s\n' "$out" | grep -v ' 0 wrong$')" ''
is "all kinds were tried" "$(printf '%s\n' "$out" | grep -c ' 0 wrong$')" 12
printf '%s\n' "$out" | sed 's/^/#= /'
