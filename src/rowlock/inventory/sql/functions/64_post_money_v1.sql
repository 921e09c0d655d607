-- One posting of the ledger of money: what moved, between which accounts, for which booking. Debits above zero, credits below.
--
-- A repeat of a posting (same booking, kind, payment and refund) changes nothing. Accounts: buyer, provider, organiser, fees,
-- tax, refunds_due, exchange, disputed.
CREATE OR REPLACE FUNCTION post_money_v1(
    p_kind text, p_booking uuid, p_payment uuid, p_refund uuid, p_provider text, p_accounts text[], p_amounts bigint[]
) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO money_ledger (kind, organiser_id, event_id, booking_id, payment_id, refund_id, provider, currency,
                              accounts, amounts)
    SELECT p_kind, e.organiser_id, e.id, b.id, p_payment, p_refund, p_provider, e.currency, p_accounts, p_amounts
    FROM bookings b JOIN events e ON e.id = b.event_id WHERE b.id = p_booking
    ON CONFLICT (booking_id, kind, payment_id, refund_id) DO NOTHING
$$;
