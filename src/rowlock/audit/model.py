"""The words of the audit log. Pure."""

from datetime import datetime
from typing import Literal, get_args

import msgspec

Action = Literal[
    "create_organiser", "issue_tokens", "rotate_keys", "create_client", "disable_client", "create_venue",
    "create_plan", "create_event", "change_event", "block_seats", "unblock_seats", "propose_change", "approve_change",
    "reject_change", "set_two_people", "export_person", "erase_person", "grant_role", "withdraw_role",
    "recover_account", "sign_out_account", "rule_on_bot", "refund_booking", "refund_event", "create_codes",
    "disable_code", "refuse_notice", "set_organiser_papers", "control_queue", "revoke_place", "stop_clock",
    "start_clock",
]  # fmt: skip
ACTIONS: tuple[Action, ...] = get_args(Action)


class AuditEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One thing somebody did. `before` and `after` hold what changed, as JSON; `object` is kind and id: `event:12`."""

    no: int
    at: datetime
    actor: str
    role: str
    organiser_id: str | None
    action: str
    object: str
    before: msgspec.Raw | None
    after: msgspec.Raw | None
    reason: str | None


class AuditPage(msgspec.Struct, frozen=True, rename="camel"):
    """Newest first; `next_cursor` asks for the ones before."""

    items: tuple[AuditEntry, ...]
    next_cursor: str | None
