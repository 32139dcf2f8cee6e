"""Main files that a copied host's start lines name: what would run on them is audited, or said to be unknown."""

import pytest

from tests.unit.workflows.audited import DictHost
from tightlip import registry
from tightlip.hosts._host import Reach
from tightlip.products._product import Product
from tightlip.workflows.discovery import Discovery, discover

UNIT = "/lib/systemd/system/dovecot.service"
DROPPED_IN = "/etc/systemd/system/dovecot.service.d/override.conf"
USUAL = "/etc/dovecot/dovecot.conf"
CYRUS = "/lib/systemd/system/cyrus-imapd.service"
# As Debian 12 has it.
DEBIANS = """[Service]
Environment=LISTENQUEUE=32 CONF=/etc/imapd.conf MASTERCONF=/etc/cyrus.conf
EnvironmentFile=/etc/default/cyrus-imapd
ExecStart=/usr/sbin/cyrmaster -l $LISTENQUEUE -C $CONF -M $MASTERCONF $OPTIONS
"""


def found(product: str, files: dict[str, str], reach: Reach = Reach.COPIED) -> Discovery:
    """What there is of a product on a host with these files."""
    host = DictHost(files={path: text.encode() for path, text in files.items()}, reach=reach)
    return discover(host, product, registry.pick("products", product, Product), ())


def mains(told: Discovery) -> list[str]:
    """The main files of what was found, where nothing is unknown."""
    assert told.left_out == ()
    return [each.instance.config for each in told.found]


@pytest.mark.parametrize(
    "command",
    [
        "/usr/sbin/dovecot -F -c /etc/dovecot/site.conf",
        "-@/usr/sbin/dovecot dovecot -F -c/etc/dovecot/site.conf",
        '/usr/sbin/dovecot -F \\\n  -c "/etc/dovecot/site.conf"',
    ],
)
def test_what_a_unit_starts_is_found_beside_the_usual_file(command: str) -> None:
    """Dropped in, with or without the unit itself, which a copy of /etc alone has not."""
    files = {USUAL: "", DROPPED_IN: f"[Service]\nExecStart=\nExecStart={command}\n"}
    assert mains(found("dovecot", files)) == [USUAL, "/etc/dovecot/site.conf"]
    plain = {UNIT: "[Service]\nExecStart=/usr/sbin/dovecot -F -c /etc/old.conf\n"}
    assert mains(found("dovecot", files | plain)) == [USUAL, "/etc/dovecot/site.conf"]
    assert mains(found("dovecot", {USUAL: "", UNIT: "[Service]\nExecStart=/usr/sbin/dovecot -F\n"})) == [USUAL]


def test_a_unit_of_the_administrator_hides_the_distribution_s() -> None:
    """systemd.unit(5): the first of its name is read."""
    site = {UNIT.replace("/lib/", "/etc/"): "[Service]\nExecStart=/usr/sbin/dovecot -F\n"}
    old = {UNIT: "[Service]\nExecStart=/usr/sbin/dovecot -F -c /etc/old.conf\n"}
    assert mains(found("dovecot", {USUAL: "", **old, **site})) == [USUAL]


@pytest.mark.parametrize("unit", [{}, {CYRUS: DEBIANS}], ids=["script", "unit"])
def test_variables_of_a_file_name_both_files_of_cyrus(unit: dict[str, str]) -> None:
    """Debian's unit and its script take them from /etc/default."""
    given = {"/etc/default/cyrus-imapd": "# x\nCONF=/srv/imapd.conf\nMASTERCONF='/srv/cyrus.conf'\nOPTIONS=\"\"\n"}
    usual, other = found("cyrus", {"/etc/imapd.conf": "", **unit, **given}).found
    assert (usual.instance.config, other.instance.config) == ("/etc/imapd.conf", "/srv/imapd.conf")
    assert other.instance.places["cyrus.conf"] == "/srv/cyrus.conf"


def test_other_services_of_the_usual_file_are_its_own() -> None:
    """One instance, with the cyrus.conf that is started, and where its plugins are."""
    given = {"/etc/default/cyrus-imapd": "MASTERCONF=/srv/cyrus.conf\nSASL_PATH=/srv/sasl2\n"}
    (only,) = found("cyrus", {"/etc/imapd.conf": "", **given}).found
    assert only.instance.places["cyrus.conf"] == "/srv/cyrus.conf"
    assert only.instance.places["SASL_PATH"] == "/srv/sasl2"


@pytest.mark.parametrize(
    ("product", "files", "named"),
    [
        ("exim", {"/etc/default/exim4": "COMMONOPTIONS='-C /srv/exim.conf'\n"}, "/srv/exim.conf"),
        (
            "exim",
            {
                "/lib/systemd/system/exim4-base.service": "[Service]\nExecStart=/etc/cron.daily/exim4-base\n",
                "/etc/default/exim4": "SMTPLISTENEROPTIONS='-C /srv/e.conf'\n",
            },
            "/srv/e.conf",
        ),
        ("exim", {"/etc/systemd/system/exim.service": "ExecStart=/usr/sbin/exim -bd -C /srv/e.conf\n"}, "/srv/e.conf"),
        (
            "postfix",
            {"/etc/systemd/system/postfix.service": "ExecStart=/usr/sbin/postfix -c /srv/p start\n"},
            "/srv/p/main.cf",
        ),
        (
            "postfix",
            {
                "/etc/systemd/system/postfix-b.service": "EnvironmentFile=-/etc/b\nExecStart=postfix start\n",
                "/etc/b": "MAIL_CONFIG=/srv/p\n",
            },
            "/srv/p/main.cf",
        ),
    ],
)
def test_each_product_s_own_flags_count(product: str, files: dict[str, str], named: str) -> None:
    """As they do where it runs."""
    assert mains(found(product, files)) == [named]


@pytest.mark.parametrize(
    "files",
    [
        {CYRUS: DEBIANS},
        {"/etc/default/cyrus-imapd": "if true; then CONF=/srv/imapd.conf; fi\n"},
        {"/etc/default/cyrus-imapd": "CONF=$HOME/imapd.conf\n"},
        {CYRUS: 'ExecStart=/usr/sbin/cyrmaster -C "/srv/imapd.conf\n'},
        {CYRUS: "EnvironmentFile=/etc/cyrus/*.env\nExecStart=/usr/sbin/cyrmaster -C $CONF\n"},
        {CYRUS: "RootDirectory=/srv/cyrus\nExecStart=\n"},
        {CYRUS: "BindReadOnlyPaths=/srv/imapd.conf:/etc/imapd.conf\n"},
        {CYRUS: "Type=notify\nExecStart=/usr/local/bin/start-cyrus\n"},
    ],
    ids=["file-not-copied", "command", "computed", "quote", "pattern", "root", "bound", "wrapper"],
)
def test_a_start_line_that_was_not_read_is_unread(files: dict[str, str]) -> None:
    """Another main file may be meant: what is found at the usual place is not all."""
    told = found("cyrus", {"/etc/imapd.conf": "", **files})
    assert [each.instance.config for each in told.found] == ["/etc/imapd.conf"]
    assert [each.instance.config for each in told.left_out] == list(files)


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("postfix.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"),
        ("postfix-resolvconf.service", "[Service]\nExecStart=/etc/resolvconf/update-libc.d/postfix\n"),
    ],
)
def test_what_debian_starts_beside_the_server_is_no_doubt(unit: str, text: str) -> None:
    """An empty unit that others hang on, and a script that runs once."""
    files = {"/etc/postfix/main.cf": "", f"/lib/systemd/system/{unit}": text}
    assert mains(found("postfix", files)) == ["/etc/postfix/main.cf"]


def test_what_is_dropped_in_for_all_services_counts() -> None:
    """systemd.unit(5): service.d, of which a file of the unit's own with the same name takes the place."""
    plain = {UNIT: "ExecStart=/usr/sbin/dovecot -F $OPTIONS\n"}
    of_all = {"/etc/systemd/system/service.d/site.conf": "Environment=OPTIONS='-c /srv/d.conf'\n"}
    assert mains(found("dovecot", plain | {USUAL: ""} | of_all)) == [USUAL, "/srv/d.conf"]
    own = {DROPPED_IN.replace("override", "site"): "Environment=OPTIONS=\n"}
    assert mains(found("dovecot", plain | {USUAL: ""} | of_all | own)) == [USUAL]


def test_a_macro_of_exim_s_command_line_is_a_doubt() -> None:
    """In a copy, too."""
    unit = {"/lib/systemd/system/exim4.service": "ExecStart=/usr/sbin/exim4 -bdf -DNTLM=yes\n"}
    told = found("exim", {"/etc/exim4/exim4.conf": "", **unit})
    assert ["-DNTLM" in note.text for each in told.found for note in each.notes] == [True]


def test_a_comment_within_a_line_that_goes_on_is_passed_over() -> None:
    """systemd.syntax(7)."""
    line = "ExecStart=/usr/sbin/dovecot -F \\\n# of the site\n;its own\n  -c /srv/d.conf\n"
    assert mains(found("dovecot", {UNIT: line})) == ["/srv/d.conf"]


def test_commands_that_name_no_file_are_no_doubt() -> None:
    """A limit that the script sets."""
    assert mains(found("dovecot", {USUAL: "", "/etc/default/dovecot": "ulimit -n 4096\n"})) == [USUAL]


def test_on_a_live_host_the_processes_say_it() -> None:
    """What is not started is not there."""
    files = {USUAL: "", DROPPED_IN: "[Service]\nExecStart=/usr/sbin/dovecot -F -c /etc/dovecot/site.conf\n"}
    assert mains(found("dovecot", files, Reach.LIVE)) == [USUAL]
