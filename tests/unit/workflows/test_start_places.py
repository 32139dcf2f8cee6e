"""Start lines of a copy wherever they stand, whatever stands in front of the program: understood, or one doubt."""

import pytest

from tests.unit.workflows.test_start_lines import USUAL, found, mains

SYSTEMD = "/etc/systemd/system"
OTHER = "/srv/d.conf"
COMMAND = f"/usr/sbin/dovecot -F -c {OTHER}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("mail.service", f"[Service]\nExecStart={COMMAND}\n"),
        ("mail.service", f"[Service]\nType=oneshot\nExecStart=/bin/true\nExecStart={COMMAND}\n"),
        ("mail.service", f"[Service]\nExecStartPre=-{COMMAND}\nExecStart=/usr/bin/sleep 1\n"),
        ("mail.service", f"[Service]\nType=oneshot\nExecStart=/bin/true ; {COMMAND}\n"),
        ("dovecot.service", f"[Service]\nExecStart=/bin/sh -c 'ulimit -n 4096; exec {COMMAND}'\n"),
        ("dovecot.service", f"[Service]\nExecStart=/usr/bin/env LANG=C {COMMAND}\n"),
        ("dovecot.service", f"[Service]\nExecStart=/usr/bin/nice -n 5 /usr/bin/ionice -c 2 {COMMAND}\n"),
        ("dovecot.service", f"[Service]\nEnvironment=CONF={OTHER}\nExecStart=/bin/sh -c 'exec dovecot -F -c $CONF'\n"),
        ("dovecot.service", f"[Service]\nEnvironment='OPTIONS=-c \"{OTHER}\"'\nExecStart=/usr/sbin/dovecot $OPTIONS\n"),
    ],
    ids=["name", "oneshot", "before", "second", "shell", "env", "nice", "shell-variable", "quoted"],
)
def test_a_unit_of_any_name_and_type_counts_with_what_stands_in_front(path: str, text: str) -> None:
    """The program tells."""
    assert mains(found("dovecot", {USUAL: "", f"{SYSTEMD}/{path}": text})) == [USUAL, OTHER]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/rc.local", f"#!/bin/sh -e\n{COMMAND} >/dev/null 2>&1 &\nexit 0\n"),
        ("/etc/crontab", f"@reboot root {COMMAND}\n"),
        ("/etc/cron.d/mail", f"# it's at night\nCONF={OTHER}\n0 3 * * * root pgrep dovecot || dovecot -c $CONF\n"),
        ("/var/spool/cron/crontabs/root", f"*/5 * * * * {COMMAND}\n"),
        ("/etc/inittab", f"d1:2345:respawn:{COMMAND}\n"),
        ("/etc/init/dovecot.conf", f"start on runlevel [2345]\nexec {COMMAND}\n"),
        ("/etc/service/dovecot/run", f"#!/bin/sh\nexec 2>&1\nexec chpst -u root {COMMAND}\n"),
        ("/etc/sv/mail/run", "#!/usr/bin/env sh\n. /etc/mail.env\nexec dovecot -F ${CONF:+-c $CONF}\n"),
        ("/etc/supervisord.conf", f"[program:dovecot]\nautostart=true\ncommand={COMMAND}\n"),
        ("/etc/supervisor/conf.d/mail.conf", f'[program:mail]\ncommand=/bin/sh -c "exec {COMMAND}" ; of the site\n'),
        ("/docker-entrypoint.sh", f"#!/bin/bash\nset -e\nchown -R dovecot:dovecot /srv\nexec {COMMAND}\n"),
        ("/usr/local/bin/docker-entrypoint", f'#!/bin/sh\nset -- dovecot -F -c {OTHER}\nexec "$@"\n'),
        ("/etc/s6-overlay/s6-rc.d/dovecot/run", f"#!/command/execlineb -P\n{COMMAND}\n"),
        (
            "/entrypoint.sh",
            f'#!/bin/sh\ncat > /etc/x <<EOF\nit\'s made\nEOF\nC={OTHER}\nexec tini -- dovecot -F -c "$C"\n',
        ),
        ("/etc/init.d/mail", f"#!/bin/sh\ncase $1 in\nstart) su -s /bin/sh -c '{COMMAND}' root;;\nesac\n"),
        ("/etc/init.d/dovecot", f'#!/sbin/openrc-run\ncommand=/usr/sbin/dovecot\ncommand_args="-c {OTHER}"\n'),
        (
            "/etc/init.d/dovecot",
            "#!/bin/sh\nNAME=dovecot\nDAEMON=/usr/sbin/$NAME\nCONF=/srv/d.conf\nif [ $1 = start ]; then\n"
            "  start-stop-daemon --start --quiet --exec $DAEMON -- -c $CONF $DAEMON_ARGS\nfi\n",
        ),
    ],
)
def test_what_starts_it_without_systemd_counts(path: str, text: str) -> None:
    """Init scripts, crontabs, supervisors, and what a container begins with."""
    files = {USUAL: "", path: text, "/etc/mail.env": f"CONF={OTHER}\n"}
    assert mains(found("dovecot", files)) == [USUAL, OTHER]


def test_a_script_of_the_site_that_a_unit_starts_is_read() -> None:
    """With the arguments and the variables that the unit gives to it."""
    unit = {f"{SYSTEMD}/mail.service": "[Service]\nEnvironment=D=/srv\nExecStart=/opt/mail/serve d.conf\n"}
    script = {"/opt/mail/serve": '#!/bin/sh\nexec /usr/sbin/dovecot -F -c "$D/$1"\n'}
    assert mains(found("dovecot", {USUAL: "", **unit, **script})) == [USUAL, OTHER]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{SYSTEMD}/dovecot.service", "[Service]\nType=oneshot\nExecStart=/usr/local/sbin/serve-mail\n"),
        (f"{SYSTEMD}/dovecot@.service.d/x.conf", "[Service]\nExecStart=/usr/sbin/dovecot -c %h%v\n"),
        (f"{SYSTEMD}/mail.service", "[Service]\nExecStart=/usr/sbin/chroot /srv /usr/sbin/dovecot -F\n"),
        (f"{SYSTEMD}/mail.service", "[Service]\nPassEnvironment=C\nExecStart=/usr/sbin/dovecot -F -c $C\n"),
        (f"{SYSTEMD}/mail.service", "[Service]\nRootImage=/srv/x\nExecStart=/usr/sbin/dovecot -F\n"),
        ("/entrypoint.sh", '#!/bin/sh\nexec dovecot -F "$@"\n'),
        ("/entrypoint.sh", '#!/bin/sh\nexec dovecot -F -c "${CONF:-/etc/dovecot/dovecot.conf}"\n'),
        ("/entrypoint.sh", "#!/bin/sh\nexec dovecot -F -c $(cat /run/which)\n"),
        ("/entrypoint.sh", '#!/bin/sh\nD=$(which dovecot)\nexec "$D" -F -c /srv/d.conf\n'),
        ("/entrypoint.sh", "#!/usr/bin/python3\nos.execv('/usr/sbin/dovecot', args)\n"),
        ("/entrypoint.sh", f"#!/bin/sh\n{'# long' * 15_000}\n{COMMAND}\n"),
        ("/etc/supervisord.conf", "[program:x]\ncommand=dovecot -F -c %(ENV_CONF)s\n"),
        ("/etc/init.d/dovecot", "#!/bin/sh\nserve() {\n  dovecot -c $1\n}\nserve /srv/d.conf\n"),
        ("/etc/rc.local", "cd /srv\ndovecot -c d.conf\n"),
    ],
)
def test_a_start_line_that_is_not_understood_leaves_one_doubt(path: str, text: str) -> None:
    """With its place; the usual file is audited all the same."""
    told = found("dovecot", {USUAL: "", path: text})
    assert [each.instance.config for each in told.found] == [USUAL]
    assert [each.instance.config for each in told.left_out] == [path]
    assert told.left_out[0].why.startswith(f"which main file is run on is not known: {path}")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/cron.d/mail", "0 3 * * * root systemctl restart dovecot ; service dovecot reload\n"),
        ("/etc/cron.daily/mail", "#!/bin/sh\npidof dovecot >/dev/null || echo $HOSTNAME dovecot is down | mail root\n"),
        ("/etc/cron.d/mail", '0 3 * * * root su dovecot -c "doveadm expunge -A $X"; sudo -u dovecot doveadm who\n'),
        ("/etc/cron.d/mail", "0 3 * * * root /usr/local/bin/watch dovecot $X; tar c /etc/dovecot $X\n"),
        ("/entrypoint.sh", '#!/bin/sh\nchown -R dovecot:dovecot /srv "$M"\ninstall -o dovecot "$M" /srv\nexec "$@"\n'),
        ("/entrypoint.sh", '#!/bin/sh\ndovecot --version\ndovecot reload\nmigrate /var/lib/dovecot "$M"\n'),
        ("/etc/init.d/dovecot", "#!/bin/sh\n. /lib/lsb/init-functions\nstart_daemon /usr/sbin/dovecot $OPTIONS\n"),
        (f"{SYSTEMD}/watch.service", "[Service]\nExecStart=/usr/local/bin/watch dovecot $X\n"),
        (f"{SYSTEMD}/dovecot@.service", "[Service]\nExecStart=/usr/sbin/dovecot -F -c /etc/dovecot/%i.conf\n"),
    ],
)
def test_what_only_names_the_server_or_starts_it_as_usual_is_no_doubt(path: str, text: str) -> None:
    """Restarts, accounts, folders; a template of which there is no instance."""
    assert mains(found("dovecot", {USUAL: "", path: text})) == [USUAL]


def test_an_instance_of_a_template_counts_by_its_name() -> None:
    """As its link among those that are wanted says it, or what is dropped in for it."""
    template = {f"{SYSTEMD}/dovecot@.service": "[Service]\nExecStart=/usr/sbin/dovecot -F -c /srv/%i.conf\n"}
    wanted = {f"{SYSTEMD}/multi-user.target.wants/dovecot@d.service": ""}
    assert mains(found("dovecot", {USUAL: "", **template, **wanted})) == [USUAL, OTHER]
    dropped = {f"{SYSTEMD}/dovecot@d.service.d/x.conf": "[Service]\nNice=5\n"}
    assert mains(found("dovecot", {USUAL: "", **template, **dropped})) == [USUAL, OTHER]


def test_a_file_of_variables_is_read_as_systemd_reads_it() -> None:
    """systemd.exec(5): what is not quoted goes to the end of the line, blanks at its end taken away."""
    unit = {f"{SYSTEMD}/mail.service": "[Service]\nEnvironmentFile=/etc/mail\nExecStart=/usr/sbin/dovecot $OPTIONS\n"}
    told = {"/etc/mail": f"; of the site\nOPTIONS=-F -c {OTHER}  \n"}
    assert mains(found("dovecot", {USUAL: "", **unit, **told})) == [USUAL, OTHER]
    unclosed = found("dovecot", {USUAL: "", **unit, "/etc/mail": f"OPTIONS='-F -c {OTHER}\n"})
    assert [each.instance.config for each in unclosed.left_out] == list(unit)


def test_what_the_manager_gives_to_all_services_counts() -> None:
    """systemd-system.conf(5): DefaultEnvironment, of which a service may take away."""
    given = {"/etc/systemd/system.conf.d/mail.conf": "[Manager]\nDefaultEnvironment=MAIL_CONFIG=/srv/p\n"}
    unit = {f"{SYSTEMD}/postfix.service": "[Service]\nExecStart=/usr/sbin/postfix start\n"}
    assert mains(found("postfix", given | unit)) == ["/srv/p/main.cf"]
    without = {path: f"{text}UnsetEnvironment=MAIL_CONFIG\n" for path, text in unit.items()}
    assert mains(found("postfix", {"/etc/postfix/main.cf": "", **given, **without})) == ["/etc/postfix/main.cf"]


@pytest.mark.parametrize(
    ("product", "command", "named"),
    [
        ("postfix", "MAIL_CONFIG=/srv/p /usr/sbin/postfix start-fg", "/srv/p/main.cf"),
        ("postfix", "export MAIL_CONFIG=/srv/p\npostmulti -i - -p start", "/srv/p/main.cf"),
        ("exim", "/usr/exim/bin/exim-4.96-1 -bd -q15m -C /srv/e.conf", "/srv/e.conf"),
        ("cyrus", "/usr/lib/cyrus/bin/master -C /srv/imapd.conf -d", "/srv/imapd.conf"),
        ("cyrus", "/usr/libexec/cyrus-imapd/cyrus-master -C /srv/imapd.conf", "/srv/imapd.conf"),
    ],
)
def test_each_product_is_known_by_its_programs(product: str, command: str, named: str) -> None:
    """In a script, as in a unit."""
    assert mains(found(product, {"/etc/rc.local": f"#!/bin/sh\n{command}\n"})) == [named]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/inetd.conf", "smtp stream tcp nowait mail /usr/sbin/exim4 exim4 -bs -C /srv/e.conf\n"),
        (f"{SYSTEMD}/exim@.service", "[Service]\nExecStart=-/usr/sbin/exim -bs -C /srv/e.conf\nStandardInput=socket\n"),
    ],
)
def test_exim_may_be_started_for_each_connection(path: str, text: str) -> None:
    """By inetd, or by a socket of systemd's: its template's instances are the connections."""
    socket = {f"{SYSTEMD}/exim.socket": "[Socket]\nListenStream=25\nAccept=yes\n"}
    assert mains(found("exim", {path: text, **socket})) == ["/srv/e.conf"]


def test_another_start_line_does_not_take_the_place_of_the_distribution_s() -> None:
    """What Debian's script takes from its file counts, where the copy has the file and no script."""
    given = {"/etc/default/exim4": "SMTPLISTENEROPTIONS='-C /srv/e.conf'\n", "/etc/cron.d/x": "@daily root exim4 -bd\n"}
    assert mains(found("exim", given)) == ["/srv/e.conf"]


def test_sendmail_may_be_exim_where_exim_is_there() -> None:
    """And is no doubt where it is not, nor where it is started as usual."""
    unit = {"/lib/systemd/system/sendmail.service": "[Service]\nExecStart=/usr/sbin/sendmail -bd -C /srv/s.cf\n"}
    exim = {"/etc/exim4/exim4.conf": ""}
    assert [each.instance.config for each in found("exim", exim | unit).left_out] == list(unit)
    assert found("exim", unit).left_out == ()
    usual = {path: text.replace(" -C /srv/s.cf", "") for path, text in unit.items()}
    assert mains(found("exim", exim | usual)) == list(exim)


# Shaped as Debian 12 and 13, Ubuntu and Fedora install them.
SHIPPED = {
    "dovecot": {
        "/lib/systemd/system/dovecot.service": "ExecStartPre=/usr/libexec/dovecot/prestartscript\n"
        "ExecStart=/usr/sbin/dovecot -F\nPrivateTmp=true\nProtectSystem=full\n",
        "/lib/systemd/system/dovecot-init.service": "Type=oneshot\nExecStart=/usr/libexec/dovecot/mkcert.sh\n",
        "/etc/init.d/dovecot": "#! /bin/sh\nNAME=dovecot\nDAEMON=/usr/sbin/dovecot\nCONF=/etc/dovecot/${NAME}.conf\n"
        "[ -r /etc/default/$NAME ] && . /etc/default/$NAME\nPIDFILE=`doveconf -n -c ${CONF} -h base_dir`/pid\n"
        "do_start()\n{\n  start-stop-daemon --start --pidfile $PIDFILE --exec $DAEMON -- -c ${CONF} $DAEMON_ARGS\n}\n",
        "/etc/default/dovecot": "#ALLOW_COREDUMPS=1\n",
        "/etc/dovecot/dovecot.conf": "",
    },
    "postfix": {
        "/lib/systemd/system/postfix.service": "Type=forking\nEnvironmentFile=-/etc/sysconfig/network\n"
        "ExecStartPre=-/usr/libexec/postfix/aliasesdb\nExecStart=/usr/sbin/postfix start\n",
        "/usr/lib/systemd/system/postfix@.service": "Environment=MAIL_CONFIG=/etc/postfix-%I\n"
        "ExecStartPre=+postfix check\nExecStart=postfix debian-systemd-start\n",
        "/etc/systemd/system/postfix@-.service.d/x.conf": "ExecStart=\nExecStart=/usr/sbin/postmulti -i %i -p start\n",
        "/etc/init.d/postfix": "#!/bin/sh -e\nDAEMON=/usr/sbin/postfix\nfor INSTANCE in $(enabled_instances); do\n"
        '  CMD="/usr/sbin/postmulti -- -i $INSTANCE -x ${DAEMON}"\n  start-stop-daemon --start --exec $CMD start\n'
        "done\ncase $1 in\ncheck|abort)\n  ${DAEMON} $1\n;;\n*)\n  $DAEMON ${1#force-} || exit 1\nesac\n",
        "/etc/postfix/main.cf": "",
    },
    "exim": {
        "/lib/systemd/system/exim4.service": 'Environment="EXIMSERVICE=-bdf -q30m" "UPEX4OPTS="\n'
        "EnvironmentFile=-/etc/default/exim4\nExecStartPre=/usr/sbin/update-exim4.conf $UPEX4OPTS\n"
        "ExecStart=/usr/sbin/exim4 $EXIMSERVICE\n",
        "/usr/lib/systemd/system/exim.service": "Environment=QUEUE=1h\nEnvironmentFile=-/etc/sysconfig/exim\n"
        "ExecStartPre=-/usr/libexec/exim-gen-cert\nExecStart=/usr/sbin/exim -bd -q${QUEUE}\n",
        "/lib/systemd/system/exim4-base.service": "Type=oneshot\nExecStart=/etc/cron.daily/exim4-base systemd-timer\n",
        "/etc/init.d/exim4": "#! /bin/sh\nQUEUEINTERVAL=30m\n[ -f /etc/default/exim4 ] && . /etc/default/exim4\n"
        'DAEMON="/usr/sbin/exim4"\nstart_exim() {\n  case ${QUEUERUNNER} in combined)\n    start_daemon -p "$P" \\\n'
        '    "$DAEMON" -bd "-q${QFLAGS}${QUEUEINTERVAL}" ${COMMONOPTIONS} ${SMTPLISTENEROPTIONS};; esac\n}\n',
        "/etc/cron.daily/exim4-base": '#!/bin/sh\nD="$(exim4 -bP spool_directory | sed s/x//)"\nexim4 "${TO}" <$D\n',
        "/etc/default/exim4": "QUEUERUNNER='combined'\nCOMMONOPTIONS=''\nSMTPLISTENEROPTIONS=''\n",
        "/var/lib/exim4/config.autogenerated": "",
    },
    "cyrus": {
        "/usr/lib/systemd/system/cyrus-imapd.service": "EnvironmentFile=/etc/sysconfig/cyrus-imapd\n"
        "ExecStartPre=/usr/libexec/cyrus-imapd/cvt\nExecStart=/usr/libexec/cyrus-imapd/cyrus-master $CYRUSOPTIONS\n",
        "/etc/sysconfig/cyrus-imapd": 'CYRUSOPTIONS=""\n',
        "/etc/init.d/cyrus-imapd": "#! /bin/sh\nDAEMON=/usr/sbin/cyrmaster\nunset CONF\n. /etc/default/cyrus-imapd\n"
        'OPTIONS="${OPTIONS} -d"\n[ "x${CONF}" != "x" ] && OPTIONS="-C ${CONF} ${OPTIONS}"\n'
        "start-stop-daemon --start --exec $DAEMON -- \\\n  $OPTIONS\n",
        "/etc/default/cyrus-imapd": 'OPTIONS=""\n#CONF=/etc/imapd.conf\n',
        "/etc/imapd.conf": "",
    },
}


@pytest.mark.parametrize("product", list(SHIPPED))
def test_what_distributions_ship_leaves_no_doubt(product: str) -> None:
    """The usual main file, and it once; also where all four are installed."""
    usual = list(SHIPPED[product])[-1]
    assert mains(found(product, SHIPPED[product])) == [usual]
    assert mains(found(product, {path: text for files in SHIPPED.values() for path, text in files.items()})) == [usual]
