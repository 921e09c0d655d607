"""What most tutorials build: FastAPI, an ORM, SELECT ... FOR UPDATE. Kept to be measured against, in the same run."""
