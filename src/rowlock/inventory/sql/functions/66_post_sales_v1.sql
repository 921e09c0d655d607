-- Posts the sale of bookings that have just been confirmed: their buyers owe what the organiser, the fees and the tax get.
CREATE OR REPLACE FUNCTION post_sales_v1(p_bookings uuid[]) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO money_ledger (kind, organiser_id, event_id, booking_id, payment_id, provider, currency, accounts, amounts)
    SELECT 'sale', e.organiser_id, e.id, b.id, b.payment_id, p.provider, e.currency,
           ARRAY['buyer', 'organiser', 'fees', 'tax'], ARRAY[b.total, s.fee + s.tax - b.total, -s.fee, -s.tax]
    FROM (SELECT booking_id, sum(fee)::bigint AS fee, sum(tax)::bigint AS tax
          FROM booking_split_v1(p_bookings) GROUP BY booking_id) s
    JOIN bookings b ON b.id = s.booking_id
    JOIN payments p ON p.id = b.payment_id
    JOIN events e ON e.id = b.event_id
$$;
