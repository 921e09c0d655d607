-- A payment changes its phase three times, and each time every index of its row is written. The key towards the provider
-- always was the payment's id, and payments_one_live finds the live payments of a booking as well.
ALTER TABLE payments DROP COLUMN provider_key;
DROP INDEX payments_booking;
