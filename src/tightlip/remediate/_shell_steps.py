"""The part of every rendered shell program that is the same: guard, back up, splice, verify, replace, put back."""

# Functions of POSIX sh over coreutils. What differs from plan to plan is defined before them: $plan and $all,
# describe N (path, shown, before, after), build N (the new bytes on standard output), tell N (why).
STEPS = r"""
kept=${TIGHTLIP_BACKUP:-/var/backups/tightlip}/$plan
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

# What a link points to is changed; the link stays.
look() {
    describe "$1"
    now=foreign
    if name=$(readlink -f "$path" 2>/dev/null && printf x); then
        name=${name%?x}
    else
        name=$path
    fi
    beside=${name%/*}/.tightlip-$plan-$1
    saved=$kept/$1
    if [ -f "$name" ]; then
        case $(digest "$name") in
            "$before") now=before ;;
            "$after") now=after ;;
        esac
    fi
}

guard() {
    todo=
    for number in $all; do
        look "$number"
        case $now in
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

is_pending() { [ -s "$kept/pending" ]; }

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

# The process that locks, and when it began: a number alone is given to another process one day.
began() { sed -e 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

is_held() {
    holder=
    since=
    read -r holder since 2>/dev/null <"$kept/holder" || :
    if [ -z "$holder" ] || ! kill -0 "$holder" 2>/dev/null; then return 1; fi
    [ -z "$since" ] || [ "$since" = "$(began "$holder")" ]
}

# A lock comes into being with its holder in it, by one link. That of a dead holder is replaced by one at a time.
lock() {
    { mkdir -p "$kept" && chmod 700 "$kept"; } || fail "cannot make $kept"
    if [ "$(stat -c %u "$kept")" != "$(id -u)" ]; then refuse "$kept belongs to somebody else"; fi
    printf '%s %s\n' "$$" "$(began "$$")" >"$kept/holder.$$" || fail "cannot write in $kept"
    if ! ln "$kept/holder.$$" "$kept/holder" 2>/dev/null; then take_over; fi
    rm -f "$kept/holder.$$"
    locked=yes
}

take_over() {
    if ! mkdir "$kept/taking" 2>/dev/null; then
        rm -f "$kept/holder.$$"
        refuse "another run is taking over; where none is: rmdir '$kept/taking'"
    fi
    if is_held || ! mv -f "$kept/holder.$$" "$kept/holder"; then
        rm -f "$kept/holder.$$"
        rmdir "$kept/taking"
        refuse "another run is at it (process $holder)"
    fi
    rmdir "$kept/taking"
}

# Every new file is complete, verified and on the disk before the first one is put in its place.
write() {
    for number in $todo; do
        look "$number"
        { copy "$name" "$saved.new" && [ "$(digest "$saved.new")" = "$before" ]; } || fail "cannot back up $shown"
        flush "$saved.new"
        mv -f "$saved.new" "$saved" || fail "cannot back up $shown"
        { copy "$name" "$beside" && build "$number" >"$beside"; } || fail "cannot write beside $shown"
        [ "$(digest "$beside")" = "$after" ] || fail "$shown does not come out as planned"
        flush "$beside"
    done
    remember "$todo" || fail "cannot write in $kept"
    stage=writing
    for number in $todo; do
        look "$number"
        [ "$now" = before ] || fail "$shown was changed by somebody else at this moment"
        mv -f "$beside" "$name" || fail "cannot replace $shown"
        flush "${name%/*}"
        say "changed: $shown"
    done
}

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
            foreign)
                complain "$shown was changed by somebody else and is left alone; its earlier form is $saved"
                stuck="$stuck $number"
                continue
                ;;
        esac
        if [ -f "$saved" ] && [ "$(digest "$saved")" = "$before" ] &&
            copy "$saved" "$beside" && [ "$(digest "$beside")" = "$before" ] &&
            flush "$beside" && mv -f "$beside" "$name"; then
            flush "${name%/*}"
            say "put back: $shown"
        else
            complain "cannot put $shown back; its earlier form is $saved"
            stuck="$stuck $number"
        fi
    done
    [ -z "$stuck" ]
}

settled() { rm -f "$kept/pending"; }

# The files to undo: those in their new form whose earlier form was kept here.
undoable() {
    todo=
    missing=
    for number in $all; do
        look "$number"
        case $now in
            before) continue ;;
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

sweep() {
    for number in $all; do
        look "$number"
        rm -f "$beside" "$saved.new"
    done
    rm -f "$kept"/said.*
    rm -f "$kept/pending.new" "$kept/holder"
}

quietly() { "$@" </dev/null >/dev/null; }

# SIGHUP to a program's master process: one whose parent is another program, in this PID namespace. Of several,
# that whose arguments name the configuration.
hang_up() {
    wanted=$1
    shift
    found=
    named=
    for entry in /proc/[0-9]*; do
        is_master "$entry" "$@" || continue
        found="$found ${entry#/proc/}"
        case " $(tr '\000' ' ' 2>/dev/null <"$entry/cmdline") " in
            *" $wanted "*) named="$named ${entry#/proc/}" ;;
        esac
    done
    case ${named:-$found} in
        '') complain "no master process of $* is running"; return 1 ;;
        ' '*' '*) complain "several master processes of $*:${named:-$found}"; return 1 ;;
    esac
    master=${named:-$found}
    kill -HUP "${master# }"
}

is_master() {
    entry=$1
    shift
    [ "$(readlink "$entry/ns/pid" 2>/dev/null)" = "$(readlink /proc/self/ns/pid)" ] || return 1
    is_among "$(program_of "$entry")" "$@" || return 1
    while read -r field value _; do
        case $field in
            PPid:) parent=$value ;;
            Uid:) break ;;
        esac
    done 2>/dev/null <"$entry/status" || return 1
    is_genuine "$entry" "$value" || return 1
    ! is_among "$(program_of "/proc/$parent")" "$@"
}

# Anybody can start a program of any name. A process that is neither root's nor ours counts where its program and
# the folder of that are root's; in a user namespace of its own, a path could lead to other bytes.
is_genuine() {
    case $2 in 0 | "$(id -u)") return 0 ;; esac
    [ "$(readlink "$1/ns/user" 2>/dev/null)" = "$(readlink /proc/self/ns/user)" ] || return 1
    program=$(program_of "$1")
    is_of_root "$1/exe" && is_of_root "${program%/*}"
}

is_of_root() {
    case $(stat -L -c '%u %A' "$1" 2>/dev/null) in
        '0 '?????w* | '0 '????????w*) return 1 ;;
        '0 '*) return 0 ;;
    esac
    return 1
}

program_of() {
    program=$(readlink "$1/exe" 2>/dev/null) || return 0
    printf '%s' "${program%" (deleted)"}"
}

# Whether a path ends with one of these names.
is_among() {
    sought=$1
    shift
    for each in "$@"; do
        case $sought in
            */"$each") return 0 ;;
        esac
    done
    return 1
}
"""
