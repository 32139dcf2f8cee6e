"""One mail host as most are set up: Dovecot for POP3 and IMAP, and a Postfix that asks it who may log in."""

from __future__ import annotations

from pathlib import Path

from tests.real.servers import dovecot, postfix
from tests.real.servers.contract import FIXED, LEAKY, Listener, ServerFailed
from tests.real.servers.dovecot import Dovecot
from tests.real.servers.etc import write_etc
from tests.real.servers.namespace import Namespace, Stage
from tests.real.servers.postfix import Postfix
from tests.real.servers.prefix import prefix
from tests.real.servers.ready import CHALLENGED, REFUSED, wait_for_listeners, wait_for_ntlm


class MailHost:
    """Dovecot and Postfix in the same namespaces."""

    name = "mail-host"
    variants = (LEAKY, FIXED)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("dovecot", "postfix"):
            (folder / part).mkdir(exist_ok=True)
            (folder / part).chmod(0o755)
        self.dovecot = Dovecot(folder / "dovecot")
        self.postfix = Postfix(folder / "postfix", self.dovecot)
        self.namespace = Namespace(folder)

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Those of both."""
        return (*self.dovecot.listeners, *self.postfix.listeners)

    def start(self, variant: str) -> None:
        """Run Dovecot in the background and Postfix' master as the namespaces' server."""
        roots = [prefix("dovecot", dovecot.PACKAGES), prefix("postfix", postfix.PACKAGES)]
        for each in (self.dovecot, self.postfix):
            each.prepare()
            each.configure(variant)
        etc = write_etc(self.folder, [*dovecot.USERS, *postfix.USERS])
        self.namespace.start(
            Stage(
                argv=self.postfix.command,
                first=[*self.postfix.first, ["/usr/sbin/dovecot", "-c", str(self.dovecot.folder / "dovecot.conf")]],
                overlays={
                    "/usr": [*(f"{root}/usr" for root in roots), "/usr"],
                    "/etc": [str(etc), *(f"{root}/etc" for root in roots), "/etc"],
                },
                empty=["/run"],
            )
        )
        wait_for_listeners(self.listeners, self.namespace)

    def reconfigure(self, variant: str) -> None:
        """Write the other configuration of both and have them take it up, Dovecot first."""
        for each in (self.dovecot, self.postfix):
            each.configure(variant)
        for command in (
            ["doveadm", "-c", str(self.dovecot.folder / "dovecot.conf"), "reload"],
            ["postfix", "-c", str(self.postfix.folder / "conf"), "reload"],
        ):
            done = self.namespace.run(*command)
            if done.returncode != 0:
                raise ServerFailed(f"{command[0]}: {done.stdout}")
        wait_for_ntlm(self.listeners, REFUSED if variant == FIXED else CHALLENGED, self.namespace)

    def stop(self) -> None:
        """End both."""
        self.namespace.stop()
