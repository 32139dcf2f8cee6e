"""The part of every rendered shell program that asks the plan's listeners whether they still serve.

All are asked before the change and after the reload. Nothing is written for that after the change: a disk may be full.
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
# The most rounds that fit into them.
most=50
silent=
gone=
unasked=
endpoint='' protocol='' state='' host='' address='' stays=''

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
    for number in $wanted; do lay_pipe "$number" || :; done
    round "$wanted"
    round "$silent"
    for number in $wanted; do
        listener "$number"
        case " $silent / $unasked " in
            *" $number "*/*" $number "*) say "not asked, nothing here can: $endpoint" ;;
            *" $number "*) say "does not answer before the change, and need not afterwards: $endpoint" ;;
            *) answered="$answered $number" ;;
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
# $2 and $3 are the seconds that they have, and those of one that is dead; no clock that is set makes them endless.
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
        passed=$(($(date +%s) - asked))
        if [ "$rounds" -lt 2 ] || { [ "$passed" -lt "$limit" ] && [ "$rounds" -lt "$most" ]; }; then continue; fi
        for number in $silent; do
            listener "$number"
            complain "does not answer any more: $endpoint"
        done
        return 1
    done
    say "every listener that answered before the change answers"
}

# Ask these listeners, all at once; $silent are those that did not answer, or could not be asked ($unasked), and $gone
# those of them that made an end before our time was over.
round() {
    asking=
    for number in $1; do
        {
            trap : PIPE
            outcome=0
            began=$(date +%s)
            ask "$number" || outcome=$?
            if [ "$outcome" = 1 ] && [ $(($(date +%s) - began)) -lt $((pause - 1)) ]; then outcome=3; fi
            exit "$outcome"
        } &
        asking="$asking $number:$!"
    done
    silent=
    gone=
    unasked=
    for each in $asking; do
        number=${each%:*}
        outcome=0
        wait "${each#*:}" || outcome=$?
        case $outcome in
            0) continue ;;
            2) unasked="$unasked $number" ;;
            3) gone="$gone $number" ;;
        esac
        silent="$silent $number"
    done
}
"""
