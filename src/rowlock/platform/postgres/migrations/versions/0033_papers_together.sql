-- Papers are numbered many at a time.
DROP FUNCTION IF EXISTS issue_document_v1(bigint, text, uuid, uuid, jsonb);
