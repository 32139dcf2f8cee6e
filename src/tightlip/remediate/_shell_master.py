"""The part of every rendered shell program that finds the one process to reload: anybody can start one like it."""

# Functions of POSIX sh over coreutils and /proc. $us is defined before them.
MASTER = r"""
# SIGHUP to a product's master process. One that has just had another may be about to open its ports again.
hang_up() {
    find_master "$@" 2>/dev/null || { sleep 1 && find_master "$@"; } || return 1
    kill -HUP "$master"
}

# Before the first write: what is to be reloaded can be. A run that was killed is finished, or put back, all the same.
reloadable() {
    if [ -z "$todo" ] || is_pending; then return 0; fi
    masters || refuse "what is changed could not be reloaded: see above"
}

# The one process that runs the product's program and listens at a TCP port that root, we or the product have opened:
# $master. Of several that whose arguments name the configuration, then that which holds a port that root alone may
# open. The arguments: the configuration, the product's accounts in one word, and ends of its program's path.
find_master() {
    wanted=$1
    users=" 0 $us $(numbers_of "$2") "
    shift 2
    found=
    named=
    low=
    for entry in /proc/[0-9]*; do
        is_master "$entry" "$@" || continue
        listens "$entry" || continue
        found="$found ${entry#/proc/}"
        if names "$entry" "$wanted"; then named="$named ${entry#/proc/}"; fi
        if [ -n "$is_low" ]; then low="$low ${entry#/proc/}"; fi
    done
    narrow "$named"
    narrow "$low"
    case $found in
        '')
            complain "no master process of $* is running: none listens at a TCP port that its own account has opened"
            return 1
            ;;
        ' '*' '*)
            complain "several master processes of $*:$found"
            return 1
            ;;
    esac
    master=${found# }
}

# Of several those that are in this list too, where there are any.
narrow() {
    case $found in
        ' '*' '*) ;;
        *) return 0 ;;
    esac
    both=$(common "$found" "$1")
    found=${both:-$found}
}

# The numbers that stand in both lists.
common() {
    for number in $1; do
        case " $2 " in *" $number "*) printf ' %s' "$number" ;; esac
    done
}

numbers_of() {
    for account in $1; do id -u "$account" 2>/dev/null || :; done | tr '\n' ' '
}

# What costs no process is asked first, for anybody may start many. An account is a process's only where it is so by all
# three numbers: a setuid program has its caller's.
is_master() {
    entry=$1
    shift
    parent=
    while read -r field value effective set _; do
        case $field in
            PPid:) parent=$value ;;
            Uid:) break ;;
        esac
    done 2>/dev/null <"$entry/status" || return 1
    for user in "$value" "$effective" "$set"; do
        case $users in *" $user "*) ;; *) return 1 ;; esac
    done
    is_among "$(program_of "$entry")" "$@" || return 1
    [ "$(readlink "$entry/ns/pid" 2>/dev/null)" = "$(readlink /proc/self/ns/pid)" ] || return 1
    is_genuine "$entry" "$value" || return 1
    ! is_among "$(program_of "/proc/$parent")" "$@"
}

# Anybody can start a program of any name. A process that is neither root's nor ours counts where its program and
# the folder of that are root's; in a user namespace of its own, a path could lead to other bytes.
is_genuine() {
    case $2 in 0 | "$us") return 0 ;; esac
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

# Whether one of a process's sockets listens (0A in its network namespace's table) and was opened by one of $users;
# $is_low: at a port below 1024. No server has more than 500.
listens() {
    is_low=
    opened=
    table=$(sed -n "$listening" "$1/net/tcp" "$1/net/tcp6" 2>/dev/null) || :
    for each in $table; do
        case $users in *" ${each##*:} "*) opened="$opened ${each%:*}" ;; esac
    done
    [ -n "$opened" ] || return 1
    held=
    looked=0
    for descriptor in "$1"/fd/*; do
        [ -S "$descriptor" ] || continue
        looked=$((looked + 1))
        [ "$looked" -le 500 ] || break
        socket=$(readlink "$descriptor" 2>/dev/null) || continue
        socket=${socket#"socket:["}
        socket=${socket%]}
        case "$opened " in *" $socket:"*) held=yes ;; esac
        case "$opened " in *" $socket:0"[0-3]??' '*) is_low=yes ;; esac
    done
    [ -n "$held" ]
}

# INODE:PORT:USER of each line of /proc/PID/net/tcp that listens (proc(5)).
listening='s/^ *[0-9]*: [^ ]*:\([^ ]*\) [^ ]* 0A [^ ]* [^ ]* [^ ]* *\([0-9]*\) *[0-9]* \([0-9]*\) .*/\3:\1:\2/p'

# Whether a process's options name a file; a word after -- is none. A line each: a word may hold spaces.
names() {
    said="
$(head -c 65536 "$1/cmdline" 2>/dev/null | tr '\000\n' '\n ')
"
    said=${said%%"
--
"*}
    case "$said
" in *"
$2
"*) return 0 ;; esac
    return 1
}
"""
