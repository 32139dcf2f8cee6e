"""Passwords over SASL: whether one would be taken, and a test login with one that somebody gave for it."""

from base64 import b64encode

from tightlip.model.facts import Door, LoginAnswer, PasswordRefused, PasswordWanted, Standing
from tightlip.talk.exchange import SaslProfile, Says, begin, cancel
from tightlip.talk.probes import SaslLogin
from tightlip.talk.refusals import asks_for_more, is_of_one_login, standing_of
from tightlip.talk.steps import Dialogue, Note, Say

# A name for logins that begin with one: it is nobody's, and says in the server's log who asked.
NOBODY = b"tightlip"

_PLAIN, _LOGIN = "PLAIN", "LOGIN"
_GO_AHEAD, _DONE, _NO = Says


def ask_password(profile: SaslProfile) -> Dialogue:
    """PLAIN, and LOGIN where only PLAIN is said to be unknown, or to want TLS: each is begun, and taken back."""
    for mechanism in (_PLAIN, _LOGIN):
        reply = yield from begin(profile, mechanism)
        if profile.goes_ahead(reply):
            yield Note(PasswordWanted(mechanism))
            yield from cancel(profile, Door.AUTH)
            return
        if reply.says is not _NO:
            return
        standing = standing_of(profile.name, reply.text)
        yield Note(PasswordRefused(mechanism, standing, reply.text))
        is_of_it_alone = standing is Standing.TLS_REQUIRED and is_of_one_login(profile.name, reply.text)
        if standing is not Standing.NO_SUCH_MECHANISM and not is_of_it_alone:
            return


def log_in(profile: SaslProfile, login: SaslLogin) -> Dialogue:
    """The mechanism by its name, then its messages; the first one at once where the name alone is too little."""
    mechanism = login.mechanism
    reply = yield from begin(profile, mechanism)
    waiting = [b64encode(message) for message in login.messages]
    if reply.says is _NO and asks_for_more(reply.text):
        yield Say(profile.begin(mechanism.encode(), waiting.pop(0), Door.AUTH))
        reply = yield from profile.hear()
    # "+OK" to a name goes on too (MS-POP3 3.1.5): nobody is logged in who has not sent all of it.
    while waiting and profile.goes_ahead(reply):
        yield Say(profile.respond(waiting.pop(0), Door.AUTH))
        reply = yield from profile.hear()
    yield Note(LoginAnswer(mechanism, not waiting and reply.says is _DONE, reply.text))
    if reply.says is _GO_AHEAD:
        yield from cancel(profile, Door.AUTH)
