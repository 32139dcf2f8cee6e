"""How rendered shell programs end: the course that a person starts, and the single calls that a playbook makes."""

# How the program for people ends: applies, rehearses or undoes, and puts back whatever went wrong.
COURSE = r"""
ended() {
    status=$1
    trap - EXIT
    trap : HUP INT TERM
    set +e
    if [ -n "$stage" ]; then
        if put_back "$(recorded)" && { [ "$stage" != reloading ] || reload; }; then
            settled
            back
        else
            complain "NOT everything could be put back: see above. The earlier files are in $kept"
            status=3
        fi
    fi
    if [ -n "$locked" ]; then sweep; fi
    exit "$status"
}

dead() { complain "the files are as they were, and NOT every listener answers: see above, and look at the server"; }

# The files are back, and the server has read them where it may have read the new ones: does it serve again?
back() {
    if [ "$stage" != reloading ] || answer "$(witnessed)" "$patience_back" "$patience_back"; then
        complain "everything is as it was before"
        status=1
    else
        dead
        status=3
    fi
}

apply() {
    guard
    if [ -z "$todo" ] && ! is_pending; then
        say "nothing to do"
        return 0
    fi
    preconditions
    able
    reloadable
    lock
    guard
    witness
    write
    stage=checking
    check || fail "the check of the new configuration"
    stage=reloading
    reload || fail "the reload"
    answer "$(awaited)" "$patience" "$patience_dead" ||
        fail "the service: not every listener answers as before the change"
    for number in $all; do
        look "$number"
        [ "$now" = after ] || fail "$shown is not as planned at the end"
    done
    settled
    stage=
    say "done; to undo it: --undo"
    proof
}

undo() {
    undoable
    if [ -z "$todo" ] && ! is_pending; then
        say "nothing to undo"
        return 0
    fi
    lock
    undoable
    make_ready || exit 3
    remember "$todo" || fail "cannot write in $kept"
    if ! put_back "$todo"; then
        complain "NOT everything could be put back: see above"
        exit 3
    fi
    check || complain "the check of the earlier configuration failed: see above"
    reload || fail "the files are as they were, and the reload failed: reload by hand"
    settled
    if ! answer "$(witnessed)" "$patience_back" "$patience_back"; then
        dead
        exit 3
    fi
    say "undone"
}

main() {
    task=apply
    for argument in "$@"; do
        case $argument in
            --check) task=rehearse ;;
            --undo) task=undo ;;
            --preconditions-met) met=yes ;;
            --no-greeting) greeting=no ;;
            *)
                complain "usage: sh $0 [--check | --undo] [--preconditions-met] [--no-greeting]"
                exit 2
                ;;
        esac
    done
    trap 'ended $?' EXIT
    trap : PIPE
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    "$task"
}

main "$@" </dev/null
"""

# How the program that a playbook feeds to sh ends: one step a call, the playbook decides on the next.
CALLS = r"""
ended() {
    status=$1
    trap - EXIT
    trap : HUP INT TERM
    set +e
    if [ -n "$stage" ]; then put_back "$(recorded)"; fi
    if [ -n "$locked" ]; then sweep; fi
    exit "$status"
}

find_masters() {
    guard
    reloadable
}

ask_before() {
    guard
    if [ -z "$todo" ] && ! is_pending; then return 0; fi
    able
    lock
    witness
}

ask_after() {
    lock
    answer "$(awaited)" "$patience" "$patience_dead" ||
        fail "the service: not every listener answers as before the change"
}

ask_back() {
    lock
    answer "$(witnessed)" "$patience_back" "$patience_back" ||
        fail "the files are as they were, and NOT every listener answers: look at the server"
}

write_all() {
    guard
    if [ -z "$todo" ]; then
        if is_pending; then say "changed: nothing, but an earlier run is to be finished"; fi
        return 0
    fi
    lock
    guard
    write
    stage=
}

restore() {
    lock_or_go_on
    put_back "$(recorded)"
}

finish() {
    lock_or_go_on
    settled
}

undo() {
    undoable
    if [ -z "$todo" ]; then
        if is_pending; then say "put back: nothing, but an earlier run is to be finished"; fi
        return 0
    fi
    lock
    undoable
    make_ready || exit 3
    remember "$todo" || fail "cannot write in $kept"
    put_back "$todo"
}

rehearse_undo() {
    undoable
    for number in $todo; do
        look "$number"
        say "would put back: $shown"
    done
}

trap 'ended $?' EXIT
trap : PIPE
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
"$@"
"""
