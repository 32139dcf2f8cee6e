"""The words of refusals that say "not now" or "not you", that raise a doubt, or that want more."""


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
    maximal* | flood* | tarpit* | not responding | service not available | cannot contact
    temporar* | transient* | try again | again | later
    retry* | come back | at this time | at the moment
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
    "超限 稍后 稍後 暂时 暫時 繁忙 过多 過多 太多 频繁 頻繁 超过 超過 超出 限制 "
    "维护 維護 重试 重試 系统忙 系统错误 "
    "内部错误 过载 再试 再試 分钟 分鐘 分後 秒后 秒後 "
    "しばらく 一時 後で 後ほど 混雑 多すぎ 再度 再試行 メンテナンス 超え 上限 内部エラー 過負荷 "
    "ただいま 나중에 일시 다시 초과 점검",
)

# What a greeting, or a word beside an answer, says of a service that is away; fewer, for hosts and products have names.
AWAY = Phrases(
    """
    temporar* | try again | try later | again later | maintenance | unavailable | overload* | busy | out of service
    is down | are down | sys/temp | offline | off-line | not ready | starting up | degraded | not reachable
    unreachable | for now | this session | not responding | backend error | no domain controller | too many failed
    vorübergehend* | wartung* | temporairement | mantenimiento | manutenzione | konserwacj* | обслужив*
    """,
    "维护 維護 暂时 暫時 メンテナンス 점검",
)

# Who is turned away by these alone.
NOT_YOU = Phrases(
    """
    not allowed to connect | banned | black ip | blacklist* | black-list* | black list | blocklist*
    block list | denylist* | spamhaus | rbl
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

# Whose refusal has one of these may know the command, and forbid it or be broken.
FORBIDS = Phrases(
    """
    denied | access | deny | refused | permission* | policy | policies | administrat* | prohibited | forbidden
    authorized | certificate* | cert | for you | for your | from your | not allowed | not permitted
    """
)

# Who says these knows what was asked for, and misses the first message.
MORE_WANTED = Phrases("initial | initial-response | missing | argument* | parameter* | expected | incomplete | too few")

# What a server says of a command that it does not know, besides the command.
NO_COMMAND = frozenset(
    "error syntax command commands not implemented recognized recognised unrecognized unrecognised unknown unsupported "
    "supported invalid unimplemented understood unavailable available bad what is the this esmtp smtp by server "
    "verb subcommand keyword null illegal found yet try type help".split()
)

# One of these at least is among the words.
NO_SUCH_COMMAND = frozenset(
    "command commands subcommand verb keyword unknown unrecognized unrecognised unimplemented unsupported illegal "
    "invalid syntax implemented supported recognized recognised understood what such parse".split()
)
# And these may be.
IN_THIS_STATE = frozenset(
    "valid such no in current authorization state received from client parse parsing could understand a an expected "
    "got something else imap pop pop3 managesieve sir mate must be one of or try capa user pass apop quit name "
    "string".split()
)

# So qmail-popup answers all but USER, PASS, APOP and QUIT, Exchange's POP3 what it does not know, and Citadel's SMTP.
NO_COMMAND_PHRASES = frozenset(
    {("authorization", "first"), ("protocol", "error"), ("i'm", "afraid", "i", "can't", "do", "that")}
)
