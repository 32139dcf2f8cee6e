"""The commands about changes: what they say of a change, and with which code they end."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.crash.recorded import NEW, OLD, Faults, Recorded, changes_of, order_for, raise_host, site_of, texts
from tests.unit.cli.calling import Heard, call
from tightlip.cli import _changes, apply, changes, confirm, recover, rollback, show
from tightlip.model.errors import Exit, UsageError
from tightlip.remediate.plan import encode


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """A recorded host in the place of this machine, with a plan beside it."""
    made = raise_host(tmp_path / "host")
    for module in (apply, confirm, recover, rollback):
        monkeypatch.setattr(module, "live_site", lambda _say, *_accounts, **_trials: site_of(made))
    for module in (changes, show):
        monkeypatch.setattr(module, "changes_shelf", lambda: site_of(made).shelf)
    (made.folder / "plan.json").write_bytes(encode(order_for(made).plan))
    return made


def applied(host: Recorded, *options: str) -> Heard:
    """``tightlip apply``."""
    return call("apply", str(host.folder / "plan.json"), *options)


def test_the_whole_circle(host: Recorded, tmp_path: Path) -> None:
    """Check, apply, apply again, list, show, roll back; each says how to go on."""
    assert (applied(host, "--check").code, changes_of(host)) == (Exit.OK, ())
    first = applied(host)
    (change,) = changes_of(host)
    assert (first.code, texts(host)) == (Exit.OK, NEW)
    assert f"Undo it with: tightlip rollback {change.id}" in first.out
    assert applied(host).out == "Nothing to do: the plan is applied already.\n"
    assert change.id in call("changes").out
    shown = call("show", change.id[:15]).out
    assert "withdraw-ntlm" in shown
    assert "anna (uid 1000)" in shown
    assert call("show", change.id, "-o", str(tmp_path / "shown")).out == ""
    assert (tmp_path / "shown").read_text() == shown
    assert (call("rollback", change.id).code, texts(host)) == (Exit.OK, OLD)
    listing = call("changes").out
    assert "rolled back" in listing
    # Of itself, and of the change that took it back: whole, to be copied.
    assert listing.count(change.id) == 2
    assert max(map(len, listing.splitlines())) <= 80


def test_an_undone_change_gives_the_code_of_open_findings(host: Recorded) -> None:
    """With the reason."""
    host.faults = Faults(check=True)
    heard = applied(host)
    assert heard.code == Exit.FINDINGS
    assert "practice-check ended with status 1" in heard.out


def test_a_change_that_waits_is_confirmed_or_undone(host: Recorded) -> None:
    """Its first words say until when, and how, in lines that a terminal holds."""
    heard = applied(host, "--confirm", "10m")
    name = changes_of(host)[0].id
    assert re.match(rf"{name} is in force until \S+ \S+ UTC, then undone\.\n", heard.out)
    assert f"tightlip confirm {name}" in heard.out
    assert max(map(len, heard.out.splitlines())) <= 80
    host.later = timedelta(minutes=11)
    assert call("recover").code == Exit.FINDINGS
    assert texts(host) == OLD
    assert call("confirm", name).code == Exit.REFUSED


def test_a_damaged_change_is_told_and_set_aside(host: Recorded) -> None:
    """Beside a sound one: listed with its reason and the way out, left by recover with the code of doubt."""
    applied(host)
    (bad,) = changes_of(host)
    assert call("rollback", bad.id).code == Exit.OK
    (sound,) = (each for each in changes_of(host) if each != bad)
    (bad.path / "journal.jsonl").write_bytes(b"{}\n{}\n")
    listing, left = call("changes"), call("recover")
    assert (listing.code, left.code) == (Exit.OK, Exit.DOUBT)
    assert f"\n{sound.id}  " in listing.out
    for heard in (listing, left):
        assert f"{bad.id} is damaged: the journal" in heard.out
        assert f"tightlip recover --give-up {bad.id}" in heard.out
    assert "0 changes removed" in call("changes", "--prune", "90d").err
    refused = applied(host, "--check")
    assert (refused.code, f"the change {bad.id} is damaged" in refused.err) == (Exit.REFUSED, True)
    aside = call("recover", "--give-up", bad.id)
    assert (aside.code, f"{bad.path}.damaged" in aside.out) == (Exit.OK, True)
    assert call("recover").out == "No change is under way.\n"
    assert applied(host).code == Exit.OK


def test_nothing_to_recover_is_said(host: Recorded) -> None:
    """And is no failure."""
    assert call("recover").out == "No change is under way.\n"
    assert changes_of(host) == ()


def test_an_unknown_change_is_wrong_usage(host: Recorded) -> None:
    """For every command that takes one."""
    for verb in ("show", "rollback", "confirm"):
        assert call(verb, "1999").code == Exit.USAGE
    assert changes_of(host) == ()


def test_pruning_says_how_many_went(host: Recorded) -> None:
    """Those that ended long ago."""
    applied(host)
    assert "0 changes removed" in call("changes", "--prune", "90d").err
    assert len(changes_of(host)) == 1


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("90d", 90 * 86400)])
def test_spans_of_time(text: str, seconds: int) -> None:
    """A number and a unit."""
    assert _changes.span(text, "--confirm").total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "0m", "-5m", "1.5h", "10 minutes", "٣m"])
def test_what_is_no_span_of_time(text: str) -> None:
    """Is wrong usage, by the option's name."""
    with pytest.raises(UsageError, match="--confirm"):
        _changes.span(text, "--confirm")
