"""A kept-open connection that costs the machine as little as can be: what is measured is served."""

import socket


class Line:
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, asked: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer to a request."""
        self.socket.sendall(asked)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.more()
        head, _, body = got.partition(b"\r\n\r\n")
        status = int(head[9:12])
        length = 0
        if status not in (204, 304):
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        pieces, had = [body], len(body)
        while had < length:
            pieces.append(self.more())
            had += len(pieces[-1])
        return status, head, b"".join(pieces)

    def more(self) -> bytes:
        """What has come meanwhile."""
        got = self.socket.recv(1 << 18)
        if not got:
            raise ConnectionError("the server hung up")
        return got

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def request(method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
    """A request as it is sent."""
    told = headers if body is None else headers | {"Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in told.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b"")
