-- Who reads the database shall not be able to sign: keys are sealed as soon as the roles have secret keys.
ALTER TABLE signing_keys ADD COLUMN sealed boolean NOT NULL DEFAULT false;
