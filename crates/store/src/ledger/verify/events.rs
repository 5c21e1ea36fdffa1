//! What must hold of events: seats are counted by sign-ups, no place of a waitlist is given twice, and claims of attendance belong to who came.

/// As [`super::CHECKS`].
pub(super) const CHECKS: &[(&str, &str)] = &[
    (
        "every event counts its seats, and has no more than there are",
        "SELECT 'event ' || {hex:e.id} || ' counts ' || CAST(e.taken AS TEXT) || ' seats of ' || CAST(e.capacity AS TEXT) || ', its sign-ups ' \
           || CAST(COALESCE(x.n, 0) AS TEXT) AS what \
         FROM events e LEFT JOIN (SELECT event_id, COUNT(*) AS n FROM sign_ups WHERE state IN ('confirmed', 'offered') GROUP BY event_id) x \
         ON x.event_id = e.id WHERE e.taken <> COALESCE(x.n, 0) OR e.taken > e.capacity",
    ),
    (
        "every place of a waitlist was given once",
        "SELECT 'place ' || CAST(place AS TEXT) || ' of event ' || {hex:event_id} || ' is given ' || CAST(COUNT(*) AS TEXT) || ' times' AS what \
         FROM sign_ups WHERE place IS NOT NULL GROUP BY event_id, place HAVING COUNT(*) > 1 \
         UNION ALL SELECT 'sign-up ' || {hex:s.id} || ' waits in no place that was given' FROM sign_ups s JOIN events e ON e.id = s.event_id \
         WHERE s.state IN ('waiting', 'offered') AND (s.place IS NULL OR s.place >= e.next_place)",
    ),
    (
        "every claim of attendance belongs to somebody who came",
        "SELECT 'claim ' || {hex:c.id} || ' is of no sign-up of somebody who came' AS what FROM claims c \
         LEFT JOIN sign_ups s ON s.id = c.cause_id AND s.claim_id = c.id AND s.state = 'confirmed' AND s.checked_in_at IS NOT NULL \
           AND s.minutes IS NOT NULL AND (c.resident_id IS NULL OR c.resident_id = s.resident_id) \
         WHERE c.cause = 'check_in' AND s.id IS NULL \
         UNION ALL SELECT 'sign-up ' || {hex:s.id} || ' names a claim that is not its own' FROM sign_ups s \
         LEFT JOIN claims c ON c.id = s.claim_id AND c.cause = 'check_in' AND c.cause_id = s.id WHERE s.claim_id IS NOT NULL AND c.id IS NULL",
    ),
];
