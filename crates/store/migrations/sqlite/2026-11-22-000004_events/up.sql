-- Events: community activities with sign-up, a waitlist, a changing code at the door, hours and awards.

CREATE TABLE events (
    id BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL CONSTRAINT events_unit REFERENCES units (id),
    kind TEXT NOT NULL CONSTRAINT events_kind CHECK (kind IN ('activity', 'volunteering', 'training', 'publicity', 'sharing')),
    section TEXT NOT NULL,
    -- Free tags of "points +" programmes, as JSON.
    themes TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    place TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    sign_up_from INTEGER NOT NULL,
    sign_up_until INTEGER NOT NULL,
    withdraw_until INTEGER NOT NULL,
    capacity INTEGER NOT NULL CONSTRAINT events_capacity CHECK (capacity >= 1 AND capacity <= 100000),
    -- For how many minutes a freed seat waits for the next of the waitlist.
    offer_minutes INTEGER NOT NULL,
    minimum_age INTEGER,
    item_id BLOB CONSTRAINT events_item REFERENCES items (id),
    award_per TEXT CONSTRAINT events_award CHECK (award_per IN ('person', 'hour')),
    state TEXT NOT NULL CONSTRAINT events_state CHECK (state IN ('draft', 'published', 'cancelled', 'completed')),
    reason TEXT,
    -- Seats that are confirmed or offered: never more than the capacity.
    taken INTEGER NOT NULL,
    -- The next place in the waitlist.
    next_place INTEGER NOT NULL,
    -- What the code at the door is made from.
    door_secret BLOB NOT NULL,
    -- Whether those who signed up were reminded.
    reminded INTEGER NOT NULL,
    recap_id BLOB CONSTRAINT events_recap REFERENCES deeds (id),
    drafted_by BLOB NOT NULL,
    completed_by BLOB,
    completed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT events_seats CHECK (taken >= 0 AND taken <= capacity),
    CONSTRAINT events_times CHECK (starts_at < ends_at AND sign_up_from < sign_up_until AND sign_up_until <= ends_at AND withdraw_until <= ends_at),
    CONSTRAINT events_awarded CHECK ((item_id IS NULL) = (award_per IS NULL))
) STRICT;
CREATE INDEX events_by_unit ON events (unit_id, starts_at, id);
CREATE INDEX events_by_state ON events (state, starts_at, id);
CREATE INDEX events_to_remind ON events (starts_at) WHERE state = 'published' AND reminded = 0;
-- A published event once per unit above it, by its start: the calendar of any subtree is one index range.
CREATE TABLE event_calendar (
    unit_id BLOB NOT NULL,
    starts_at INTEGER NOT NULL,
    event_id BLOB NOT NULL CONSTRAINT event_calendar_event REFERENCES events (id),
    section TEXT NOT NULL,
    PRIMARY KEY (unit_id, starts_at, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_calendar_by_event ON event_calendar (event_id);

CREATE TABLE sign_ups (
    id BLOB PRIMARY KEY,
    event_id BLOB NOT NULL CONSTRAINT sign_ups_event REFERENCES events (id),
    resident_id BLOB NOT NULL CONSTRAINT sign_ups_resident REFERENCES residents (id),
    state TEXT NOT NULL CONSTRAINT sign_ups_state CHECK (state IN ('confirmed', 'waiting', 'offered', 'withdrawn', 'lapsed')),
    -- The place in the waitlist: who came first has the lower number.
    place INTEGER,
    offered_until INTEGER,
    -- The member of staff who signed this person up, or recorded the attendance.
    entered_by BLOB,
    checked_in_at INTEGER,
    checked_out_at INTEGER,
    -- Minutes that count, as computed by the completion.
    minutes INTEGER,
    claim_id BLOB CONSTRAINT sign_ups_claim REFERENCES claims (id),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- A person has one place in an event.
    CONSTRAINT sign_ups_once UNIQUE (event_id, resident_id)
) STRICT;
CREATE INDEX sign_ups_by_event ON sign_ups (event_id, state, place);
CREATE INDEX sign_ups_roster ON sign_ups (event_id, id);
CREATE INDEX sign_ups_by_resident ON sign_ups (resident_id, id);
CREATE INDEX sign_ups_offered ON sign_ups (offered_until) WHERE state = 'offered';

-- The day of birth, where the desk knows it: for a minimum age. Personal: deletable.
CREATE TABLE resident_births (
    resident_id BLOB PRIMARY KEY CONSTRAINT resident_births_resident REFERENCES residents (id),
    born INTEGER NOT NULL
) STRICT;

-- Pictures of events.
ALTER TABLE pictures ADD COLUMN event_id BLOB CONSTRAINT pictures_event REFERENCES events (id);
CREATE INDEX pictures_by_event ON pictures (event_id, position) WHERE event_id IS NOT NULL;
DROP INDEX pictures_unattached;
CREATE INDEX pictures_unattached ON pictures (created_at)
    WHERE deed_id IS NULL AND merchant_id IS NULL AND offer_id IS NULL AND event_id IS NULL;

-- The recap of an event stands in the feed as a deed of its unit: without a resident. `identity_id` is then the member of staff.
ALTER TABLE deeds ADD COLUMN event_id BLOB CONSTRAINT deeds_event REFERENCES events (id);

-- Attendance makes claims, and a deed may be without a resident. No row changes: SQLite's own recipe is to write the new text.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''deed'', ''staff_entry'')', '(''deed'', ''staff_entry'', ''check_in'')')
    WHERE type = 'table' AND name = 'claims';
UPDATE sqlite_schema SET sql = replace(sql, 'resident_id BLOB NOT NULL CONSTRAINT deeds_resident', 'resident_id BLOB CONSTRAINT deeds_resident')
    WHERE type = 'table' AND name = 'deeds';
PRAGMA writable_schema = RESET;
