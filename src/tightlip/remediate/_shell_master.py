"""The part of every rendered shell program that finds the one process to reload: anybody can start one like it."""

# Functions of POSIX sh over coreutils and /proc.
MASTER = r"""
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
