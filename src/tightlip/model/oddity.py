"""What was odd in a peer's bytes: a closed list of names, each with its detail and offset."""

from enum import StrEnum

from msgspec import Struct


class OddityName(StrEnum):
    """Everything this project has a name for when a peer strays from the specification."""

    # The challenge message (MS-NLMP 2.2.1.2) and its AV pairs (2.2.2.1)
    NOT_NTLMSSP = "not_ntlmssp"
    WRONG_MESSAGE_TYPE = "wrong_message_type"
    TRUNCATED_HEADER = "truncated_header"
    FIELD_OUT_OF_RANGE = "field_out_of_range"
    FIELD_TRUNCATED = "field_truncated"
    FIELD_IN_HEADER = "field_in_header"
    LENGTH_OVER_MAXIMUM = "length_over_maximum"
    ODD_UTF16_LENGTH = "odd_utf16_length"
    INVALID_UTF16 = "invalid_utf16"
    NOT_ASCII_OEM = "not_ascii_oem"
    CHARSET_UNSTATED = "charset_unstated"
    AV_PAIR_TRUNCATED = "av_pair_truncated"
    AV_PAIR_DUPLICATE = "av_pair_duplicate"
    AV_PAIR_UNKNOWN = "av_pair_unknown"
    AV_PAIR_WRONG_LENGTH = "av_pair_wrong_length"
    AV_PAIRS_AFTER_EOL = "av_pairs_after_eol"
    AV_EOL_MISSING = "av_eol_missing"
    TARGET_INFO_UNFLAGGED = "target_info_unflagged"
    TARGET_INFO_MISSING = "target_info_missing"
    VERSION_UNFLAGGED = "version_unflagged"
    VERSION_MISSING = "version_missing"
    TIMESTAMP_OUT_OF_RANGE = "timestamp_out_of_range"
    TOO_MANY_AV_PAIRS = "too_many_av_pairs"
    EMPTY_NAME = "empty_name"
    # The envelope around it (RFC 4178, RFC 4648)
    SPNEGO_MALFORMED = "spnego_malformed"
    SPNEGO_WITHOUT_NTLM = "spnego_without_ntlm"
    SPNEGO_UNASKED = "spnego_unasked"
    NTLMSSP_OUTSIDE_SPNEGO = "ntlmssp_outside_spnego"
    NOT_BASE64 = "not_base64"
    BASE64_LOOSE = "base64_loose"
    # The conversation
    BYTES_BEFORE_TLS = "bytes_before_tls"
    NO_SPACE_AFTER_PLUS = "no_space_after_plus"
    OK_AS_GO_AHEAD = "ok_as_go_ahead"
    TEXT_IN_PROMPT = "text_in_prompt"
    UNEXPECTED_REPLY = "unexpected_reply"
    OUT_OF_STEP = "out_of_step"
    NOT_NOW = "not_now"
    BARE_LF = "bare_lf"
    NUL_BYTE = "nul_byte"
    CANCEL_NOT_REFUSED = "cancel_not_refused"
    LIST_TOO_LONG = "list_too_long"
    SAME_ADDRESS = "same_address"
    TRANSCRIPT_CUT = "transcript_cut"


class Oddity(Struct, frozen=True, gc=False, tag="oddity", omit_defaults=True):
    """One oddity; ``offset`` counts bytes from the start of the message it was found in."""

    name: OddityName
    detail: str = ""
    offset: int | None = None
