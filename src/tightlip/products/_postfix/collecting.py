"""What of Postfix' configuration is read: main.cf, master.cf, and the `smtpd.conf` of its Cyrus SASL."""

import re
from collections.abc import Generator, Iterator

from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.products import _gss_lists
from tightlip.products._gss_config import GSS_MECH_CONFIG, Named, imported
from tightlip.products._postfix import distribution
from tightlip.products._postfix.chrooting import root_of
from tightlip.products._postfix.services import MOST_INTERFACES, SmtpService, smtp_services
from tightlip.products._postfix.settings import MOST_SERVICES, Config, config_of, master_path, words_of
from tightlip.products._product import (
    NO_FILE,
    Absent,
    Answer,
    ConfigFile,
    Files,
    Instance,
    Missing,
    Need,
    ReadFile,
    Request,
    SeeFiles,
)
from tightlip.products._sasl_plugins import SASL_PATH, Seen, plugins, sasl_path_of
from tightlip.syntax.lenses.columns import MASTER_CF
from tightlip.syntax.lenses.folded import MAIN_CF, SASL_CONF
from tightlip.syntax.reading import Kind, Lens

CYRUS = "cyrus"
DOVECOT = "dovecot"

_MOST_APPLICATIONS = 20
_MOST_JAILS = 20
# Words of a list, parted by commas and blanks, or { NAME = value }; without a value the variable of the start stays.
# The library's own list of folders for an application's configuration (sasl.h).
_SASL_CONF_PATH = "SASL_CONF_PATH"
_SASL_PATH, _GSS_MECH_CONFIG = (
    re.compile(rf"(?<![^\s,{{]){name}(?:\s*=\s*([^\s,}}]*)|(?=[\s,}}]|\Z))") for name in (SASL_PATH, GSS_MECH_CONFIG)
)


def collect(instance: Instance) -> Generator[Request, Answer, Files]:
    """Ask for the two files of the instance, then for those of the SASL back end that they name."""
    files, missing = list[ConfigFile](), list[Missing]()
    for path, role, lens in ((instance.config, "main", MAIN_CF), (master_path(instance), "master", MASTER_CF)):
        yield from _read(path, role, lens, files, missing)
    config = config_of(Files(instance=instance, files=tuple(files)))
    asked = {application: service for service in logins(config) if (application := application_of(service))}
    seen, values = list[str](), dict[str, str]()
    if asked:
        there, values = yield from distribution.asked()
        seen += there
        installed = yield from _plugins(config)
        seen += installed.paths
        missing += installed.missing
    build = distribution.build_of(replace(config.files, seen=tuple(seen), values=values))
    for application, service in list(asked.items())[:_MOST_APPLICATIONS]:
        candidates = distribution.candidates(config, application, build)
        yield from _read_sasl(application, service.get("smtpd_sasl_path").place, candidates, files, missing)
        beside = distribution.beside(config.files, application)
        if beside not in candidates:
            found = yield SeeFiles(beside)
            seen += found if isinstance(found, tuple) else ()
    told = replace(config.files, files=tuple(files), missing=tuple(missing), seen=tuple(seen), values=values)
    jails = tuple(dict.fromkeys(filter(None, (root_of(each).jail for each in logins(config) if application_of(each)))))
    told = replace(told, cut=_cut(config, len(asked), len(jails)))
    return (yield from _gss_lists.joined(told, _gss_config(config), jails[:_MOST_JAILS]))


def logins(config: Config) -> Iterator[SmtpService]:
    """The services with AUTH switched on."""
    return (service for service in smtp_services(config) if service.takes_logins)


def application_of(service: SmtpService) -> str | None:
    """The name of the application's file without `.conf`, where Cyrus SASL decides on the service's logins."""
    setting = service.get("smtpd_sasl_path")
    is_name = bool(setting.value) and not setting.doubt and "\0" not in setting.value
    return setting.value if is_name and service.get("smtpd_sasl_type").value.lower() == CYRUS else None


def sasl_files(files: Files, application: str) -> list[ConfigFile]:
    """The files of an application, the one that takes effect first."""
    return [file for file in files.files if file.role == _role(application)]


def sasl_path(files: Files, application: str) -> str:
    """Where the application's file stands, or would have to."""
    found = sasl_files(files, application)
    return found[0].path if found else distribution.wanted(config_of(files), application)


def sasl_is_unread(files: Files, application: str) -> bool:
    """Whether the application's file was not read, or not whole: a list may stand there that is not known."""
    name = f"/{application}.conf"
    if any(gone.need is Need.REQUIRED and gone.path.endswith(name) for gone in files.missing):
        return True
    return any(not file.reading.is_whole for file in sasl_files(files, application)[:1])


def _read_sasl(
    application: str, place: Place, candidates: tuple[str, ...], files: list[ConfigFile], missing: list[Missing]
) -> Generator[Request, Answer, None]:
    """The files of an application; one that may be there and cannot be read is missed before those behind it."""
    is_found = False
    for path in candidates:
        answer = yield ReadFile(path, Need.OPTIONAL)
        if isinstance(answer, bytes):
            is_found = True
            files.append(ConfigFile(path=path, role=_role(application), reading=SASL_CONF.read(answer)))
        elif isinstance(answer, Absent) and (answer.hidden or answer == NO_FILE) and not is_found:
            is_found = True
            missing.append(Missing(path=path, why=answer.why, need=Need.REQUIRED, file=place.file, line=place.line))
    if not is_found:
        why = "no file of this name where Postfix looks for it"
        missing.append(Missing(path=candidates[0], why=why, need=Need.OPTIONAL, file=place.file, line=place.line))


def _read(
    path: str, role: str, lens: Lens, files: list[ConfigFile], missing: list[Missing]
) -> Generator[Request, Answer, None]:
    answer = yield ReadFile(path)
    if isinstance(answer, bytes):
        files.append(ConfigFile(path=path, role=role, reading=lens.read(answer)))
    else:
        why = answer.why if isinstance(answer, Absent) else "not a file"
        missing.append(Missing(path=path, why=why, need=Need.REQUIRED))


def _plugins(config: Config) -> Generator[Request, Answer, Seen]:
    """Those that smtpd finds: by a SASL_PATH that import_environment sets, or lets through from master's start."""
    setting, instance = config.globally("import_environment"), config.files.instance
    of_the_start = sasl_path_of(instance)
    words = [found[1] for found in _SASL_PATH.finditer(setting.value)]
    if _SASL_CONF_PATH in setting.value:
        why = "import_environment has Cyrus SASL look there for smtpd.conf, before the usual folders"
        place = setting.place
        return Seen((), (Missing(path=_SASL_CONF_PATH, why=why, need=Need.REQUIRED, file=place.file, line=place.line),))
    if not words:
        return (yield from plugins(""))
    if words[-1] is None and not of_the_start and instance.pid is None:
        why = "import_environment takes it from the environment that Postfix is started with, which was not seen"
        gone = Missing(path=SASL_PATH, why=why, need=Need.REQUIRED, file=setting.place.file, line=setting.place.line)
        return Seen((), (gone,))
    return (yield from plugins(of_the_start if words[-1] is None else words[-1], setting.place))


def _gss_config(config: Config) -> Named:
    """Which list of mechanisms the GSSAPI library reads in smtpd, by import_environment as above."""
    setting, instance = config.globally("import_environment"), config.files.instance
    words = [found[1] for found in _GSS_MECH_CONFIG.finditer(setting.value)]
    if setting.doubt and not words:
        return Named(
            doubt=f"import_environment depends on {setting.doubt}, which was not worked out", place=setting.place
        )
    # A name of what the running master was not given is nothing.
    is_given = instance.pid is None or GSS_MECH_CONFIG in instance.places
    return imported([each for each in words if each is not None or is_given], instance, setting.place)


def _cut(config: Config, applications: int, jails: int) -> str:
    """Why not all of it is looked at."""
    master = config.master.reading.entries if config.master else ()
    if sum(each.kind is Kind.BLOCK for each in master) > MOST_SERVICES:
        return f"more than {MOST_SERVICES} services"
    if len(words_of(config.globally("inet_interfaces"))) > MOST_INTERFACES:
        return f"more than {MOST_INTERFACES} interfaces"
    if jails > _MOST_JAILS:
        return f"more than {_MOST_JAILS} queue directories"
    return f"more than {_MOST_APPLICATIONS} SASL applications" if applications > _MOST_APPLICATIONS else ""


def _role(application: str) -> str:
    return f"sasl {application}"
