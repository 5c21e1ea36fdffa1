-- Events: community activities with sign-up, a waitlist, a changing code at the door, hours and awards.

CREATE TABLE events (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL CONSTRAINT events_unit REFERENCES units (id),
    kind text NOT NULL CONSTRAINT events_kind CHECK (kind IN ('activity', 'volunteering', 'training', 'publicity', 'sharing')),
    section text NOT NULL,
    -- Free tags of "points +" programmes, as JSON.
    themes text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    place text NOT NULL,
    starts_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    sign_up_from bigint NOT NULL,
    sign_up_until bigint NOT NULL,
    withdraw_until bigint NOT NULL,
    capacity integer NOT NULL CONSTRAINT events_capacity CHECK (capacity >= 1 AND capacity <= 100000),
    -- For how many minutes a freed seat waits for the next of the waitlist.
    offer_minutes integer NOT NULL,
    minimum_age integer,
    item_id uuid CONSTRAINT events_item REFERENCES items (id),
    award_per text CONSTRAINT events_award CHECK (award_per IN ('person', 'hour')),
    state text NOT NULL CONSTRAINT events_state CHECK (state IN ('draft', 'published', 'cancelled', 'completed')),
    reason text,
    -- Seats that are confirmed or offered: never more than the capacity.
    taken integer NOT NULL,
    -- The next place in the waitlist.
    next_place bigint NOT NULL,
    -- What the code at the door is made from.
    door_secret bytea NOT NULL,
    -- Whether those who signed up were reminded.
    reminded boolean NOT NULL,
    recap_id uuid CONSTRAINT events_recap REFERENCES deeds (id),
    drafted_by uuid NOT NULL,
    completed_by uuid,
    completed_at bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT events_seats CHECK (taken >= 0 AND taken <= capacity),
    CONSTRAINT events_times CHECK (starts_at < ends_at AND sign_up_from < sign_up_until AND sign_up_until <= ends_at AND withdraw_until <= ends_at),
    CONSTRAINT events_awarded CHECK ((item_id IS NULL) = (award_per IS NULL))
);
CREATE INDEX events_by_unit ON events (unit_id, starts_at, id);
CREATE INDEX events_by_state ON events (state, starts_at, id);
CREATE INDEX events_to_remind ON events (starts_at) WHERE state = 'published' AND NOT reminded;
-- A published event once per unit above it, by its start: the calendar of any subtree is one index range.
CREATE TABLE event_calendar (
    unit_id uuid NOT NULL,
    starts_at bigint NOT NULL,
    event_id uuid NOT NULL CONSTRAINT event_calendar_event REFERENCES events (id),
    section text NOT NULL,
    PRIMARY KEY (unit_id, starts_at, event_id)
);
CREATE INDEX event_calendar_by_event ON event_calendar (event_id);

CREATE TABLE sign_ups (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL CONSTRAINT sign_ups_event REFERENCES events (id),
    resident_id uuid NOT NULL CONSTRAINT sign_ups_resident REFERENCES residents (id),
    state text NOT NULL CONSTRAINT sign_ups_state CHECK (state IN ('confirmed', 'waiting', 'offered', 'withdrawn', 'lapsed')),
    -- The place in the waitlist: who came first has the lower number.
    place bigint,
    offered_until bigint,
    -- The member of staff who signed this person up, or recorded the attendance.
    entered_by uuid,
    checked_in_at bigint,
    checked_out_at bigint,
    -- Minutes that count, as computed by the completion.
    minutes integer,
    claim_id uuid CONSTRAINT sign_ups_claim REFERENCES claims (id),
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    -- A person has one place in an event.
    CONSTRAINT sign_ups_once UNIQUE (event_id, resident_id)
);
CREATE INDEX sign_ups_by_event ON sign_ups (event_id, state, place);
CREATE INDEX sign_ups_roster ON sign_ups (event_id, id);
CREATE INDEX sign_ups_by_resident ON sign_ups (resident_id, id);
CREATE INDEX sign_ups_offered ON sign_ups (offered_until) WHERE state = 'offered';

-- The day of birth, where the desk knows it: for a minimum age. Personal: deletable.
CREATE TABLE resident_births (
    resident_id uuid PRIMARY KEY CONSTRAINT resident_births_resident REFERENCES residents (id),
    born integer NOT NULL
);

-- Pictures of events.
ALTER TABLE pictures ADD COLUMN event_id uuid CONSTRAINT pictures_event REFERENCES events (id);
CREATE INDEX pictures_by_event ON pictures (event_id, position) WHERE event_id IS NOT NULL;
DROP INDEX pictures_unattached;
CREATE INDEX pictures_unattached ON pictures (created_at)
    WHERE deed_id IS NULL AND merchant_id IS NULL AND offer_id IS NULL AND event_id IS NULL;

-- The recap of an event stands in the feed as a deed of its unit: without a resident. `identity_id` is then the member of staff.
ALTER TABLE deeds ADD COLUMN event_id uuid CONSTRAINT deeds_event REFERENCES events (id);

-- Attendance makes claims, and a deed may be without a resident.
ALTER TABLE claims DROP CONSTRAINT claims_cause;
ALTER TABLE claims ADD CONSTRAINT claims_cause CHECK (cause IN ('deed', 'staff_entry', 'check_in'));
ALTER TABLE deeds ALTER COLUMN resident_id DROP NOT NULL;
