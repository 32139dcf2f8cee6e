"""The NTLMSSP messages: the one we send, and a reader of challenges that never raises and hides nothing odd."""

from tightlip.ntlm.challenge import ChallengeMessage, HeaderShape, parse_challenge

__all__ = ["ChallengeMessage", "HeaderShape", "parse_challenge"]
