"""The part of every rendered shell program that makes the folder of its backups, and lets one run in at a time."""

# Functions of POSIX sh over coreutils. $us, $kept and own_backups are defined before them.
LOCK = r"""
# Made where it is not there, and looked at again: in a sticky folder somebody else may have made it meanwhile.
make_backups() {
    own_backups
    mkdir -p "$kept" || fail "cannot make $kept"
    own_backups
    if [ "$reached" != 0 ] || [ ! -d "$place" ]; then fail "cannot make $kept"; fi
    if [ "$(stat -c %u "$place")" != "$us" ]; then refuse "$kept belongs to somebody else"; fi
    chmod 700 "$kept" || fail "cannot make $kept"
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

lock() {
    make_backups
    take || fail "cannot write in $kept"
}

# To put files back no lock has to be written where the disk is full; another run is not disturbed.
lock_or_go_on() {
    make_backups
    take && return
    if is_held; then refuse "another run is at it (process $holder)"; fi
    complain "cannot write in $kept; going on without a lock"
}

# A lock comes into being with its holder in it, by one link. That of a dead holder is replaced by one at a time.
take() {
    if ! { printf '%s %s\n' "$$" "$(began "$$")" >"$kept/holder.$$"; } 2>/dev/null; then
        rm -f "$kept/holder.$$"
        return 1
    fi
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
"""
