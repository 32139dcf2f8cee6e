"""The part of every rendered shell program that is the same: guard, back up, splice, verify, replace, put back."""

# Functions of POSIX sh over coreutils. What differs from plan to plan is defined before them: $plan and $all,
# describe N (path, shown, before, after), build N (the new bytes on standard output), tell N (why).
STEPS = r"""
stage=
locked=

# Whoever reads along may leave; the work goes on.
say() { printf '%s\n' "$*" 2>/dev/null || :; }
complain() { printf '%s\n' "$*" >&2 2>/dev/null || :; }
refuse() {
    complain "refused: $*"
    exit 6
}
fail() {
    complain "failed: $*"
    exit 1
}

# Read from standard input, for sha256sum escapes odd names.
digest() { sha256sum <"$1" | cut -c 1-64; }

# Its bytes with its owner, mode, times and, where cp is GNU's, ACL and SELinux label.
copy() {
    rm -f "$2"
    cp --preserve=all "$1" "$2" 2>/dev/null || cp -p "$1" "$2"
}

flush() { sync "$1" 2>/dev/null || sync; }

# The bytes of the file as it is, from the first offset up to, not including, the second.
keep() { tail -c "+$(($1 + 1))" "$name" | head -c "$(($2 - $1))"; }
keep_rest() { tail -c "+$(($1 + 1))" "$name"; }

# What a link points to is changed; the link stays. Nothing is read that others could exchange for something else.
look() {
    describe "$1"
    now=foreign
    beside=
    saved=$kept/$1
    reached=0
    walk "$path" || reached=$?
    name=$place
    if [ "$reached" = 1 ]; then
        now=exposed
        return 0
    fi
    if [ -n "$ahead" ]; then return 0; fi
    beside=${name%/*}/.tightlip-$plan-$1
    if [ "$reached" = 0 ] && [ -f "$name" ]; then
        case $(digest "$name") in
            "$before") now=before ;;
            "$after") now=after ;;
        esac
    fi
}

guard() {
    own_backups
    todo=
    for number in $all; do
        look "$number"
        case $now in
            exposed) refuse "$shown $exposed" ;;
            foreign) refuse "$shown is not there, or not as it was when the plan was made" ;;
            before)
                if [ "$(stat -c %h "$name")" != 1 ]; then refuse "$shown has other hard links"; fi
                todo="$todo $number"
                ;;
        esac
    done
}

# A line of the file, and one of what it becomes, as in a diff: its number and, where not all of it may be shown, how
# many bytes may, and what stands for the rest.
old() { sed -n "$1p" "$name" | show_line - "$@"; }
new() { build "$number" | sed -n "$1p" | show_line + "$@"; }
show_line() {
    text=$(if [ "$#" -gt 2 ]; then head -c "$3"; else cat; fi | tr '\001-\010\013-\037\177' '?')
    say "$1$text${4:-}"
}

# Nothing is written: each file is put together and its sha256 compared.
rehearse() {
    guard
    for number in $todo; do
        look "$number"
        if [ "$(build "$number" | sha256sum | cut -c 1-64)" != "$after" ]; then
            fail "$shown does not come out as planned; nothing was changed"
        fi
        say "would change: $shown"
        tell "$number"
    done
    if [ -n "$todo" ]; then
        tell_asking
        return 0
    fi
    if is_pending; then say "would change nothing, but finish an earlier run"; else say "nothing to do"; fi
}

# Every new file is complete, verified and on the disk before the first one is put in its place; and so is what it was,
# so that no full disk stands in the way back.
write() {
    for number in $todo; do
        look "$number"
        [ "$now" = before ] || fail "$shown was changed by somebody else at this moment"
        { copy "$name" "$saved.new" && [ "$(digest "$saved.new")" = "$before" ]; } || fail "cannot back up $shown"
        flush "$saved.new"
        mv -f "$saved.new" "$saved" || fail "cannot back up $shown"
        lay_old "$name" || fail "cannot write beside $shown"
        lay_new || fail "cannot write beside $shown, or it does not come out as planned"
    done
    remember "$todo" || fail "cannot write in $kept"
    stage=writing
    for number in $todo; do
        look "$number"
        [ "$now" = before ] || fail "$shown was changed by somebody else at this moment"
        put_in new || fail "cannot replace $shown"
        flush "${name%/*}"
        say "changed: $shown"
    done
}

# Into the folder beside the file, which is ours alone: a link of that name is none, and once we are in it nobody can
# exchange it. These functions are subshells, and leave the rest where it is.
enter() {
    cd -P "$beside" 2>/dev/null && [ "$(stat -c '%d:%i %u' .)" = "$(stat -c '%d:%i' "$beside") $us" ] && chmod 700 .
}

lay_new() (
    enter && copy "$name" new && build "$number" >new && [ "$(digest new)" = "$after" ] && flush new
)

# What the file was, from itself or from its backup.
lay_old() (
    mkdir -m 700 "$beside" 2>/dev/null || :
    enter && copy "$1" old && [ "$(digest old)" = "$before" ] && flush old
)

is_laid() (
    enter && [ -f old ] && [ "$(digest old)" = "$before" ]
)

put_in() (
    enter && mv -f "$1" "../${name##*/}"
)

tidy() (
    enter || exit 0
    rm -f new
    is_pending || rm -f old
    rmdir "$beside" 2>/dev/null || :
)

is_pending() { [ -s "$kept/pending" ]; }

# The numbers of the files that a run is to put back if it ends badly, or is killed.
remember() {
    printf '%s\n' "$(recorded) $1" >"$kept/pending.new" && flush "$kept/pending.new" &&
        mv -f "$kept/pending.new" "$kept/pending" && flush "$kept"
}

recorded() { cat "$kept/pending" 2>/dev/null || :; }

# The files of the list that we changed get their earlier bytes back; "stuck" names those that could not.
put_back() {
    stuck=
    for number in $1; do
        look "$number"
        case $now in
            before) continue ;;
            exposed)
                complain "$shown $exposed; it is left alone; its earlier form is $saved"
                stuck="$stuck $number"
                continue
                ;;
            foreign)
                complain "$shown was changed by somebody else and is left alone; its earlier form is $saved"
                stuck="$stuck $number"
                continue
                ;;
        esac
        if ready_back && put_in old; then
            flush "${name%/*}"
            say "put back: $shown"
        else
            complain "cannot put $shown back; its earlier form is $saved"
            stuck="$stuck $number"
        fi
    done
    [ -z "$stuck" ]
}

# What the file was lies beside it, or is laid there from its backup.
ready_back() { is_laid || { [ -f "$saved" ] && lay_old "$saved"; }; }

# Before the first of several files is put back, all can be.
make_ready() {
    for number in $todo; do
        look "$number"
        if ! ready_back; then
            complain "cannot put $shown back, so nothing was; its earlier form is $saved"
            return 1
        fi
    done
}

settled() { rm -f "$kept/pending"; }

# The files to undo: those in their new form whose earlier form was kept here.
undoable() {
    own_backups
    todo=
    missing=
    for number in $all; do
        look "$number"
        case $now in
            before) continue ;;
            exposed) refuse "$shown $exposed" ;;
            foreign) refuse "$shown was changed since; it is left alone" ;;
        esac
        if [ -f "$saved" ]; then
            todo="$todo $number"
        else
            complain "$shown is left as it is: its earlier form is not in $kept"
            missing=yes
        fi
    done
    if [ -z "$todo" ] && [ -n "$missing" ]; then refuse "no earlier form is kept here"; fi
}

# What a run has laid ready and has not settled stays for the next one.
sweep() {
    for number in $all; do
        look "$number"
        if [ -n "$beside" ]; then tidy; fi
        rm -f "$saved.new"
    done
    is_pending || rm -f "$kept"/said.*
    rm -f "$kept/pending.new" "$kept/holder"
}

quietly() { "$@" </dev/null >/dev/null; }
"""
