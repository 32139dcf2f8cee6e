"""The part of every rendered shell program that asks the plan's listeners whether they still serve.

A server can pass its own check, greet, and die at the next command: ``postfix check`` says nothing of a filter that
leaves no mechanism, and smtpd ends at EHLO over TLS. So each listener is asked, in each TLS state, for its greeting
and for what only a working server can answer next: CAPA, CAPABILITY, EHLO, LHLO, CAPABILITIES, or ManageSieve's list.

What can ask is what the host has. curl and python3 hold the whole dialogue by themselves; openssl, nc and bash carry
bytes, and the script speaks through a FIFO.
"""

# Functions of POSIX sh. What differs from plan to plan is defined beside them: $listeners, and listener N (endpoint,
# protocol, state, host, address, stays).
LISTENERS = r"""
greeting=yes
# Seconds for one dialogue, and between two rounds of asking.
pause=10
between=2
# Seconds for all to answer after a reload, and for one that is dead: it refuses the connection, hangs up or turns away
# each time, and who is silent may be slow.
patience=45
patience_dead=20
# The same when the files are back: Postfix starts nothing for 60 seconds after an smtpd that has died.
patience_back=90
silent=
gone=
endpoint='' protocol='' state='' host='' address='' stays=''

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
refuses='^(-ERR|[45][0-9][0-9]|a (NO|BAD)|[*] BYE|(NO|BYE)[^A-Z]|over$)'

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
        openssl) converse by_openssl ;;
        nc) converse timeout "$pause" nc "$host" "${address##*:}" ;;
        bash) converse timeout "$pause" bash -c "$carrier" "$host" "${address##*:}" ;;
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
    timeout "$pause" openssl s_client "$@"
}

starttls_name() { case $protocol in managesieve) echo sieve ;; *) echo "$protocol" ;; esac }

# shellcheck disable=SC2016
carrier='exec 3<>"/dev/tcp/$0/$1" 4<&0 || exit; cat <&4 >&3 & cat <&3; kill $!'

# A dialogue through a command that carries bytes both ways.
converse() {
    said=$kept/said.$number
    heard=$kept/heard.$number
    rm -f "$said" "$heard"
    mkfifo "$said" || return 1
    { "$@" <"$said" 2>/dev/null || :; printf '\nover\n'; } >"$heard" &
    exec 3>"$said"
    outcome=0
    dialogue || outcome=1
    tells "$leaves"
    exec 3>&-
    wait "$!" || :
    return "$outcome"
}

dialogue() {
    # openssl hears the greeting and upgrades by itself.
    if [ "$state" != starttls ] || [ -z "$asks" ]; then hears "$greets" || return 1; fi
    if [ -n "$asks" ]; then
        tells "$asks"
        hears "$answers" || return 1
    fi
}

tells() { printf '%s\r\n' "$1" >&3 2>/dev/null || :; }

hears() {
    until grep -Eq "$1|$refuses" "$heard"; do sleep 0.1 2>/dev/null || sleep 1; done
    grep -Eq "$1" "$heard"
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
        if not part or (re.search(refuses, text, re.M) and not re.search(pattern, text, re.M)):
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

# Whether anything here can ask: looked at before a byte is written.
able() {
    if [ "$greeting" = no ] || [ -z "$listeners" ]; then return 0; fi
    for tool in curl openssl nc bash python3; do
        if is_here "$tool"; then return 0; fi
    done
    complain "there is none of curl, openssl, nc, bash and python3 to ask the listeners with after the change"
    refuse "to change without asking: --no-greeting, or -e tightlip_no_greeting=true"
}

tell_asking() {
    if [ "$greeting" = no ]; then return 0; fi
    for number in $listeners; do
        listener "$number"
        if find_tool; then say "would ask with $tool: $endpoint"; else say "nothing here can ask: $endpoint"; fi
    done
}

# Before the change: which listeners answer. Of the others nothing is demanded, and they are named.
witness() {
    if is_pending && [ -f "$kept/answered" ]; then return 0; fi
    answered=
    wanted=$listeners
    if [ "$greeting" = no ]; then wanted=; fi
    round "$wanted"
    round "$silent"
    for number in $wanted; do
        listener "$number"
        case $(outcome_of "$number") in
            0) answered="$answered $number" ;;
            2) say "not asked, nothing here can: $endpoint" ;;
            *) say "does not answer before the change, and need not afterwards: $endpoint" ;;
        esac
    done
    printf '%s\n' "$answered" >"$kept/answered" || fail "cannot write in $kept"
}

# Those that answered before a change, and those of them that it does not close.
witnessed() { cat "$kept/answered" 2>/dev/null || :; }
awaited() {
    for number in $(witnessed); do
        listener "$number"
        if [ "$stays" = yes ]; then printf ' %s' "$number"; fi
    done
}

# Whether these listeners answer, in two rounds running: for a moment after a reload old processes may still serve.
# $2 and $3 are the seconds that they have, and those of one that is dead.
answer() {
    if [ "$greeting" = no ] || [ -z "${1# }" ]; then return 0; fi
    asked=$(date +%s)
    rounds=0
    good=0
    dead=$1
    while [ "$good" -lt 2 ]; do
        sleep "$between"
        round "$1"
        rounds=$((rounds + 1))
        good=$((good + 1))
        dead=$(common "$dead" "$gone")
        if [ -z "$silent" ]; then continue; fi
        good=0
        # Of those that are silent no round begins that could end too late.
        limit=$(($2 - between - pause))
        if [ -n "$dead" ]; then limit=$3; fi
        if [ "$rounds" -lt 2 ] || [ $(($(date +%s) - asked)) -lt "$limit" ]; then continue; fi
        for number in $silent; do
            listener "$number"
            complain "does not answer any more: $endpoint"
        done
        return 1
    done
    say "every listener that answered before the change answers"
}

# The numbers that stand in both lists.
common() {
    for number in $1; do
        case " $2 " in *" $number "*) printf ' %s' "$number" ;; esac
    done
}

# Ask these listeners, all at once; $silent are those that did not answer, or could not be asked, and $gone those of
# them that made an end before our time was over.
round() {
    for number in $1; do
        rm -f "$kept/outcome.$number"
        {
            trap : PIPE
            outcome=0
            began=$(date +%s)
            ask "$number" || outcome=$?
            if [ "$outcome" = 1 ] && [ $(($(date +%s) - began)) -lt $((pause - 1)) ]; then outcome=3; fi
            echo "$outcome" >"$kept/outcome.$number"
        } &
    done
    wait || :
    silent=
    gone=
    for number in $1; do
        case $(outcome_of "$number") in
            0) ;;
            3) silent="$silent $number" gone="$gone $number" ;;
            *) silent="$silent $number" ;;
        esac
    done
}

outcome_of() { cat "$kept/outcome.$1" 2>/dev/null || echo 1; }
"""
