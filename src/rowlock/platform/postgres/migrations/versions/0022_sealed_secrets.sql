-- The key of certificates and the secret behind hidden names, too, are sealed as soon as the roles have secret keys.
ALTER TABLE certificate_keys ADD COLUMN sealed boolean NOT NULL DEFAULT false, DROP CONSTRAINT certificate_keys_secret_check;
ALTER TABLE certificate_keys ADD CHECK (sealed OR length(secret) = 32);
ALTER TABLE bot_secret ADD COLUMN sealed boolean NOT NULL DEFAULT false, DROP CONSTRAINT bot_secret_secret_check;
ALTER TABLE bot_secret ADD CHECK (sealed OR octet_length(secret) = 32);
