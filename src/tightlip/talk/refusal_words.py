"""The words of refusals: what they are reduced to, and those that say "not now" or "not you"."""

from collections.abc import Iterable
from itertools import groupby

# No text of more words is understood as a whole.
_WORDS_LIMIT = 30

MECHANISM = "mechanism"
_AUTH = "auth"
_QUOTES = "\"'`“„«‘"
_QUOTES_END = "\"'`”“»’"
_MARKS = ".,;:!?()[]{}*|=-–—…\"'`<>“”„«»‘’"


def _table(rows: str) -> dict[str, str]:
    """``meaning: word word`` lines as word -> meaning."""
    parted = (row.partition(":") for row in rows.strip().splitlines())
    return {word: meaning.strip() for meaning, _, each in parted for word in each.split()}


# What a word counts as; a word that counts as nothing changes no refusal's sense, and every other stands for itself.
_MEANINGS = _table(
    """
    : a an the is are was were be been has have had it its this that these to for of on in by with via as at e
    : sorry please error err do does did can will or and either see smtp esmtp imap pop lmtp nntp sieve
    : managesieve gsmtp
    : issue issuing used using use start started begin negotiate establish established activate
    : der die das ist wird werden eine einen einer ein für zur zum von sie bitte fehler dieser diesem
    : le la les est un une des de du pour cette ce erreur el los las es una por favor esta este
    : il lo per si prega errore i jest są proszę błąd при это ошибка
    connection: connection connections channel channels link transport session verbindung verbindungen connexion
    connection: conexión connessione połączenie połączenia соединение
    failed: fail failed failure failing
    auth: auth authentication authenticate authenticating authinfo authorization authenticator sasl
    auth: authentifizierung anmeldung authentification authentifier autenticación autenticazione uwierzytelnianie
    auth: uwierzytelniania аутентификация аутентификации авторизация авторизации autenticação authenticatie
    mechanism: mechanism mechanisms mech method methods type types scheme schemes package ntlm gssapi gss-spnego
    mechanism: spnego msn
    mechanism: x-exps authmechanism authtype sasl-mechanism mechanismus methode verfahren authentifizierungsmechanismus
    mechanism: authentifizierungsmethode authentifizierungsverfahren anmeldeverfahren mécanisme méthode
    mechanism: mecanismo método
    mechanism: meccanismo metodo mechanizm metoda механизм метод mecanismo's mechanisme
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
    unknown: unknown unrecognized unrecognised invalid bad unbekannt unbekannter unbekannte unbekanntes ungültig
    unknown: ungültiger ungültige inconnu inconnue invalide desconocido inválido sconosciuto nieznany nieznana
    unknown: неизвестный неизвестная неверный
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


def gist(text: str) -> str:
    """What ``text`` says, in a few words: of one form for all wordings alike, and empty where it says too much.

    A text is only understood by knowing *all* its words, for one more may turn it: "not supported" for long, and "not
    supported from your network". Numbers, addresses and host names say nothing; what stands in quotes is a name.
    """
    said: list[str] = []
    for raw in text.split():
        word = raw.strip(_MARKS)
        if raw[0] in _QUOTES and word and raw.rstrip(".,;:!?)")[-1:] in _QUOTES_END:
            said.append(MECHANISM)
        elif word.isalpha():
            said.append(_MEANINGS.get(word, word))
        else:
            said += [_MEANINGS.get(part, part) for part in _parts(word)]
        if len(said) > _WORDS_LIMIT:
            return ""
    if MECHANISM in said:
        said = [word for word in said if word != _AUTH]
    return " ".join(word for word, times in groupby(filter(None, said)) for _ in (times if word == "not" else (0,)))


def _parts(word: str) -> Iterable[str]:
    """The words of ``TLS/SSL`` and ``tlsv1.2``; none of what is a number, a host name or an address."""
    if word.startswith(("tls", "ssl")):
        word = word.rstrip("0123456789.+v")
    if word in _MEANINGS:
        return (word,)
    if "." in word or "@" in word or "://" in word or not any(map(str.isalpha, word)):
        return ()
    parts = [part.strip(_MARKS) for part in word.replace(":", "/").replace(",", "/").replace("(", "/").split("/")]
    if len(parts) == 1:
        return () if any(map(str.isdigit, word)) else (word,)
    return [part for part in parts if part and not any(map(str.isdigit, part))]


def _phrases(rows: str) -> list[tuple[str, ...]]:
    return [tuple(phrase.split()) for row in rows.strip().splitlines() for phrase in row.split("|") if phrase.strip()]


# A stem has at least so many letters, by which it is found.
_INDEXED = 4
_NONE: tuple[str, ...] = ()


class Phrases:
    """Phrases to be found in a text: ``word word``, ``stem*``; looked for by their first word."""

    def __init__(self, rows: str, within: str = "") -> None:
        phrases = _phrases(rows)
        self._within = tuple(within.split())
        self._stems: dict[str, tuple[str, ...]] = {}
        self._whole: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            stem = phrase[0].removesuffix("*")
            if stem == phrase[0]:
                self._whole.setdefault(stem, []).append(phrase)
            else:
                self._stems[stem[:_INDEXED]] = (*self._stems.get(stem[:_INDEXED], ()), stem)

    def are_in(self, words: list[str], text: str) -> bool:
        """Whether one of the phrases is among ``words``, or one of those without word borders in ``text``."""
        for at, word in enumerate(words):
            if word.startswith(self._stems.get(word[:_INDEXED], _NONE)):
                return True
            for phrase in self._whole.get(word, ()):
                if len(phrase) == 1 or tuple(words[at : at + len(phrase)]) == phrase:
                    return True
        return not text.isascii() and any(piece in text for piece in self._within)


NOT_NOW = Phrases(
    """
    temporar* | transient* | try again | again | try later | later please | come later | back later
    a later time | later today | call later | connect later | retry* | come back | at this time | at the moment
    right now | now
    momentarily | for now | not yet | currently | busy | overload* | too many | too much | too fast
    too quickly | too often
    too frequent* | too high | exceed* | excessive | throttl* | rate | ratelimit* | rate-limit* | quota* | limit
    limits
    limited | limiting | maximum | max | shutting | shutdown | shut | going down | is down | was down
    maintenance | outage
    restart* | reload* | internal | timeout | timed | time-out | crash* | load
    unavailable | out of memory | out of resources | out of disk | out of connections | no memory | memory
    resource* | insufficient | backend | back-end | upstream | disk | database
    wait | waiting | slow | delay* | seconds | minutes | hours | moment | a while | slots | not reachable | unreachable
    unable to connect | could not connect | connecting | lost | problem* | trouble* | deferred | greylist*
    graylist* | tempfail
    pending | suspended | in use | inuse | locked | down for | is full | at capacity
    vorübergehend* | später | zurzeit | derzeit | momentan | überlast* | ausgelastet | wartung* | zu viele
    zu oft | zu hoch
    erneut | nochmal* | nochmals | gerade | warten | überschritten | interner | neustart* | begrenz* | beschäftigt
    temporaire* | momentan* | plus tard | réessay* | reessay* | surcharg* | occupé* | trop | maintenant | indisponible*
    dépass* | interne | patient* | actuellement
    más tarde | mas tarde | temporal* | inténte* | intente* | reintent* | demasiad* | ocupad* | sobrecarg* | saturad*
    mantenimiento | excedid* | momento | interno | ahora
    riprova* | più tardi | piu tardi | temporane* | troppe | troppi | troppo | occupat* | sovraccaric* | manutenzione
    superat* | momentane* | adesso
    później | pozniej | tymczasow* | spróbuj* | sprobuj* | ponownie | zbyt | przeciąż* | przeciaz* | zajęt*
    przekroczon*
    chwilow* | wewnętrzn* | konserwacj* | niedostępn*
    позже | позднее | временно* | повтор* | слишком | перегруж* | занят* | превыш* | внутрен* | недоступ* | обслужив*
    tarde | temporári* | tente | muitas | muitos | excedeu | manutenção | probeer | tijdelijk* | teveel
    te veel | overbelast
    """,
    "稍后 稍後 暂时 暫時 繁忙 过多 過多 太多 频繁 頻繁 超过 超過 超出 限制 "
    "维护 維護 重试 重試 系统忙 系统错误 "
    "内部错误 过载 しばらく 一時 後で 後ほど 混雑 多すぎ 再度 再試行 メンテナンス 超え 上限 内部エラー 過負荷 "
    "ただいま 나중에 일시 다시 초과 점검",
)

# Who is turned away by these alone.
NOT_YOU = Phrases(
    """
    banned | blacklist* | black-list* | black list | blocklist* | block list | denylist* | spamhaus | rbl
    dnsbl | sbl | xbl
    client host rejected | barracuda* | spamcop | bad reputation | poor reputation | not welcome | blocked
    block | blocking | firewalled | fail2ban
    no permission to talk | go away | due to abuse | abusive | geoblock* | geo-block* | unwelcome | intrusion | brute*
    gesperrt* | geblockt* | blockiert* | sperrliste | schwarze liste
    bloqué* | liste noire | banni* | interdit* | bloquead* | bloccat* | lista negra | lista nera | zablokowan*
    zbanowan*
    czarnej liście | заблокирован* | забанен* | чёрном списке | черном списке | чёрный список | запрещен
    запрещён | geblokkeerd
    """,
    "封禁 封锁 封鎖 黑名单 黑名單 屏蔽 拉黑 被禁止 ブロック ブラックリスト 禁止されて 遮断 拒否リスト 차단",
)

# Who is turned away by one of the first and one of the second.
_ADDRESS = frozenset(
    """ip address addresses network networks subnet range country region location location's client geographic asn isp
    ip-adresse adresse adressbereich netz netzwerk rechner land réseau pays dirección red indirizzo rete adres
    adresu sieci adresem адрес адреса ip-адрес адресов сети endereço rede""".split()
)
_TURNED_AWAY = frozenset(
    """denied deny refused refuse reject rejected rejects restricted disallowed forbidden prohibited listed unauthorized
    unauthorised untrusted disallow verboten abgelehnt verweigert abgewiesen refusé refusée rejetée denegado
    denegada rechazado rechazada negato negata rifiutato rifiutata vietato odrzucony odmowa zabroniony запрещен
    запрещён отклонен отклонён отказано negado recusado""".split()
)
_NOT_PERMITTED = Phrases(
    "not allowed | not permitted | not accepted | not authorized | not authorised | no access | isn't allowed"
)


def turns_us_away(words: list[str], text: str) -> bool:
    """Whether the words say that this client, or its address, is not wanted."""
    if NOT_YOU.are_in(words, text):
        return True
    return not _ADDRESS.isdisjoint(words) and (not _TURNED_AWAY.isdisjoint(words) or _NOT_PERMITTED.are_in(words, text))


# What a reply code proves is in doubt where its text has one of these.
DOUBTS = Phrases(
    """
    certificate* | cert | certs | certificat | certificado | certificato | certyfikat* | zertifikat* | сертификат*
    denied | access | deny | refused | permission* | policy | policies | administrat* | prohibited | forbidden
    authorized
    initial | initial-response | syntax | argument* | missing | empty | malformed | decode | base64 | hello
    ehlo | helo | lhlo
    your | attempt* | tries | user | users | account | accounts | password* | credential* | mailbox | sequence
    already
    version | cipher | handshake | weak | stronger
    """,
    "证书 証明書 密码 パスワード",
)
