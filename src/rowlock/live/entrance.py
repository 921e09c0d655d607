"""Who may follow the seats while a waiting room is on, and which place somebody has in its line."""

from rowlock.identity import Person
from rowlock.kernel.problems import Problem
from rowlock.live.handshake import StreamWish
from rowlock.platform.http.calls import RawHeaders
from rowlock.waiting_room.desk import TICKET_COOKIE, TICKET_HEADER
from rowlock.waiting_room.doorman import ADMISSION_HEADER, QUEUE_PATH, Doorman, carried
from rowlock.waiting_room.signing import QueueSeals, QueueTicket


class Entrance:
    """Reads what a request for a stream carries of the waiting room: header lines, cookies, or the address."""

    def __init__(self, doorman: Doorman, seals: QueueSeals) -> None:
        self._doorman = doorman
        self._seals = seals

    def check(self, wish: StreamWish, person: Person | None, headers: RawHeaders) -> None:
        """Problem `admission_needed` for the seats of an event whose room is on, without a turn."""
        if wish.admission is not None:
            headers = [*headers, (ADMISSION_HEADER, wish.admission.encode())]
        if not self._doorman.watches(wish.event_id, person, headers):
            queue = QUEUE_PATH.format(wish.event_id)
            raise Problem("admission_needed", "Seats are shown live to those whose turn it is.", queue=queue)

    def place(self, wish: StreamWish, headers: RawHeaders) -> QueueTicket | None:
        """The place that a queue ticket proves; None without one of ours."""
        cookie = carried(headers, TICKET_HEADER, f"{TICKET_COOKIE}{wish.event_id}")
        return self._seals.read_ticket(wish.place or cookie)
