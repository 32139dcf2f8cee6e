"""Files that were brought from elsewhere: what is found in them is called by what they tell of, not by this machine."""

from tests.unit.products.cases import case
from tests.unit.workflows.audited import DictHost
from tightlip.hosts._only import OnlyFiles
from tightlip.remediate.goal import Goal
from tightlip.workflows.auditing import audit
from tightlip.workflows.planning import PlanOrder, plan_for
from tightlip.workflows.surveying import Wanted

PATH = "/srv/exchange.json"
COLLECTED = case("exchange", "2016-leaks-on-every-port", PATH).before
EXCHANGE = Wanted(products=("exchange",), configs={"exchange": (PATH,)})


def test_a_collection_is_the_same_on_every_machine() -> None:
    """Its subjects, and so its ids, and the plan with its hash do not change with who reads the file."""
    hosts = [OnlyFiles(DictHost(files=COLLECTED, name=name), (PATH,)) for name in ("one", "other")]
    audits = [audit(host, EXCHANGE) for host in hosts]
    assert [each.host for each in audits] == ["example.test", "example.test"]
    assert {each.subject.partition(" ")[0] for each in audits[0].findings} == {"example.test"}
    assert [each.id for each in audits[0].findings] == [each.id for each in audits[1].findings]
    order = PlanOrder(goal=Goal.WITHDRAW_NTLM, wanted=EXCHANGE)
    plans = [plan_for(host, order).drawn.plan for host in hosts]
    assert {(each.host, each.hash) for each in plans} == {("tree:example.test", plans[0].hash)}


def test_a_collection_beside_other_products_is_told_with_the_host() -> None:
    """One audit is of one host: where the host's own files are read too, it keeps its name."""
    files = {**COLLECTED, "/etc/imapd.conf": b"sasl_mech_list: PLAIN\n"}
    both = Wanted(products=("exchange", "cyrus"), configs={"exchange": (PATH,)})
    assert audit(DictHost(files=files, name="mail1"), both).host == "mail1"


def test_other_files_are_those_of_the_host() -> None:
    """What does not say whose it is is the host's."""
    host = DictHost(files={"/etc/imapd.conf": b"sasl_mech_list: PLAIN NTLM\n"}, name="mail1")
    done = audit(OnlyFiles(host, ("/etc/imapd.conf",)), Wanted(products=("cyrus",)))
    assert {each.subject.partition(" ")[0] for each in done.findings} == {"mail1"}
