"""A mail server on loopback that keeps what it is given; it refuses some addresses, or everything."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """``mails``: what it took; ``refused``: addresses it does not take; ``is_full``: it takes nothing for now."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.is_full = False

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def to(self) -> list[str]:
        return sorted(str(one["To"]) for one in self.mails)


class _Talk(socketserver.StreamRequestHandler):
    """SMTP (RFC 5321) as far as a client that sends one mail after the other needs it."""

    server: MailServer

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb == "DATA":
                self.say("354 go on")
                told = []
                while (data := self.rfile.readline()) != b".\r\n":
                    told.append(data[1:] if data.startswith(b"..") else data)
                message = email.message_from_bytes(b"".join(told), policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                self.server.mails.append(message)
            elif verb == "MAIL" and self.server.is_full:
                self.say("452 no room")
                continue
            elif verb == "RCPT" and any(address in line for address in self.server.refused):
                self.say("550 nobody")
                continue
            self.say("250 ok")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
