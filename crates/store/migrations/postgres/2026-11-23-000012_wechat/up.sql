-- What WeChat asks of whoever shows what people write, and what it tells and is told: pushes, content checks, messages.

-- Messages that WeChat pushed, as they came. The identity is a hash: it is equal for a message that is sent again, and for no other. They
-- are answered as soon as they stand here, and worked off afterwards.
CREATE TABLE pushes (
    id uuid PRIMARY KEY,
    identity bytea NOT NULL CONSTRAINT pushes_once UNIQUE,
    event text NOT NULL,
    -- Whose openid it names, until it is worked off; empty afterwards.
    sender text NOT NULL,
    -- JSON, whichever way it was written; emptied when it was worked off, unless nothing is known about such an event.
    body text NOT NULL,
    -- waiting: to be worked off; done; unmatched: what it is about was never heard of; unknown: nothing is to be done about it.
    state text NOT NULL CONSTRAINT pushes_state CHECK (state IN ('waiting', 'done', 'unmatched', 'unknown')),
    due_at bigint NOT NULL,
    attempts integer NOT NULL,
    received_at bigint NOT NULL
);
CREATE INDEX pushes_due ON pushes (due_at) WHERE state = 'waiting';
CREATE INDEX pushes_by_age ON pushes (received_at);
CREATE INDEX pushes_by_sender ON pushes (sender) WHERE sender <> '';

-- What WeChat said of a text, by a hash of it and of where it is shown: a text that is handed in again is not looked at again.
CREATE TABLE text_verdicts (
    hash bytea PRIMARY KEY,
    verdict text NOT NULL CONSTRAINT text_verdicts_verdict CHECK (verdict IN ('passed', 'review', 'risky')),
    label bigint NOT NULL,
    checked_at bigint NOT NULL
);
CREATE INDEX text_verdicts_by_age ON text_verdicts (checked_at);

-- Texts of which a person has to decide because the check was in doubt, or failed: what the reviewer is told. A text that passed has no row.
CREATE TABLE text_checks (
    kind text NOT NULL CONSTRAINT text_checks_kind CHECK (kind IN ('deed', 'comment', 'nickname', 'merchant', 'offer', 'event')),
    object_id uuid NOT NULL,
    verdict text NOT NULL CONSTRAINT text_checks_verdict CHECK (verdict IN ('passed', 'review', 'risky', 'failed')),
    label bigint NOT NULL,
    -- Whose openid it is looked at with, once more, while WeChat allows it.
    identity_id uuid,
    checked_at bigint NOT NULL,
    PRIMARY KEY (kind, object_id)
);

-- Checks of pictures, by the hash of what is kept of one: the same picture is looked at once. WeChat answers with a trace id at once, and with
-- the verdict by a push within half an hour.
CREATE TABLE picture_checks (
    hash text PRIMARY KEY,
    verdict text NOT NULL CONSTRAINT picture_checks_verdict CHECK (verdict IN ('waiting', 'passed', 'review', 'risky', 'failed')),
    label bigint NOT NULL,
    trace_id text CONSTRAINT picture_checks_trace UNIQUE,
    -- Until when a verdict is waited for; then a person decides.
    until bigint NOT NULL,
    checked_at bigint NOT NULL
);
CREATE INDEX picture_checks_due ON picture_checks (until) WHERE verdict = 'waiting';

-- Nicknames that nobody sees before a person has decided: the check was in doubt, or failed. One of a person at a time, which stays with
-- the reason if it is refused.
CREATE TABLE nickname_proposals (
    id uuid PRIMARY KEY,
    identity_id uuid NOT NULL CONSTRAINT nickname_proposals_one UNIQUE CONSTRAINT nickname_proposals_identity REFERENCES identities (id),
    nickname text NOT NULL,
    -- Why it was refused; NULL while it waits.
    reason text,
    created_at bigint NOT NULL
);

-- How many messages of a template somebody agreed to, as the mini-program said and as WeChat pushed: both tell of the same taps, so the
-- greater of the two counts. A hint: WeChat knows best.
CREATE TABLE message_credits (
    identity_id uuid NOT NULL CONSTRAINT message_credits_identity REFERENCES identities (id),
    template text NOT NULL,
    told bigint NOT NULL,
    pushed bigint NOT NULL,
    spent bigint NOT NULL,
    PRIMARY KEY (identity_id, template)
);
-- Kinds of which the person wants no message in WeChat, whatever was agreed to.
CREATE TABLE message_switches (
    identity_id uuid NOT NULL CONSTRAINT message_switches_identity REFERENCES identities (id),
    kind text NOT NULL,
    PRIMARY KEY (identity_id, kind)
);
-- Messages on their way: an outbox of their own, because one person gets one at a time, and because a message that may have arrived is never
-- sent again. The id is the inbox entry's.
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    identity_id uuid NOT NULL,
    kind text NOT NULL,
    -- waiting; sending: given to WeChat, no answer yet; unknown: the answer was lost; sent; refused: by WeChat or by what the person wants now.
    state text NOT NULL CONSTRAINT messages_state CHECK (state IN ('waiting', 'sending', 'sent', 'unknown', 'refused')),
    template text,
    errcode bigint,
    attempts integer NOT NULL,
    due_at bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX messages_due ON messages (due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX messages_by_identity ON messages (identity_id, id);
CREATE INDEX messages_by_age ON messages (created_at);
-- Templates that WeChat refuses: no message by them until then.
CREATE TABLE message_stops (
    template text PRIMARY KEY,
    errcode bigint NOT NULL,
    until bigint NOT NULL
);

-- Whoever writes into an inbox writes the message with it, if the person has agreed to any: here, so that no way of telling forgets it, and so
-- that it costs no round trip. As the owner of the tables: the merchant service tells people, and reads nothing of who they are.
CREATE FUNCTION inbox_to_messages() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    who uuid;
BEGIN
    IF NEW.owner = 'resident' THEN
        SELECT i.id INTO who FROM identities i WHERE i.resident_id = NEW.owner_id;
    ELSE
        who := NEW.owner_id;
    END IF;
    IF EXISTS (SELECT FROM message_credits c WHERE c.identity_id = who AND greatest(c.told, c.pushed) > c.spent) THEN
        INSERT INTO messages (id, identity_id, kind, state, attempts, due_at, created_at)
        VALUES (NEW.id, who, NEW.kind, 'waiting', 0, NEW.created_at, NEW.created_at);
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION inbox_to_messages() FROM PUBLIC;
CREATE TRIGGER inbox_messages AFTER INSERT ON inbox FOR EACH ROW WHEN (NEW.owner IN ('resident', 'identity'))
    EXECUTE FUNCTION inbox_to_messages();

-- Nicknames are reviewed, too.
ALTER TABLE reviews DROP CONSTRAINT reviews_kind;
ALTER TABLE reviews ADD CONSTRAINT reviews_kind CHECK (kind IN ('deed', 'comment', 'claim', 'nickname'));
