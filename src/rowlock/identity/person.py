"""Who somebody is to us, as their token says it. Pure."""

from typing import Literal, get_args

import msgspec

Role = Literal["buyer", "door", "box_office", "organiser", "organiser_admin", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)
STAFF_ROLES: tuple[Role, ...] = ("door", "box_office", "organiser", "organiser_admin")
"""Roles within one organiser. An operator runs the installation and works for all of them."""
HOUSE = 1
"""The organiser that is there from the beginning."""

ApiScope = Literal["bookings", "events", "audit"]
"""What other programs may be allowed on behalf of somebody: to see, hold and buy seats; to make and change venues,
plans, events and blocks; to read the audit log."""
SCOPES: tuple[ApiScope, ...] = get_args(ApiScope)
Scope = ApiScope | Literal["openid"]
"""`openid` opens what tells a program who somebody is."""


class Person(msgspec.Struct, frozen=True):
    """Who is asking. `subject` is the same for all tokens of one person; `organiser_id` is who staff work for."""

    subject: str
    role: Role
    organiser_id: int | None = None
    session_id: str | None = None
    """What the token ends with when it is ended before its time: a session, a grant to a program, a key."""
    strong: bool = False
    """Whether a second factor was given."""
    scopes: frozenset[str] | None = None
    """What a program may do in this person's name; None: it is our own page or script, which may do all they may."""

    def works_for(self, organiser_id: int) -> bool:
        """Whether what belongs to an organiser is this person's business at all."""
        return self.role == "operator" or (self.organiser_id == organiser_id and self.role in STAFF_ROLES)

    def lends(self, scope: Scope | None) -> bool:
        """Whether the token is good for what needs `scope`; None is what only our own pages and scripts may do."""
        return self.scopes is None or (scope is not None and scope in self.scopes)

    @property
    def reach(self) -> int | None:
        """The organiser whose things this person may touch, None: of every organiser."""
        return None if self.role == "operator" else self.organiser_id or 0

    @property
    def makes_for(self) -> int:
        """The organiser that new things of this person belong to."""
        return self.organiser_id or HOUSE
