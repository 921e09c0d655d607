-- Numbers documents and keeps them, in one step: numbers of an organiser's series have no gaps and none comes twice.
--
-- The counters' rows are locked, in the organisers' order, until the transaction ends; who comes second finds the documents
-- there and draws no number. Answers all of them, whenever they were made, each once. Receipts are of no refund.
CREATE OR REPLACE FUNCTION issue_documents_v1(
    p_organisers bigint[], p_series text, p_bookings uuid[], p_refunds uuid[], p_facts jsonb[]
)
RETURNS TABLE (booking_id uuid, organiser_id bigint, number bigint)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO document_numbers (organiser_id, series)
    SELECT DISTINCT organiser, p_series FROM unnest(p_organisers) AS organiser ORDER BY 1
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM document_numbers n WHERE n.organiser_id = ANY (p_organisers) AND n.series = p_series
    ORDER BY n.organiser_id FOR UPDATE;
    RETURN QUERY
    WITH wanted AS (
        SELECT DISTINCT ON (w.booking, w.refund) w.*
        FROM unnest(p_organisers, p_bookings, p_refunds, p_facts)
             WITH ORDINALITY AS w(organiser, booking, refund, facts, place)
        ORDER BY w.booking, w.refund, w.place
    ), found AS (
        SELECT d.booking_id, d.refund_id, d.organiser_id, d.number
        FROM wanted w JOIN documents d ON d.booking_id = w.booking AND d.refund_id IS NOT DISTINCT FROM w.refund
    ), made AS (
        INSERT INTO documents (organiser_id, series, number, booking_id, refund_id, facts)
        SELECT w.organiser, p_series, n.last + row_number() OVER (PARTITION BY w.organiser ORDER BY w.place),
               w.booking, w.refund, w.facts
        FROM wanted w JOIN document_numbers n ON n.organiser_id = w.organiser AND n.series = p_series
        WHERE NOT EXISTS (
            SELECT FROM found f WHERE f.booking_id = w.booking AND f.refund_id IS NOT DISTINCT FROM w.refund
        )
        RETURNING booking_id, organiser_id, number
    ), counted AS (
        UPDATE document_numbers n SET last = m.last
        FROM (SELECT organiser_id, max(number) AS last FROM made GROUP BY organiser_id) m
        WHERE n.organiser_id = m.organiser_id AND n.series = p_series
    )
    SELECT f.booking_id, f.organiser_id, f.number FROM found f
    UNION ALL
    SELECT m.booking_id, m.organiser_id, m.number FROM made m;
END
$$;
