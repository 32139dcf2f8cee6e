"""The part of every rendered shell program that holds a dialogue with one listener, with what the host has.

A server can pass its own check, greet, and die at the next command: ``postfix check`` says nothing of a filter that
leaves no mechanism, and smtpd ends at EHLO over TLS. So each listener is asked, in each TLS state, for its greeting
and for what only a working server can answer next: CAPA, CAPABILITY, EHLO, LHLO, CAPABILITIES, or ManageSieve's list.

curl and python3 hold the whole dialogue by themselves; openssl, nc and bash carry bytes, and the script speaks. A peer
may be hostile: what is heard of it is bounded, and so is the time.
"""

# Functions of POSIX sh. $kept, $pause and listener N (protocol, state, host, address) are defined beside them.
DIALOGUES = r"""
# How a protocol greets and answers (extended regular expressions), and what is said to it.
speech() {
    upgrade=STARTTLS
    leaves=QUIT
    case $protocol in
        pop3) greets='^[+]OK' asks=CAPA answers='^[.]' upgrade=STLS ready='^[+]OK' ;;
        imap)
            greets='^[*] (OK|PREAUTH)' asks='a CAPABILITY' answers='^a OK'
            upgrade='b STARTTLS' ready='^b OK' leaves='c LOGOUT'
            ;;
        smtp) greets='^220[^-]' asks='EHLO [127.0.0.1]' answers='^250[^-]' ready='^220[^-]' ;;
        lmtp) greets='^220[^-]' asks='LHLO [127.0.0.1]' answers='^250[^-]' ready='^220[^-]' ;;
        nntp) greets='^20[01]' asks=CAPABILITIES answers='^[.]' ready='^382' ;;
        # It lists what it can unasked, at first and after the upgrade.
        managesieve) greets='^OK' asks='' answers='' ready='^OK' leaves=LOGOUT ;;
    esac
}
refuses='^(-ERR|[45][0-9][0-9]|a (NO|BAD)|[*] BYE|(NO|BYE)[^A-Z])'

# The first tool that is here and can ask in this TLS state.
find_tool() {
    for tool in curl openssl nc bash python3; do
        if is_here "$tool" && "can_$tool"; then return 0; fi
    done
    return 1
}

is_here() { command -v "$1" >/dev/null 2>&1; }

can_curl() {
    scheme=$protocol
    if [ "$state" != plain ]; then scheme=${protocol}s; fi
    case " $(curl --version 2>/dev/null | sed -n 's/^Protocols: //p') " in *" $scheme "*) return 0 ;; esac
    return 1
}
can_openssl() { [ "$state" != plain ]; }
can_nc() { [ "$state" = plain ]; }
can_bash() { [ "$state" = plain ]; }
can_python3() { python3 -c 'import ssl' 2>/dev/null; }

# Whether a listener greets and says what it can, in its TLS state. 2: nothing here can ask it.
ask() {
    listener "$1"
    speech
    find_tool || return 2
    case $tool in
        curl) by_curl ;;
        openssl) by_openssl ;;
        nc) converse nc "$host" "${address##*:}" ;;
        bash) converse bash -c "$carrier" "$host" "${address##*:}" ;;
        python3) by_python ;;
    esac || return 1
}

# Given a command of its own, curl fails unless the answer to it is a good one; it upgrades and greets before that.
by_curl() {
    # An SMTP URL ends with the name for EHLO.
    end=
    if [ "$protocol" = smtp ]; then end=%5B127.0.0.1%5D; fi
    case $state in
        plain) set -- "$protocol://$address/$end" ;;
        starttls) set -- --ssl-reqd "$protocol://$address/$end" ;;
        implicit) set -- "${protocol}s://$address/$end" ;;
    esac
    # The servers that need such a change are old.
    case $(curl --version) in *OpenSSL/*) set -- --tlsv1.0 --ciphers 'DEFAULT@SECLEVEL=0' "$@" ;; esac
    curl -q -s -g -k --noproxy '*' --max-time "$pause" -X "${asks#a }" "$@" >/dev/null 2>&1
}

by_openssl() {
    set -- -quiet -cipher 'DEFAULT:@SECLEVEL=0' -connect "$address"
    if [ "$state" = starttls ]; then set -- "$@" -starttls "$(starttls_name)"; fi
    converse openssl s_client "$@"
}

starttls_name() { case $protocol in managesieve) echo sieve ;; *) echo "$protocol" ;; esac }

# shellcheck disable=SC2016
carrier='exec 3<>"/dev/tcp/$0/$1" 4<&0 || exit; cat <&4 >&3 & cat <&3; kill $!'

# A dialogue through a command that carries bytes both ways. Of what it brings 64 KiB are read, in as much time as a
# dialogue has and a second, whatever becomes of the command.
converse() {
    said=$kept/said.$number
    lay_pipe "$number" || return 1
    # shellcheck disable=SC2016
    timeout "$pause" sh -c 'said=$1; shift; exec "$@" <"$said"' sh "$said" "$@" 2>/dev/null |
        timeout "$((pause + 1))" dd bs=512 count=128 2>/dev/null |
        dialogue 1<>"$said"
}

# Before the change, for there may be no room for it later.
lay_pipe() { [ -p "$kept/said.$1" ] || mkfifo "$kept/said.$1" 2>/dev/null; }

# It hears its standard input, and is heard at its standard output, which it opens without waiting for a reader.
dialogue() {
    outcome=0
    exchange || outcome=1
    tells "$leaves"
    return "$outcome"
}

exchange() {
    # openssl hears the greeting and upgrades by itself.
    if [ "$state" != starttls ] || [ -z "$asks" ]; then hears "$greets" || return 1; fi
    if [ -n "$asks" ]; then
        tells "$asks"
        hears "$answers" || return 1
    fi
}

tells() { printf '%s\r\n' "$1" 2>/dev/null || :; }

# No server needs more lines for one answer.
hears() {
    lines=0
    while [ "$lines" -lt 500 ] && read -r line; do
        lines=$((lines + 1))
        if printf '%s\n' "$line" | grep -Eq "$1"; then return 0; fi
        if printf '%s\n' "$line" | grep -Eq "$refuses"; then return 1; fi
    done
    return 1
}

by_python() {
    timeout "$pause" python3 -c "$asker" "$host" "${address##*:}" "$state" "$refuses" "$greets" "$asks" \
        "$answers" "$upgrade" "$ready" "$leaves" >/dev/null 2>&1
}

asker='
import re, socket, ssl, sys

host, port, state, refuses, greets, asks, answers, upgrade, ready, leaves = sys.argv[1:]
line = socket.create_connection((host, int(port)))

def hear(pattern):
    text = ""
    while not re.search(pattern, text, re.M):
        part = line.recv(4096).decode("latin-1")
        text += part
        if not part or len(text) > 65536 or (re.search(refuses, text, re.M) and not re.search(pattern, text, re.M)):
            sys.exit(1)

def tell(words):
    line.sendall(words.encode() + b"\r\n")

def ask():
    if asks:
        tell(asks)
        hear(answers)

def secured():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    return context.wrap_socket(line)

if state == "implicit":
    line = secured()
hear(greets)
if state == "starttls":
    ask()
    tell(upgrade)
    hear(ready)
    line = secured()
    if not asks:
        hear(greets)
ask()
tell(leaves)
'
"""
