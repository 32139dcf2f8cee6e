"""What a product's own commands say of its files: that they mean something else, or that it does not take them."""

from msgspec import Struct

from tightlip.hosts._host import Host
from tightlip.model.posture import Note, NoteKind
from tightlip.products._own_words import Refusal, refusal
from tightlip.products._product import Absent, Contradiction, Files, Product, Ran


class OwnView(Struct, frozen=True):
    """The notes of it; ``refused`` says why the product would not start with these files, empty: it would."""

    notes: tuple[Note, ...] = ()
    refused: str = ""


def own_view(host: Host, plug: Product, files: Files) -> OwnView:
    """Ask the commands of an instance that show its settings."""
    config = files.instance.config
    rans: list[Ran] = []
    notes: list[Note] = []
    refusals: dict[Refusal, str] = {}
    for command in plug.commands(files.instance).effective:
        match host.run(command):
            case Absent(why=why):
                notes.append(_unasked(why, config))
            case Ran() as ran if (refused := refusal(ran)) is not None:
                refusals.setdefault(refused, command.argv[0])
                rans.append(ran)
            case Ran() as ran:
                notes += [_unasked(f"{command.argv[0]} ended with status {ran.status}", config)] if ran.status else []
                rans.append(ran)
    notes += [_refused(each, program, config) for each, program in refusals.items()]
    if rans:
        notes += [_contradiction(each, config) for each in plug.compare(files, tuple(rans))]
    return OwnView(tuple(dict.fromkeys(notes)), next((each.why for each in refusals), ""))


def _unasked(why: str, config: str) -> Note:
    return Note(kind=NoteKind.UNKNOWN, text=f"its own view could not be asked: {why}", file=config)


def _refused(refused: Refusal, program: str, config: str) -> Note:
    what = f"{program} does not take these files: {refused.why}"
    text = f"{what}. A reload fails, and what runs goes on as an earlier state of them had it"
    return Note(kind=NoteKind.DOUBT, text=text, file=refused.file or config, line=refused.line)


def _contradiction(each: Contradiction, config: str) -> Note:
    written = "is not set" if each.written is None else f"is {each.written}"
    effective = "is not set" if each.effective is None else f"is {each.effective}"
    text = f"{each.setting} {written} in the files, and {effective} by the product's own account"
    file, line = (each.place.file, each.place.line) if each.place else (config, None)
    return Note(kind=NoteKind.CONTRADICTION, text=text, file=file, line=line)
