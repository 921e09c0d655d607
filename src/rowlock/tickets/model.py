"""What is said to and by the api about tickets. Fields are the contract's JSON fields."""

import msgspec


class ContactBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Where a guest's tickets go, and in which language (`en`, `de`, `fr`)."""

    email: str
    language: str | None = None
