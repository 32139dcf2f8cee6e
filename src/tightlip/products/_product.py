"""What a product plug describes: its files, what they mean, the edits that mend them, and its own commands.

A plug is pure. It asks for files as a dialogue asks for lines: ``collect`` is a generator that yields requests and is
sent the answers, so that the same plug reads a live host, a copied tree, or a test's dictionary.
"""

from collections.abc import Callable, Generator, Mapping
from enum import Enum

from msgspec import UNSET, Struct, UnsetType

from tightlip.model.finding import Place
from tightlip.model.posture import Posture
from tightlip.model.remedy import Remedy
from tightlip.products._trial import Trial
from tightlip.syntax.reading import Reading
from tightlip.syntax.spans import Splice


class Process(Struct, frozen=True):
    """A running process as far as a plug may look at it: its arguments and environment (None: kept from us).

    ``foreign``: it is no server of root's, nor ours, so that files it names count only where nobody else writes them.
    ``user`` is then its account, where known; ``serves``: it holds a listening socket that root, or this account, has
    made. ``elsewhere`` says why its paths are none of this host's. ``program`` is the file that it executes, if known.
    ``own`` are folders that it has for itself, such as a ``/tmp``.
    """

    pid: int
    argv: tuple[str, ...]
    environment: Mapping[str, str] | None = {}
    foreign: bool = False
    user: str = ""
    elsewhere: str = ""
    program: str = ""
    own: tuple[str, ...] = ()
    serves: bool = False


class Instance(Struct, frozen=True, kw_only=True):
    """One installation of a product on a host: its main file, and other places that its arguments name.

    All are absolute, but where a process names a relative one. ``places`` are by the plug's own names, ``pid`` is the
    master's. ``arguments`` (Exim: ``-oX``) take the place of settings; unset for none, so plans keep their hash.
    """

    product: str
    config: str
    places: Mapping[str, str] = {}
    arguments: Mapping[str, str] | UnsetType = UNSET
    pid: int | None = None


class Need(Enum):
    """Whether a file that is not there is worth a note."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class ReadFile(Struct, frozen=True):
    """A request of ``collect``: the bytes of one file (absolute path), or Absent."""

    path: str
    need: Need = Need.REQUIRED


class ListFiles(Struct, frozen=True):
    """A request of ``collect``: the files that match a shell pattern (absolute), sorted, perhaps none, to be read.

    Behind them stands what may be more of them and will not be read, when that is asked for: a link that leads
    nowhere, a folder that is kept from us, a FIFO.
    """

    pattern: str


class SeeFiles(Struct, frozen=True):
    """A request of ``collect``: the files that match a pattern, where it is enough that they are there."""

    pattern: str


class Absent(Struct, frozen=True):
    """The answer where a file is not there or cannot be read, and why, in the machine's words.

    ``hidden``: it may be there all the same, and was not read; what it says is not known.
    """

    why: str
    hidden: bool = False


# The answer for a folder.
NO_FILE = Absent("it is no regular file")
# What a server might read from these is not known, and they are never opened: a FIFO would wait for a writer.
SPECIAL = Absent("it is a FIFO, a socket or a device", hidden=True)
NO_FOLDER = "it is there, and is no folder"  # said of what stands where a folder is looked into


def is_no_folder(answer: Absent) -> bool:
    """Whether a folder could not be looked into since it, or what it would be in, is none."""
    return answer.why.lower().startswith("not a directory")


Request = ReadFile | ListFiles | SeeFiles
Answer = bytes | Absent | tuple[str, ...]


class ConfigFile(Struct, frozen=True, kw_only=True):
    """One file, read by its lens; ``role`` is the plug's own word for what it is (``main``, ``include``, …)."""

    path: str
    role: str
    reading: Reading


class Missing(Struct, frozen=True, kw_only=True):
    """A file of a role that is named, in ``line`` of ``file``, and was not there."""

    path: str
    why: str
    need: Need
    file: str | None = None
    line: int | None = None
    role: str = ""


class Files(Struct, frozen=True, kw_only=True):
    """All that an instance's configuration consists of, the main file first, includes in the order they are met.

    ``seen`` are files that were only listed and never read: SASL plugins, by which one knows what is installed.
    ``listed`` is what the patterns came to that includes name (of plugs that look at it again). ``values`` are the
    contents of files, by path, that stand for the value of a setting.
    ``cut`` says why not all that is named was read or listed, for it was too much; such an instance is never edited.
    ``unseen`` is what of the host's own, beside the product's files, would tell more and could not be looked at.
    ``live``: what is not there is not there; of a host's copy it may not have been copied.
    """

    instance: Instance
    files: tuple[ConfigFile, ...]
    missing: tuple[Missing, ...] = ()
    version: str | None = None
    seen: tuple[str, ...] = ()
    listed: Mapping[str, tuple[str, ...]] = {}
    values: Mapping[str, str] = {}
    cut: str = ""
    unseen: tuple[Missing, ...] = ()
    live: bool = False


class Hunk(Struct, frozen=True):
    """One splice and why it is made, in words for the person who reads the diff."""

    splice: Splice
    reason: str


class FileEdit(Struct, frozen=True, kw_only=True):
    """Hunks for one file, in order, and the sha256 of its text before and after."""

    path: str
    hunks: tuple[Hunk, ...]
    before: str
    after: str


class Invoke(Struct, frozen=True, kw_only=True):
    """A change made by a command of the product's own instead of a file (Exchange): what does it, what undoes it."""

    what: str
    do: str
    undo: str


class Advice(Struct, frozen=True, kw_only=True):
    """What a person has to do or to know: the block that can only be advised on, the source of a managed file."""

    text: str
    place: Place | None = None


class Declined(Struct, frozen=True, kw_only=True):
    """The remedy cannot be carried out: nothing of it is planned, and ``plan`` refuses with this."""

    why: str
    place: Place | None = None


class Mending(Struct, frozen=True, kw_only=True):
    """What carries out a remedy in the product's terms; all empty: there is nothing to do."""

    edits: tuple[FileEdit, ...] = ()
    invocations: tuple[Invoke, ...] = ()
    advice: tuple[Advice, ...] = ()


class Command(Struct, frozen=True):
    """A program of the product's own with its arguments; no shell stands between."""

    argv: tuple[str, ...]


class Hup(Struct, frozen=True):
    """SIGHUP to the instance's master process, for products whose reload is this and nothing else.

    ``programs`` are the ends of its program's path (``cyrus/bin/master``), for scripts that look for it themselves.
    """

    programs: tuple[str, ...] = ()


class Commands(Struct, frozen=True, kw_only=True):
    """What is run on a live host, each with the flag that names the instance's configuration.

    ``effective`` are the product's own views of its settings. ``check`` must fail, or complain, where the
    configuration cannot work. ``reload`` lets connections go on where the product can.
    """

    version: Command | None = None
    effective: tuple[Command, ...] = ()
    check: tuple[Command, ...] = ()
    reload: Command | Hup | None = None


class Ran(Struct, frozen=True):
    """What a command came to: its exit status and its output, both streams together, at most a megabyte."""

    command: Command
    status: int
    output: str


class Contradiction(Struct, frozen=True, kw_only=True):
    """The files say one thing, the product's own view another."""

    setting: str
    written: str | None
    effective: str | None
    place: Place | None = None


class Starts(Struct, frozen=True, kw_only=True):
    """How a host that does not run starts a product, as far as that names its files.

    ``programs`` (a regular expression) start it, ``aliases`` may be one of them; ``probes`` are options that count.
    ``recognise`` is there where that is not yet the master. ``units`` are patterns, ``main`` those of the server.
    Without a start line a script starts ``command``, with what the files of ``variables`` give it.
    """

    programs: str
    units: tuple[str, ...]
    main: tuple[str, ...]
    probes: tuple[str, ...] = ()
    aliases: Mapping[str, str] = {}
    variables: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    recognise: Callable[[Process], Instance | None] | None = None


class Product(Struct, frozen=True, kw_only=True):
    """One product.

    ``homes`` are main files' usual places; ``parts`` are patterns of files that only make sense beside such a one, by
    its path: where they stand without it, the product is there and not read. ``recognise`` gives the instance that a
    process runs, None for a process of anything else. ``edit``, asked twice, does nothing the second time.
    ``complaints`` reads the output of a check: what is wrong, empty for a configuration that passes. ``order``: lower
    ones are reloaded first (Dovecot before the Postfix that asks it). ``foresee`` is there where changes are
    invocations: the files as they would be collected after them. ``whose`` is there where files are read far from what
    they tell of: the name of that, None where they do not say it. ``accounts`` are those that its master gives root's
    rights up for. ``further`` are instances that one's files name. ``variables`` of a process's environment name files
    of its. ``starts`` tells where a copy of a host says which files it would run on. ``unsaid`` says what the arguments
    of a process change in the meaning of its files. ``before`` are main files that a process takes where they are
    there, and not the one that ``recognise`` gives. ``ends_of_hup`` says why a process that runs one would not live
    through SIGHUP, None where it would. ``trial`` tells how it is started beside the running service, or why not.
    """

    title: str
    homes: tuple[str, ...]
    recognise: Callable[[Process], Instance | None]
    collect: Callable[[Instance], Generator[Request, Answer, Files]]
    posture: Callable[[Files], Posture]
    edit: Callable[[Files, Remedy], Mending | Declined]
    commands: Callable[[Instance], Commands]
    read_version: Callable[[str], str | None]
    compare: Callable[[Files, tuple[Ran, ...]], tuple[Contradiction, ...]]
    complaints: Callable[[Ran], tuple[str, ...]]
    order: int = 0
    vendor_page: str = ""
    foresee: Callable[[Files, tuple[Invoke, ...]], Files] | None = None
    whose: Callable[[Files], str | None] | None = None
    accounts: tuple[str, ...] = ()
    further: Callable[[Files], tuple[Instance, ...]] | None = None
    parts: Mapping[str, tuple[str, ...]] = {}
    variables: tuple[str, ...] = ()
    starts: Starts | None = None
    unsaid: Callable[[Process], str] | None = None
    before: Mapping[str, tuple[str, ...]] = {}
    ends_of_hup: Callable[[Process], Generator[ReadFile, bytes | Absent, str | None]] | None = None
    trial: Callable[[Files], Generator[Command, Ran | Absent, Trial | str]] | None = None
