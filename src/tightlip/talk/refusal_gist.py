"""What a refusal says as a whole, in a few words of one form for all wordings alike."""

import re
from collections.abc import Iterator

from tightlip.talk.refusal_words import NOT_NOW, turns_us_away

# No text of more words is understood as a whole.
_WORDS_LIMIT = 30
_TOO_MUCH = "…"

_MECHANISM, _KIND, _NAME, _AUTH = "mechanism", "kind", "name", "auth"
# What two words say that stand side by side: "authentication type" is a mechanism, and "NTLM type" may be a message.
_KIND_OF_AUTH = {(_AUTH, _KIND): _MECHANISM, (_KIND, _AUTH): _MECHANISM}
_AS_ONE = {
    (_AUTH, _MECHANISM): _MECHANISM,
    (_MECHANISM, _AUTH): _MECHANISM,
    (_AUTH, _NAME): _NAME,
    (_NAME, _AUTH): _NAME,
    (_NAME, _MECHANISM): _MECHANISM,
    (_MECHANISM, _NAME): _MECHANISM,
    **{(word, word): word for word in (_MECHANISM, _NAME, "tls", "connection")},
}

_OPENING = "error:"
_MARKS = ".,;:!?()[]{}*|=-–—…\"'`<>“”„«»‘’"
_BETWEEN = re.compile(r"[:/,(]")
# A number, with or without points: an IPv4 address too, and a code or enhanced code, but none that says "not now"
# (RFC 5321 section 4.2.1, RFC 3463 section 2). And an IPv6 address.
_NUMBER = re.compile(r"(?!#?4(?:\.\d+\.\d+|\d\d)\Z)#?\d+(?:\.\d+)*|(?=[^:]*:[^:]*:)[\da-f:.]*\d[\da-f:.]*")
_BRACKETED = re.compile(r"\[[^\[\]]{1,160}\]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dt[\d:.]+z?")
_HEX = re.compile(r"(?=[a-f]*\d)[\da-f]{8,}")
_HOST = re.compile(r"[a-z][a-z\d-]*(?:\.[a-z][a-z\d-]*){2,}")
_DIGIT = re.compile(r"\d")


def _table(rows: str) -> dict[str, str]:
    """``meaning: word word`` lines as word -> meaning."""
    parted = (row.partition(":") for row in rows.strip().splitlines())
    return {word: meaning.strip() for meaning, _, each in parted for word in each.split()}


# What follows one of these is told of.
_PREPOSITIONS = frozenset(
    "for of to in on at by with via as from für von zu an bei pour de à par para en por di per da dla od для от".split()
)

# What a word counts as; a word that counts as nothing changes no refusal's sense, and every other stands for itself.
_MEANINGS = _table(
    """
    : a an the is are was were be been has have had it its this that these to for of on in by with via as at e
    : sorry please do does did can will or and either smtp esmtp imap pop lmtp nntp sieve
    : managesieve
    : der die das ist wird werden eine einen einer ein für zur zum von sie bitte dieser diesem
    : le la les est un une des de du pour cette ce el los las es una por favor esta este
    : il lo per si prega i jest są proszę при это
    use: use issue start begin negotiate establish activate
    connection: connection connections channel channels link transport session verbindung verbindungen connexion
    connection: conexión connessione połączenie połączenia соединение
    error: error err fehler erreur errore błąd ошибка
    failed: fail failed failure failing
    auth: auth authentication authenticate authenticating authinfo authorization authenticator sasl
    auth: authentifizierung anmeldung authentification authentifier autenticación autenticazione uwierzytelnianie
    auth: uwierzytelniania аутентификация аутентификации авторизация авторизации autenticação authenticatie
    name: ntlm gssapi gss-spnego spnego msn x-exps
    mechanism: mechanism mechanisms mech
    kind: type types scheme schemes method methods méthode método metodo metoda метод
    mechanism: authmechanism authtype sasl-mechanism mechanismus methode verfahren authentifizierungsmechanismus
    mechanism: authentifizierungsmethode authentifizierungsverfahren anmeldeverfahren mécanisme
    mechanism: mecanismo
    mechanism: meccanismo mechanizm механизм mecanismo's mechanisme
    tls: ssl tls starttls stls encryption encrypted encrypt layer verschlüsselung verschlüsselte verschlüsselten
    tls: chiffrement chiffrée cifrado cifrada crittografia crittografata szyfrowanie szyfrowania szyfrowane шифрование
    tls: шифрования sslv tlsv ssl-verbindung tls-verbindung ssl-connection tls-connection
    secure: secure secured securely sichere sicheren sécurisée segura sicura bezpieczne bezpiecznego защищенное
    secure: защищённое
    insecure: non-secure nonsecure insecure unsecure unsecured unencrypted non-encrypted non-tls non-ssl cleartext
    not: don't doesn't isn't cannot can't won't aren't nicht pas no-se non nie не keine kein
    not supported: unsupported unimplemented un-supported
    supported: support supports implemented unterstützt unterstützter unterstützte unterstütztes supporté
    supported: supportée soporta
    supported: soportado compatible admitido admite supportato supportata obsługiwany obsługiwana obsługuje
    supported: поддерживается prise pris charge
    unknown: unknown unrecognized unrecognised unbekannt unbekannter unbekannte unbekanntes
    unknown: inconnu inconnue desconocido sconosciuto nieznany nieznana неизвестный неизвестная
    invalid: invalid ungültig ungültiger ungültige invalide inválido неверный
    required: required needed mandatory necessary obligatory erforderlich benötigt notwendig requis requise nécessaire
    required: requerido requerida necesario necesaria richiesto richiesta necessario necessaria wymagane
    required: wymagany wymagana
    required: требуется необходимо
    requires: requires require requiring needs need erfordert benötigt exige nécessite requiere richiede wymaga требует
    must: must shall should have-to muss müssen doit devez debe deve musi należy должно
    allowed: allowed permitted accepted possible erlaubt zulässig möglich autorisé permitido consentito
    allowed: dozwolone разрешено
    not allowed: disallowed forbidden prohibited
    until: until unless till bis jusqu solange
    first: first beforehand zuerst vorher abord primero prima najpierw сначала
    before: before prior avant antes przed перед vor
    log in: login logon log-in logging signing
    recognized: recognized recognised
    without: without ohne sans sin senza bez без
    """
)

_PATHS = frozenset(word for word, meaning in _MEANINGS.items() if meaning == _NAME) - {"x-exps"}


def gist(text: str) -> str:
    """What ``text`` (lower case) says; "…" where it is too much to be understood.

    A text is only understood by knowing *all* its words, for one more may turn it: "not supported" for long, and "not
    supported from your network". So that a number, an address and an id say nothing, unless they tell for whom or since
    when, and everything else that is not known stands for itself.
    """
    said: list[str] = []
    before = ""
    for word in _tokens(without_ids(text)):
        if _NUMBER.fullmatch(word):
            if before in _PREPOSITIONS:
                return _TOO_MUCH
        elif meaning := _MEANINGS.get(word, word):
            said.append(meaning)
        if len(said) > _WORDS_LIMIT:
            return _TOO_MUCH
        before = word
    return " ".join(_merged(_merged(said, _KIND_OF_AUTH), _AS_ONE))


def speaks_of_another(text: str, mechanism: str) -> bool:
    """Whether ``text`` names a path into NTLM, and not ``mechanism``: it may answer an earlier question."""
    named = {word for word in _tokens(text.lower()) if word in _PATHS}
    return bool(named) and bool(mechanism) and not any(name in mechanism.lower() for name in named)


def without_ids(text: str) -> str:
    """``text`` (lower case) with a number for what stands in brackets and is an id of the server or of this reply."""
    return _BRACKETED.sub(lambda found: " 0 " if all(map(_is_id, found[0][1:-1].split())) else found[0], text)


def _is_id(word: str) -> bool:
    if any(shape.fullmatch(word) for shape in (_NUMBER, _TIME, _HEX)):
        return True
    if not _HOST.fullmatch(word):
        return False
    # A name with a number in it is a host's; another may be a sentence with points for blanks.
    labels = word.split(".")[:-1]
    return _DIGIT.search(word) is not None or not (NOT_NOW.are_in(labels, "") or turns_us_away(labels, ""))


def _tokens(text: str) -> Iterator[str]:
    """The words without marks, ``TLS/SSL`` as two, ``tlsv1.2`` without its version; "Error:" opens a sentence."""
    for raw in text.lstrip().removeprefix(_OPENING).split():
        word = raw.strip(_MARKS)
        if word.startswith(("tls", "ssl")):
            word = word.rstrip("0123456789.+v")
        if word.isalpha() or word in _MEANINGS or _NUMBER.fullmatch(word):
            yield word
        else:
            yield from filter(None, (part.strip(_MARKS) for part in _BETWEEN.split(word)))


def _merged(said: list[str], pairs: dict[tuple[str, str], str]) -> list[str]:
    merged: list[str] = []
    for word in said:
        if merged and (one := pairs.get((merged[-1], word))):
            merged[-1] = one
        else:
            merged.append(word)
    return merged
