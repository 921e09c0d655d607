-- name: holds_of
-- The holds of these buyers that stand, and those of the given bookings that ended by time. Seconds left by this clock.
SELECT id, buyer, status, extract(epoch FROM hold_expires_at - clock_timestamp())::double precision AS seconds
FROM bookings WHERE buyer = ANY ($1) AND status IN ('HOLD', 'PAYMENT_PENDING')
UNION ALL
SELECT id, buyer, status, 0 FROM bookings WHERE id = ANY ($2) AND status = 'EXPIRED'
