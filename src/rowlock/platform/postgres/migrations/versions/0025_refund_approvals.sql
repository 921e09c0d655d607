-- Paying everybody of an event back is a change that may take two people, too.
ALTER TABLE approvals DROP CONSTRAINT approvals_kind_check;
ALTER TABLE approvals ADD CONSTRAINT approvals_kind_check
    CHECK (kind IN ('change_event', 'block_seats', 'unblock_seats', 'refund_event'));
