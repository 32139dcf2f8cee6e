"""``tightlip collect``: a read-only script to run where tightlip does not, and whose output it reads."""

from enum import StrEnum
from typing import assert_never

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, write_all
from tightlip.model.errors import Exit


class Subject(StrEnum):
    """What can be collected."""

    EXCHANGE = "exchange"
    EXCHANGE_CERTIFICATES = "exchange-certificates"


def collect(
    subject: Subject,
    /,
    *,
    output: Output = None,
) -> int:
    """Print a PowerShell script that collects, read-only, what tightlip cannot ask from here.

    - exchange: the settings of all Exchange servers (2010 to Subscription Edition) as one JSON file, for `audit`
      and `plan`

    - exchange-certificates: which certificate each server shows for POP3, IMAP and SMTP, and until when, as CSV

    Run it in the Exchange Management Shell.

    Parameters
    ----------
    subject
        What is collected.
    output
        Write to this file.
    """
    from tightlip.workflows.scripts import exchange_certificates, exchange_collector

    match subject:
        case Subject.EXCHANGE:
            script = exchange_collector()
        case Subject.EXCHANGE_CERTIFICATES:
            script = exchange_certificates()
        case _:
            assert_never(subject)
    with results(output) as file:
        write_all([script], file)
    return Exit.OK


COMMAND = Command(Stage.MEND, collect)
