"""What a viewer's WebSocket says: frames into messages. It exists only while bytes of an unfinished one are there."""

from collections.abc import Generator, Iterator

from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from rowlock.kernel import limits

_DATA = (Opcode.TEXT, Opcode.BINARY)


class BadFrames(Exception):  # noqa: N818  an outcome for the connection
    """The viewer breaks the protocol; `code` is the WebSocket close code that says how."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Inbound:
    """Puts the frames of one connection together."""

    __slots__ = ("_message", "_parser", "_reader")

    def __init__(self) -> None:
        self._reader = StreamReader()
        self._parser: Generator[None, None, Frame] | None = None
        self._message: bytearray | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing has to be remembered until more comes."""
        return self._parser is None and self._message is None

    def feed(self, data: bytes) -> Iterator[tuple[Opcode, bytes]]:
        """Whole messages and control frames, in order; BadFrames at the first fault."""
        self._reader.feed_data(data)
        while (frame := self._next_frame()) is not None:
            if frame.opcode in _DATA or frame.opcode is Opcode.CONT:
                whole = self._join(frame)
                if whole is not None:
                    yield Opcode.TEXT, whole
            else:
                yield frame.opcode, bytes(frame.data)

    def _next_frame(self) -> Frame | None:
        if self._parser is None:
            if not self._reader.buffer:
                return None
            read = self._reader.read_exact
            self._parser = Frame.parse(read, mask=True, max_size=limits.STREAM_MESSAGE_BYTES_MAX)
        try:
            next(self._parser)
        except StopIteration as done:
            self._parser = None
            frame: Frame = done.value
            return frame
        except PayloadTooBig as error:
            raise BadFrames(1009, f"a message has at most {limits.STREAM_MESSAGE_BYTES_MAX} bytes") from error
        except ProtocolError as error:
            raise BadFrames(1002, str(error)) from error
        return None

    def _join(self, frame: Frame) -> bytes | None:
        """The message that this frame ends, if it does."""
        if (self._message is None) == (frame.opcode is Opcode.CONT):
            raise BadFrames(1002, "a fragment is out of place")
        message = self._message = (self._message or bytearray()) + frame.data
        if len(message) > limits.STREAM_MESSAGE_BYTES_MAX:
            raise BadFrames(1009, f"a message has at most {limits.STREAM_MESSAGE_BYTES_MAX} bytes")
        if not frame.fin:
            return None
        self._message = None
        return bytes(message)
