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
            complain "everything is as it was before"
            status=1
        else
            complain "NOT everything could be put back: see above. The earlier files are in $kept"
            status=3
        fi
    fi
    if [ -n "$locked" ]; then sweep; fi
    exit "$status"
}

apply() {
    guard
    if [ -z "$todo" ] && ! is_pending; then
        say "nothing to do"
        return 0
    fi
    preconditions
    lock
    guard
    write
    stage=checking
    check || fail "the check of the new configuration"
    stage=reloading
    reload || fail "the reload"
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
    remember "$todo" || fail "cannot write in $kept"
    if ! put_back "$todo"; then
        complain "NOT everything could be put back: see above"
        exit 3
    fi
    check || complain "the check of the earlier configuration failed: see above"
    reload || fail "the files are as they were, and the reload failed: reload by hand"
    settled
    say "undone"
}

main() {
    task=apply
    for argument in "$@"; do
        case $argument in
            --check) task=rehearse ;;
            --undo) task=undo ;;
            --preconditions-met) met=yes ;;
            *)
                complain "usage: sh $0 [--check | --undo] [--preconditions-met]"
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
    lock
    put_back "$(recorded)"
}

undo() {
    undoable
    if [ -z "$todo" ]; then
        if is_pending; then say "put back: nothing, but an earlier run is to be finished"; fi
        return 0
    fi
    lock
    undoable
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
