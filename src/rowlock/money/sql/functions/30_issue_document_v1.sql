-- Numbers a document and keeps it, in one step: numbers of an organiser's series have no gaps and none comes twice.
--
-- The counter's row is locked until the transaction ends; who comes second finds the document there and draws no number.
-- Answers the document's number and whether it was made now.
CREATE OR REPLACE FUNCTION issue_document_v1(
    p_organiser bigint, p_series text, p_booking uuid, p_refund uuid, p_facts jsonb, OUT number bigint, OUT made boolean
)
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO document_numbers (organiser_id, series) VALUES (p_organiser, p_series) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM document_numbers n WHERE n.organiser_id = p_organiser AND n.series = p_series FOR UPDATE;
    SELECT d.number INTO number FROM documents d
    WHERE d.booking_id = p_booking AND d.refund_id IS NOT DISTINCT FROM p_refund;
    made := number IS NULL;
    IF made THEN
        UPDATE document_numbers n SET last = n.last + 1
        WHERE n.organiser_id = p_organiser AND n.series = p_series RETURNING n.last INTO number;
        INSERT INTO documents (organiser_id, series, number, booking_id, refund_id, facts)
        VALUES (p_organiser, p_series, number, p_booking, p_refund, p_facts);
    END IF;
END
$$;
