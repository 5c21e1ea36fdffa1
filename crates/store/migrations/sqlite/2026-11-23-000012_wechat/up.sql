-- What WeChat asks of whoever shows what people write, and what it tells and is told: pushes, content checks, messages.

-- Messages that WeChat pushed, as they came. The identity is a hash: it is equal for a message that is sent again, and for no other. They
-- are answered as soon as they stand here, and worked off afterwards.
CREATE TABLE pushes (
    id BLOB PRIMARY KEY,
    identity BLOB NOT NULL CONSTRAINT pushes_once UNIQUE,
    event TEXT NOT NULL,
    -- Whose openid it names, until it is worked off; empty afterwards.
    sender TEXT NOT NULL,
    -- JSON, whichever way it was written; emptied when it was worked off, unless nothing is known about such an event.
    body TEXT NOT NULL,
    -- waiting: to be worked off; done; unmatched: what it is about was never heard of; unknown: nothing is to be done about it.
    state TEXT NOT NULL CONSTRAINT pushes_state CHECK (state IN ('waiting', 'done', 'unmatched', 'unknown')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pushes_due ON pushes (due_at) WHERE state = 'waiting';
CREATE INDEX pushes_by_age ON pushes (received_at);
CREATE INDEX pushes_by_sender ON pushes (sender) WHERE sender <> '';

-- What WeChat said of a text, by a hash of it and of where it is shown: a text that is handed in again is not looked at again.
CREATE TABLE text_verdicts (
    hash BLOB PRIMARY KEY,
    verdict TEXT NOT NULL CONSTRAINT text_verdicts_verdict CHECK (verdict IN ('passed', 'review', 'risky')),
    label INTEGER NOT NULL,
    checked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX text_verdicts_by_age ON text_verdicts (checked_at);

-- Texts of which a person has to decide because the check was in doubt, or failed: what the reviewer is told. A text that passed has no row.
CREATE TABLE text_checks (
    kind TEXT NOT NULL CONSTRAINT text_checks_kind CHECK (kind IN ('deed', 'comment', 'nickname', 'merchant', 'offer', 'event')),
    object_id BLOB NOT NULL,
    verdict TEXT NOT NULL CONSTRAINT text_checks_verdict CHECK (verdict IN ('passed', 'review', 'risky', 'failed')),
    label INTEGER NOT NULL,
    -- Whose openid it is looked at with, once more, while WeChat allows it.
    identity_id BLOB,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (kind, object_id)
) STRICT, WITHOUT ROWID;

-- Checks of pictures, by the hash of what is kept of one: the same picture is looked at once. WeChat answers with a trace id at once, and with
-- the verdict by a push within half an hour.
CREATE TABLE picture_checks (
    hash TEXT PRIMARY KEY,
    verdict TEXT NOT NULL CONSTRAINT picture_checks_verdict CHECK (verdict IN ('waiting', 'passed', 'review', 'risky', 'failed')),
    label INTEGER NOT NULL,
    trace_id TEXT CONSTRAINT picture_checks_trace UNIQUE,
    -- Until when a verdict is waited for; then a person decides.
    until INTEGER NOT NULL,
    checked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX picture_checks_due ON picture_checks (until) WHERE verdict = 'waiting';

-- Nicknames that nobody sees before a person has decided: the check was in doubt, or failed. One of a person at a time, which stays with
-- the reason if it is refused.
CREATE TABLE nickname_proposals (
    id BLOB PRIMARY KEY,
    identity_id BLOB NOT NULL CONSTRAINT nickname_proposals_one UNIQUE CONSTRAINT nickname_proposals_identity REFERENCES identities (id),
    nickname TEXT NOT NULL,
    -- Why it was refused; NULL while it waits.
    reason TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- How many messages of a template somebody agreed to, as the mini-program said and as WeChat pushed: both tell of the same taps, so the
-- greater of the two counts. A hint: WeChat knows best.
CREATE TABLE message_credits (
    identity_id BLOB NOT NULL CONSTRAINT message_credits_identity REFERENCES identities (id),
    template TEXT NOT NULL,
    told INTEGER NOT NULL,
    pushed INTEGER NOT NULL,
    spent INTEGER NOT NULL,
    PRIMARY KEY (identity_id, template)
) STRICT, WITHOUT ROWID;
-- Kinds of which the person wants no message in WeChat, whatever was agreed to.
CREATE TABLE message_switches (
    identity_id BLOB NOT NULL CONSTRAINT message_switches_identity REFERENCES identities (id),
    kind TEXT NOT NULL,
    PRIMARY KEY (identity_id, kind)
) STRICT, WITHOUT ROWID;
-- Messages on their way: an outbox of their own, because one person gets one at a time, and because a message that may have arrived is never
-- sent again. The id is the inbox entry's.
CREATE TABLE messages (
    id BLOB PRIMARY KEY,
    identity_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    -- waiting; sending: given to WeChat, no answer yet; unknown: the answer was lost; sent; refused: by WeChat or by what the person wants now.
    state TEXT NOT NULL CONSTRAINT messages_state CHECK (state IN ('waiting', 'sending', 'sent', 'unknown', 'refused')),
    template TEXT,
    errcode INTEGER,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_due ON messages (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX messages_by_identity ON messages (identity_id, id);
CREATE INDEX messages_by_age ON messages (created_at);
-- Templates that WeChat refuses: no message by them until then.
CREATE TABLE message_stops (
    template TEXT PRIMARY KEY,
    errcode INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;

-- Whoever writes into an inbox writes the message with it, if the person has agreed to any: here, so that no way of telling forgets it, and so
-- that it costs those who never agreed no statement.
CREATE TRIGGER inbox_messages AFTER INSERT ON inbox WHEN NEW.owner IN ('resident', 'identity') BEGIN
    INSERT INTO messages (id, identity_id, kind, state, attempts, due_at, created_at)
    SELECT NEW.id, i.id, NEW.kind, 'waiting', 0, NEW.created_at, NEW.created_at FROM identities i
    WHERE ((NEW.owner = 'resident' AND i.resident_id = NEW.owner_id) OR (NEW.owner = 'identity' AND i.id = NEW.owner_id))
      AND EXISTS (SELECT 1 FROM message_credits c WHERE c.identity_id = i.id AND max(c.told, c.pushed) > c.spent);
END;

-- Nicknames are reviewed, too. Only the CHECK changes and no row: SQLite's own recipe for that is to write the new text of the table.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''deed'', ''comment'', ''claim'')', '(''deed'', ''comment'', ''claim'', ''nickname'')')
    WHERE type = 'table' AND name = 'reviews';
PRAGMA writable_schema = RESET;
