"""The record of a posture (docs/schema/posture.json), and an audit as JSON Lines or as one document."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.json import Encoder

from tightlip.model.endpoint import Security
from tightlip.model.posture import Certificate, FromLoopback, Listener, Note, NoteKind, Service
from tightlip.reports._audit import AuditedHost, AuditedInstance, AuditReport
from tightlip.reports._escape import safe_json
from tightlip.reports._records import SCHEMA, finding_record, observation_record, summary_record
from tightlip.reports._report import Entry

_encoder = Encoder()


class ProxyHeaderPart(Struct, frozen=True, gc=False):
    """``services[].listeners[].proxy_header``: the setting that expects one, and what clients on the machine get."""

    setting: str
    file: str
    line: int | None
    from_loopback: FromLoopback


class ListenerPart(Struct, frozen=True, gc=False):
    """``services[].listeners[]``: an address as written ("" is every one), and the TLS states of the port."""

    address: str
    port: int
    states: tuple[Security, ...]
    proxy_header: ProxyHeaderPart | None


class TlsPart(Struct, frozen=True, gc=False):
    """``services[].tls``: whether there is TLS, whether a login has to wait for it, and with what."""

    available: bool
    required: bool
    certificate: str | None
    oldest: str | None


class DelegationPart(Struct, frozen=True, gc=False):
    """``services[].delegation``: whom the service asks about logins."""

    product: str
    socket: str


class ServicePart(Struct, frozen=True, gc=False):
    """``services[]``: mechanisms by the TLS state in which they are accepted; ``hidden`` ones are not listed.

    ``only_listed`` are shown to clients and never answered.
    """

    name: str
    protocol: str
    listeners: tuple[ListenerPart, ...]
    mechanisms: dict[Security, tuple[str, ...]]
    hidden: tuple[str, ...]
    only_listed: tuple[str, ...]
    tls: TlsPart
    delegation: DelegationPart | None
    accounts_limited: bool | None


class NotePart(Struct, frozen=True, gc=False):
    """``notes[]``: what is worth saying besides the settings."""

    kind: NoteKind
    text: str
    file: str
    line: int | None


class CertificatePart(Struct, frozen=True, gc=False):
    """``certificates[]``: a certificate file, when it ends, or what is wrong with it."""

    path: str
    not_after: datetime | None
    problem: str | None


class PostureRecord(Struct, frozen=True, gc=False, tag_field="record", tag="posture"):
    """What one instance of a product is set to do."""

    schema: int
    run: str
    host: str
    product: str
    config: str
    version: str | None
    files: tuple[str, ...]
    services: tuple[ServicePart, ...]
    notes: tuple[NotePart, ...]
    certificates: tuple[CertificatePart, ...]


def jsonl(report: AuditReport) -> Iterator[str]:
    """One piece a host: its postures, what a probe heard, its findings; the summary at last."""
    for host in report.hosts:
        yield safe_json(_encoder.encode_lines(_records(host, report)).decode())
    yield safe_json(_encoder.encode_lines([summary_record(report.summary())]).decode())


def json(report: AuditReport) -> Iterator[str]:
    """The same records in one document, host by host."""
    yield f'{{"schema":{SCHEMA},"hosts":['
    separator = "\n"
    for host in report.hosts:
        document = {"host": host.host, "records": _records(host, report)}
        yield separator + safe_json(_encoder.encode(document).decode())
        separator = ",\n"
    yield '\n],"summary":' + safe_json(_encoder.encode(summary_record(report.summary())).decode()) + "}\n"


def _records(host: AuditedHost, report: AuditReport) -> list[Struct]:
    postures = [posture_record(each, host.host, report.run.id) for each in host.instances]
    heard = [observation_record(Entry(each, ()), report.run) for each in host.heard]
    findings = [finding_record(finding, state, finding.subject) for finding, state in host.findings]
    return [*postures, *heard, *findings]


def posture_record(instance: AuditedInstance, host: str, run: str) -> PostureRecord:
    """The record of one instance."""
    posture = instance.posture
    return PostureRecord(
        SCHEMA,
        run,
        host,
        posture.product,
        posture.config,
        posture.version,
        instance.files,
        tuple(map(_service, posture.services)),
        tuple(map(_note, posture.notes)),
        tuple(map(_certificate, posture.certificates)),
    )


def _service(service: Service) -> ServicePart:
    tls, asked = service.tls, service.delegation
    return ServicePart(
        service.name,
        service.protocol,
        tuple(map(_listener, service.listeners)),
        {state: names for state in Security if (names := mechanisms(service, state))},
        tuple(offer.name for offer in service.offers if offer.hidden_by),
        tuple(offer.name for offer in service.offers if offer.only_listed),
        TlsPart(tls.available, tls.required, tls.certificate, tls.oldest),
        DelegationPart(asked.product, asked.socket) if asked else None,
        service.accounts.limited if service.accounts else None,
    )


def _listener(listener: Listener) -> ListenerPart:
    header = listener.proxy_header
    told = (
        ProxyHeaderPart(header.place.setting, header.place.file, header.place.line, header.from_loopback)
        if header
        else None
    )
    return ListenerPart(listener.address, listener.port, listener.states, told)


def mechanisms(service: Service, state: Security) -> tuple[str, ...]:
    """What a service accepts in one TLS state, each once."""
    return tuple(dict.fromkeys(offer.name for offer in service.offers if state in offer.states))


def _note(note: Note) -> NotePart:
    return NotePart(note.kind, note.text, note.file, note.line)


def _certificate(certificate: Certificate) -> CertificatePart:
    return CertificatePart(certificate.path, certificate.not_after, certificate.problem)
