"""Drawing a plan: what is in it, what keeps it from being made, and that no text of the files gets into it."""

import re

import pytest
from msgspec.structs import replace

from tests.unit.products import cases
from tests.unit.remediate.surveys import (
    ASKING,
    DOVECOT,
    EXIM,
    LEAKY,
    MAIN_CF,
    MASTER_CF,
    drawn_from,
    findings_of,
    plan_from,
    surveyed,
)
from tests.unit.rules.postures import note
from tightlip.model.errors import UsageError
from tightlip.model.posture import NoteKind
from tightlip.remediate.drawing import Refusal, Surveyed
from tightlip.remediate.goal import Goal
from tightlip.remediate.outlook import Basis
from tightlip.remediate.plan import Plan, decode, encode
from tightlip.syntax.spans import Span, Splice, apply, digest


def test_the_patches_make_the_text_that_the_plan_names() -> None:
    """Carried out on the file, they give the planned sha256, and NTLM is gone."""
    (product,) = plan_from(surveyed("dovecot", {DOVECOT: LEAKY})).plan.products
    (file,) = product.files
    after = apply(LEAKY, [Splice(Span(each.start, each.end), each.new) for each in file.patches])
    assert (file.path, file.before, file.after) == (DOVECOT, digest(LEAKY), digest(after))
    assert b"ntlm" not in after
    assert b"hunter2" in after


def test_no_text_of_the_files_is_in_a_plan() -> None:
    """Of what stands around the patches not a word, secrets least of all; the plan's own words are ours."""
    words = re.findall(rb"\w{4,}", LEAKY)
    odd = {word: b"x" + word[::-1] for word in words}
    text = LEAKY + b"".join(b"# " + new + b"\n" for new in odd.values())
    content = encode(plan_from(surveyed("dovecot", {DOVECOT: text})).plan)
    assert not [new for new in odd.values() if new in content]
    assert b"hunter2" not in content


def test_the_same_input_gives_the_same_plan() -> None:
    """Byte for byte, whatever the process id; another text gives another hash."""
    first, second = (encode(plan_from(surveyed("dovecot", {DOVECOT: LEAKY})).plan) for _ in range(2))
    assert first == second
    assert b"4711" not in first
    other = plan_from(surveyed("dovecot", {DOVECOT: LEAKY + b"# more\n"})).plan
    assert other.hash != decode(first, "plan").hash


def test_a_plan_that_was_edited_is_refused() -> None:
    """One path is enough."""
    content = encode(plan_from(surveyed("dovecot", {DOVECOT: LEAKY})).plan)
    with pytest.raises(UsageError, match="was edited"):
        decode(content.replace(DOVECOT.encode(), b"/etc/dovecot/dovecot.cont"), "plan.json")


def test_a_configuration_that_was_not_read_to_its_end_gets_no_plan() -> None:
    """Not even an empty one: what was left out may be what leaks."""
    found = surveyed("dovecot", {DOVECOT: LEAKY})
    cut = replace(found, files=replace(found.files, cut="too much"))
    refusal = drawn_from(cut)
    assert isinstance(refusal, Refusal)
    assert "too much" in refusal.why


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"hash":"x","plan":{}}'])
def test_what_is_no_plan_is_refused(content: bytes) -> None:
    """By the file's name."""
    with pytest.raises(UsageError, match=r"plan\.json is no plan"):
        decode(content, "plan.json")


def test_nothing_to_do_is_an_empty_plan() -> None:
    """Nothing is proved, nothing could break, no precondition is unmet."""
    plan = plan_from(surveyed("dovecot", {DOVECOT: LEAKY.replace(b" ntlm", b"")})).plan
    assert plan.is_empty
    assert (plan.products, plan.expectations, plan.unmet, plan.may_break) == ((), (), (), ())


def test_who_asks_the_changed_product_is_reloaded_after_it() -> None:
    """Postfix has no file to change and comes second; what its clients see is proved too."""
    plan = plan_from(surveyed("postfix", ASKING), surveyed("dovecot", {DOVECOT: LEAKY})).plan
    assert [(each.product, len(each.files)) for each in plan.products] == [("dovecot", 1), ("postfix", 0)]
    assert all(each.reload for each in plan.products)
    proved = {each.endpoint for each in plan.expectations if "NTLM" in each.withdrawn}
    assert {"pop3://127.0.0.1:110", "smtp+starttls://127.0.0.1:587"} <= proved


def test_who_asks_another_instance_is_left_alone() -> None:
    """Its logins are another Dovecot's matter, which nobody knows: advice, and nothing that is to be proved of it."""
    elsewhere = ASKING | {MAIN_CF: ASKING[MAIN_CF].replace(b"private/auth", b"private/auth-legacy")}
    plan = plan_from(surveyed("postfix", elsewhere), surveyed("dovecot", {DOVECOT: LEAKY})).plan
    assert [each.product for each in plan.products] == ["dovecot"]
    assert not [each.endpoint for each in plan.expectations if each.endpoint.startswith("smtp")]
    assert "withdraw them there, then reload postfix" in plan.advice[0].text


def test_the_last_usable_mechanism_never_goes() -> None:
    """Refused, with what to do first."""
    refusal = drawn_from(surveyed("dovecot", {DOVECOT: LEAKY.replace(b"plain ntlm", b"ntlm")}))
    assert isinstance(refusal, Refusal)


NOPLAINTEXT = b"smtpd_sasl_security_options = noanonymous, noplaintext\n"
TLS_IS_FREE = b"smtpd_sasl_tls_security_options = noanonymous\n"


CYRUS_SASL = {
    MAIN_CF: b"smtpd_sasl_auth_enable = yes\n",
    MASTER_CF: b"smtp inet n - y - - smtpd\n",
    "/etc/postfix/sasl/smtpd.conf": b"mech_list: NTLM\n",
}


def asking(*settings: bytes, auth_only: bytes = b"no") -> Surveyed:
    """A Postfix with a public port 25 that asks Dovecot."""
    main = ASKING[MAIN_CF].replace(b"auth_only = yes", b"auth_only = " + auth_only)
    return surveyed("postfix", {MAIN_CF: main + b"".join(settings), MASTER_CF: b"smtp inet n - y - - smtpd\n"})


def test_port_25_is_not_stopped_by_a_dovecot_that_loses_ntlm() -> None:
    """noplaintext leaves it nothing to announce in clear, and smtpd ends of that: TLS has to be demanded first."""
    dovecot = surveyed("dovecot", {DOVECOT: LEAKY.replace(b"plain ntlm", b"plain login ntlm")})
    refusal = drawn_from(asking(NOPLAINTEXT, TLS_IS_FREE), dovecot)
    assert isinstance(refusal, Refusal)
    assert "smtpd_sasl_security_options = noanonymous, noplaintext (/etc/postfix/main.cf:7)" in refusal.why
    assert "--goal require-tls" in refusal.hint
    assert plan_from(asking(NOPLAINTEXT, TLS_IS_FREE), dovecot, goal=Goal.REQUIRE_TLS).plan.products
    assert plan_from(asking(NOPLAINTEXT, TLS_IS_FREE, auth_only=b"yes"), dovecot).plan.products


def test_what_is_barred_with_tls_too_stops_it_after_starttls() -> None:
    """smtpd_sasl_tls_security_options is as the other says, unless it is set."""
    refusal = drawn_from(asking(NOPLAINTEXT, auth_only=b"yes"), surveyed("dovecot", {DOVECOT: LEAKY}))
    assert isinstance(refusal, Refusal)
    assert "with TLS" in refusal.why
    assert "with TLS first" in refusal.hint


def test_a_mechanism_that_stays_in_clear_is_enough() -> None:
    """CRAM-MD5 is no plain text."""
    dovecot = surveyed("dovecot", {DOVECOT: LEAKY.replace(b"plain ntlm", b"plain cram-md5 ntlm")})
    assert plan_from(asking(NOPLAINTEXT), dovecot).plan.products


def test_a_back_end_that_was_not_found_is_left_to_a_person() -> None:
    """With what could end there; one that was found needs no advice."""
    (advice,) = plan_from(asking(NOPLAINTEXT)).plan.advice
    assert "withdraw them there, then reload postfix" in advice.text
    assert "bars PLAIN, and postfix ends" in advice.text
    mended = surveyed("dovecot", {DOVECOT: LEAKY.replace(b" ntlm", b"")})
    assert plan_from(asking(), mended).plan.advice == ()


def test_a_file_that_was_not_read_whole_is_refused_by_its_line() -> None:
    """A block that never ends."""
    refusal = drawn_from(surveyed("dovecot", {DOVECOT: LEAKY + b"service x {\n"}))
    assert isinstance(refusal, Refusal)
    assert f"{DOVECOT}, line " in refusal.why


@pytest.mark.parametrize(
    ("product", "files", "place"),
    [
        ("dovecot", {DOVECOT: LEAKY + b"service x {\n"}, f"{DOVECOT}, line 14: "),
        ("dovecot", {DOVECOT: LEAKY.replace(b"plain ntlm", b"ntlm")}, f"{DOVECOT}, line 4: "),
        ("postfix", CYRUS_SASL, "/etc/postfix/sasl/smtpd.conf, line 1: "),
    ],
)
def test_a_refusal_names_its_place_once(product: str, files: dict[str, bytes], place: str) -> None:
    """Whoever found the reason."""
    refusal = drawn_from(surveyed(product, files))
    assert isinstance(refusal, Refusal)
    assert refusal.why.startswith(place)
    assert refusal.why.count(place.partition(",")[0]) == 1


def test_who_declines_does_not_keep_others_from_being_planned_for() -> None:
    """The hint names them, but not whom it asks itself; alone there is nothing to name."""
    broken = surveyed("dovecot", {DOVECOT: LEAKY.replace(b"plain ntlm", b"ntlm")})
    refusal = drawn_from(broken, surveyed("postfix", ASKING))
    assert isinstance(refusal, Refusal)
    assert refusal.hint == "this is Dovecot; nothing was changed. To plan without it: --product postfix"
    conditional = ASKING[MAIN_CF].replace(b"auth_only = yes", b"auth_only = ${x?yes}")
    asking_it = surveyed("postfix", ASKING | {MAIN_CF: conditional})
    asked = drawn_from(asking_it, surveyed("dovecot", {DOVECOT: LEAKY}), goal=Goal.REQUIRE_TLS)
    assert isinstance(asked, Refusal)
    assert asked.hint == "this is Postfix; nothing was changed"
    alone = drawn_from(broken)
    assert isinstance(alone, Refusal)
    assert alone.hint == "this is Dovecot; nothing was changed"


def test_what_the_product_itself_says_must_agree() -> None:
    """A contradiction refuses a plan that changes something, and is no matter for one that does not."""
    said = note(NoteKind.CONTRADICTION, "auth_mechanisms is plain in the files, and plain ntlm in doveconf")
    refusal = drawn_from(surveyed("dovecot", {DOVECOT: LEAKY}, notes=(said,)))
    assert isinstance(refusal, Refusal)
    assert "doveconf" in refusal.why
    mended = LEAKY.replace(b" ntlm", b"")
    assert plan_from(surveyed("dovecot", {DOVECOT: mended}, notes=(said,))).plan.is_empty


def test_a_managed_file_is_edited_with_advice() -> None:
    """What Ansible wrote it will write again."""
    managed = b"# Ansible managed\n" + LEAKY
    advice = plan_from(surveyed("dovecot", {DOVECOT: managed})).plan.advice
    assert any("Ansible" in each.text for each in advice)


def test_a_copied_tree_leaves_preconditions_unmet() -> None:
    """The plan is made; what could not be looked at is said."""
    plan = plan_from(surveyed("dovecot", {DOVECOT: LEAKY}), basis=Basis.COPIED).plan
    assert any("cannot be checked on copied files" in each.why for each in plan.unmet)


def test_a_file_that_two_instances_include_is_edited_once() -> None:
    """With the first; the second is reloaded all the same."""
    shared = {"/etc/dovecot/auth.conf": b"auth_mechanisms = plain ntlm\n"}
    head = b"protocols = pop3\nssl_cert = </c\nauth_use_winbind = yes\n!include /etc/dovecot/auth.conf\n"
    first = surveyed("dovecot", {DOVECOT: head, **shared})
    second = surveyed("dovecot", {"/etc/dovecot/second.conf": head + b"# 2\n", **shared})
    plan = plan_from(first, second).plan
    paths = [file.path for product in plan.products for file in product.files]
    assert paths.count("/etc/dovecot/auth.conf") == 1
    assert [product.instance.config for product in plan.products] == [DOVECOT, "/etc/dovecot/second.conf"]


def test_tls_without_a_certificate_is_planned_and_unmet() -> None:
    """The plan shows what is missing; it is apply that waits for it."""
    bare = ASKING | {MAIN_CF: ASKING[MAIN_CF].replace(b"smtpd_tls_cert_file = /etc/ssl/mail.pem\n", b"")}
    bare[MAIN_CF] = bare[MAIN_CF].replace(b"auth_only = yes", b"auth_only = no")
    dovecot = surveyed("dovecot", {DOVECOT: LEAKY})
    plan = plan_from(surveyed("postfix", bare), dovecot, goal=Goal.REQUIRE_TLS).plan
    assert [(each.product, len(each.files)) for each in plan.products] == [("dovecot", 1), ("postfix", 1)]
    assert [(each.what, each.why) for each in plan.unmet] == [
        ("TLS on postfix submission/inet", "logins would wait for it in vain: smtpd_tls_cert_file is not set")
    ]


def test_a_dovecot_without_a_certificate_is_planned_for_and_unmet() -> None:
    """Each of its protocols would wait in vain."""
    bare = LEAKY.replace(b"ssl_cert = </etc/ssl/mail.pem\n", b"disable_plaintext_auth = no\n")
    unmet = plan_from(surveyed("dovecot", {DOVECOT: bare}), goal=Goal.REQUIRE_TLS).plan.unmet
    assert [each.what for each in unmet] == ["TLS on dovecot pop3", "TLS on dovecot imap"]
    assert {each.why for each in unmet} == {"logins would wait for it in vain: ssl_cert is not set"}


def test_behind_a_proxy_ntlm_is_withdrawn_without_tls() -> None:
    """Passwords go in clear there today, and tomorrow."""
    bare = LEAKY.replace(b"ssl = yes", b"ssl = no\ndisable_plaintext_auth = no")
    assert plan_from(surveyed("dovecot", {DOVECOT: bare})).plan.unmet == ()


def answered(plan: Plan, *instances: Surveyed) -> set[str]:
    """The rules whose findings a plan says that it answers."""
    return {finding.rule for finding in findings_of(*instances) if finding.id in plan.findings}


def test_tls_before_any_login_answers_ntlm_without_tls() -> None:
    """It is accepted below TLS still, which another rule says and this goal does not answer."""
    leaking = surveyed("dovecot", {DOVECOT: LEAKY})
    assert answered(plan_from(leaking, goal=Goal.REQUIRE_TLS).plan, leaking) == {"ntlm-without-tls"}
    assert answered(plan_from(leaking).plan, leaking) == {"ntlm-without-tls", "ntlm-discloses-host"}


def test_what_can_only_be_advised_on_is_not_answered() -> None:
    """Exim whose ACL lets in what was not advertised takes NTLM before TLS whatever is advertised."""
    files = cases.case("exim", "unadvertised-logins-are-let-through", EXIM).before
    leaking = surveyed("exim", files)
    assert "ntlm-without-tls" in {finding.rule for finding in findings_of(leaking)}
    assert "ntlm-without-tls" not in answered(plan_from(leaking, goal=Goal.REQUIRE_TLS).plan, leaking)


def test_tls_is_never_demanded_of_strangers() -> None:
    """On port 25 mail of others goes on as before: no ``encrypt`` in main.cf."""
    files = ASKING | {"/etc/postfix/master.cf": ASKING["/etc/postfix/master.cf"] + b"smtp inet n - y - - smtpd\n"}
    drawn = drawn_from(surveyed("postfix", files), surveyed("dovecot", {DOVECOT: LEAKY}), goal=Goal.REQUIRE_TLS)
    assert not isinstance(drawn, Refusal)
    main = [file for product in drawn.plan.products for file in product.files if file.path == MAIN_CF]
    assert not [patch for file in main for patch in file.patches if b"encrypt" in patch.new]
