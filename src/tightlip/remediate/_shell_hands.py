"""The part of every rendered shell program that looks in whose hands the files and the backups are.

The same as ``apply`` asks of files, but for its ``trusted_owners``: a shell holds no descriptors of folders, so that it
has to be sure of names.
"""

# Functions of POSIX sh over coreutils. $plan is defined before them.
HANDS = r"""
us=$(id -u)
kept=${TIGHTLIP_BACKUP:-/var/backups/tightlip}/$plan
case $kept in /*) ;; *) kept=$(pwd -P)/$kept ;; esac
exposed=

# Where a path leads, link by link from the root down ($place). 1: others than root and whoever runs this may change
# what is there, or what leads there ($exposed). 2: it is not there, nor is what lies $ahead.
walk() {
    place=
    ahead=$1/
    links=0
    hop / || return
    while [ -n "$ahead" ]; do
        part=${ahead%%/*}
        ahead=${ahead#*/}
        case $part in
            '' | .) continue ;;
            ..)
                place=${place%/*}
                continue
                ;;
        esac
        place=$place/$part
        hop "$place" || return
        case $mode in l*) follow || return ;; esac
    done
}

# As many links as the kernel follows. Command substitution takes line ends away: one letter more keeps them.
follow() {
    links=$((links + 1))
    [ "$links" -le 40 ] || return 2
    target=$(readlink "$place" && printf x) || return 2
    target=${target%?x}
    case $target in
        /*) place= ;;
        *) place=${place%/*} ;;
    esac
    ahead=$target/$ahead
}

# The bits of a group are the mask of an ACL, where there is one. In a sticky folder others may make files, and not
# touch those of root; a link has no rights of its own.
hop() {
    stated=$(stat -c '%u %A %U' "$1" 2>/dev/null) || return 2
    mode=${stated#* }
    case ${stated%% *} in
        0 | "$us") ;;
        *)
            expose "$1" "belongs to ${mode#* }" "chown root"
            return 1
            ;;
    esac
    mode=${mode%% *}
    case $mode in
        l* | d????????[tT]) return 0 ;;
        ????????w*) expose "$1" "may be written by everybody" "chmod o-w" ;;
        ?????w*) expose "$1" "may be written by a group, or by an ACL" "chmod g-w" ;;
        *) return 0 ;;
    esac
    return 1
}

expose() {
    where=$(printf '%s' "$1" | tr '\001-\037\177' '?')
    exposed="is not in root's hands alone: $where $2; give it to root ($3), or use tightlip apply with trusted_owners"
}

own_backups() {
    reached=0
    walk "$kept" || reached=$?
    if [ "$reached" = 1 ]; then refuse "the folder of the backups $exposed"; fi
}
"""
