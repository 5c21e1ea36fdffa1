-- Who may do what in a tenant's database. Run as a superuser, once per database, before the first migration and again
-- after each one; running it again changes nothing that is right:
--
--   psql -v ON_ERROR_STOP=1 -d DATABASE -f roles.sql
--
-- jishan_owner     owns the schema and migrates; no serving process signs in as it
-- jishan_api       the resident API
-- jishan_merchant  the merchant service: what a till needs and no more (the second half of this file)
-- jishan_worker    the worker, and the only one that appends to the log
-- jishan_serve     nobody signs in as it: it holds what the API and the worker have in common
--
-- Passwords are taken from the environment of psql where they are set (JISHAN_OWNER_PASSWORD, JISHAN_API_PASSWORD,
-- JISHAN_MERCHANT_PASSWORD, JISHAN_WORKER_PASSWORD) and stay as they are otherwise (`\password jishan_api` sets one).

\set ON_ERROR_STOP on
SET client_min_messages = warning;

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['jishan_owner', 'jishan_api', 'jishan_merchant', 'jishan_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', role_name);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jishan_serve') THEN
        CREATE ROLE jishan_serve NOLOGIN;
    END IF;
END
$$;
GRANT jishan_serve TO jishan_api, jishan_worker;
SELECT 'REVOKE jishan_serve FROM jishan_merchant' WHERE pg_has_role('jishan_merchant', 'jishan_serve', 'MEMBER') \gexec

\getenv password JISHAN_OWNER_PASSWORD
\if :{?password}
ALTER ROLE jishan_owner PASSWORD :'password';
\unset password
\endif
\getenv password JISHAN_API_PASSWORD
\if :{?password}
ALTER ROLE jishan_api PASSWORD :'password';
\unset password
\endif
\getenv password JISHAN_MERCHANT_PASSWORD
\if :{?password}
ALTER ROLE jishan_merchant PASSWORD :'password';
\unset password
\endif
\getenv password JISHAN_WORKER_PASSWORD
\if :{?password}
ALTER ROLE jishan_worker PASSWORD :'password';
\unset password
\endif

-- Time-outs are the role's and not the program's, so that a session by hand has them too. A request that waits longer
-- than this has lost its client; the worker's passes are longer, and nobody waits for them.
ALTER ROLE jishan_api SET statement_timeout = '2s';
ALTER ROLE jishan_api SET lock_timeout = '1s';
ALTER ROLE jishan_api SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE jishan_merchant SET statement_timeout = '2s';
ALTER ROLE jishan_merchant SET lock_timeout = '1s';
ALTER ROLE jishan_merchant SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE jishan_worker SET statement_timeout = '15s';
ALTER ROLE jishan_worker SET lock_timeout = '5s';
ALTER ROLE jishan_worker SET idle_in_transaction_session_timeout = '30s';
-- A migration gives up rather than stand in front of everybody: it is repeated at a quieter moment.
ALTER ROLE jishan_owner SET lock_timeout = '5s';
ALTER ROLE jishan_owner SET timezone = 'UTC';
ALTER ROLE jishan_api SET timezone = 'UTC';
ALTER ROLE jishan_merchant SET timezone = 'UTC';
ALTER ROLE jishan_worker SET timezone = 'UTC';

-- The database and its schema are the owner's; a stranger to this tenant does not even connect.
SELECT format('ALTER DATABASE %I OWNER TO jishan_owner', current_database()) \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO jishan_serve, jishan_merchant', current_database()) \gexec
ALTER SCHEMA public OWNER TO jishan_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO jishan_serve, jishan_merchant;

-- What is there, and what the next migration will make. Nobody who serves can truncate, and none can change the schema.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO jishan_serve;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO jishan_serve;
ALTER DEFAULT PRIVILEGES FOR ROLE jishan_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO jishan_serve;
ALTER DEFAULT PRIVILEGES FOR ROLE jishan_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO jishan_serve;

-- What only grows. Triggers refuse a change of these tables to everybody; this refuses it to the serving roles a second
-- time, and before a trigger is asked. Before the first migration the tables are not there yet, and are passed over.
DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['transfers', 'transfer_groups', 'ledger_log', 'audit'] LOOP
        IF to_regclass('public.' || table_name) IS NOT NULL THEN
            EXECUTE format('REVOKE UPDATE, DELETE ON public.%I FROM jishan_serve', table_name);
        END IF;
    END LOOP;
    -- What somebody agreed to is added to, and goes with the account; that an account was deleted stays.
    IF to_regclass('public.consents') IS NOT NULL THEN
        REVOKE UPDATE ON public.consents FROM jishan_serve;
        REVOKE DELETE ON public.deletions FROM jishan_serve;
    END IF;
    -- The log has one writer, the worker's sequencer. The list of migrations has one, the owner.
    IF to_regclass('public.ledger_log') IS NOT NULL THEN
        REVOKE INSERT ON public.ledger_log FROM jishan_serve;
        GRANT INSERT ON public.ledger_log TO jishan_worker;
    END IF;
    IF to_regclass('public.__diesel_schema_migrations') IS NOT NULL THEN
        REVOKE INSERT, UPDATE, DELETE ON public.__diesel_schema_migrations FROM jishan_serve;
    END IF;
END
$$;

-- The merchant service ------------------------------------------------------------------------------------------------------------
--
-- It is reached by strangers' tills, so it is let at what a till needs and at nothing else: no deed, no name, no phone, no invitation, no token of a
-- resident or of staff, and of the ledger only redemptions. What it may not do is not left to its code. A new table is closed to it
-- until a line stands here.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM jishan_merchant;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM jishan_merchant;

-- Of these tables it may do this, with columns where not every one is its business.
CREATE TEMPORARY TABLE merchant_grants (privilege text, table_name text);
INSERT INTO merchant_grants VALUES
    ('SELECT', '__diesel_schema_migrations'), ('SELECT', 'meta'), ('SELECT, UPDATE (n)', 'editions'),
    ('SELECT', 'units'), ('SELECT', 'unit_paths'), ('SELECT', 'policies'),
    ('SELECT, INSERT, UPDATE', 'clerks'), ('SELECT, INSERT, UPDATE', 'merchants'), ('SELECT, INSERT, UPDATE', 'merchant_staff'),
    ('SELECT, INSERT, UPDATE', 'offers'), ('SELECT', 'thanks'),
    ('SELECT, INSERT, UPDATE', 'pictures'),
    ('SELECT, UPDATE (state)', 'redemption_codes'),
    ('SELECT, INSERT, UPDATE', 'redemptions'), ('SELECT, INSERT', 'redemption_notes'), ('SELECT, INSERT, UPDATE', 'merchant_customers'),
    ('SELECT (resident_id, masked_name)', 'resident_names'),
    ('SELECT, INSERT, UPDATE', 'sessions'), ('SELECT, INSERT, UPDATE (outcome)', 'idempotency'), ('INSERT', 'outbox'),
    ('SELECT', 'accounts'), ('SELECT, UPDATE (posted, pending, version)', 'balances'), ('SELECT', 'folds'),
    ('SELECT, INSERT', 'transfer_groups'), ('SELECT, INSERT', 'transfers'),
    ('SELECT, INSERT, UPDATE (state)', 'holds'), ('INSERT', 'ledger_queue'),
    ('SELECT, INSERT, UPDATE (used)', 'counters'),
    ('SELECT, INSERT, UPDATE (read_at)', 'inbox'), ('SELECT, INSERT, DELETE', 'inbox_switches'),
    -- What a shop writes and shows is looked at. (Messages in WeChat are written by a trigger, as the owner.)
    ('SELECT, INSERT, UPDATE', 'text_verdicts'), ('SELECT, INSERT, UPDATE, DELETE', 'text_checks'),
    ('SELECT, INSERT, UPDATE', 'picture_checks');
SELECT format('GRANT %s ON public.%I TO jishan_merchant', privilege, table_name) FROM merchant_grants
WHERE to_regclass('public.' || table_name) IS NOT NULL \gexec
DROP TABLE merchant_grants;
SELECT 'GRANT USAGE ON SEQUENCE public.ledger_queue_id_seq TO jishan_merchant' WHERE to_regclass('public.ledger_queue_id_seq') IS NOT NULL \gexec

-- The rest is about tables: before the migrations, and before a dump is put back, there are none.
SELECT to_regclass('public.transfers') IS NOT NULL AS is_migrated \gset
\if :is_migrated

-- What a row of the ledger leans on: the transfer that is queued, the hold that a transfer settles. A policy that looks for it by itself
-- sees only what an EARLIER statement wrote; a volatile function looks anew whenever it is asked, so that one statement may write both, in
-- this order. It looks as whoever asks, under the policies of that role.
CREATE OR REPLACE FUNCTION public.merchant_moved(transfer uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM transfers t WHERE t.id = transfer);
END
$$;
CREATE OR REPLACE FUNCTION public.merchant_settled(hold uuid, account uuid, points bigint, how text) RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM holds h WHERE h.transfer_id = hold AND h.account_id = account AND h.amount = points
        AND h.state = CASE how WHEN 'post' THEN 'posted' WHEN 'void' THEN 'voided' END);
END
$$;

-- Rows. Where row-level security is on, whoever has no policy sees nothing: the API and the worker have one that lets everything through,
-- the owner is not asked.
CREATE TEMPORARY TABLE merchant_rows (table_name text, command text, rule text);
INSERT INTO merchant_rows VALUES
    -- Tokens: its clerks' alone.
    ('sessions', 'ALL', $$principal = 'clerk'$$),
    ('idempotency', 'ALL', $$EXISTS (SELECT FROM clerks WHERE clerks.id = principal)$$),
    -- What it may ask of the worker: to tell the desk that something waits, and to have a picture looked at.
    ('outbox', 'INSERT', $$kind IN ('desk.tell', 'picture.check')$$),
    -- A shop applies, and does not approve itself (a trigger below looks at changes of what stands there).
    ('merchants', 'SELECT', 'true'), ('merchants', 'UPDATE', 'true'),
    ('merchants', 'INSERT', $$state = 'applied' AND account_id IS NULL$$),
    ('offers', 'SELECT', 'true'), ('offers', 'UPDATE', 'true'), ('offers', 'INSERT', $$state = 'pending'$$),
    -- Pictures of deeds, events and people are not its business, nor what a resident has uploaded that hangs nowhere yet.
    ('pictures', 'ALL', $$deed_id IS NULL AND event_id IS NULL AND avatar_of IS NULL
        AND (merchant_id IS NOT NULL OR offer_id IS NOT NULL OR EXISTS (SELECT FROM clerks WHERE clerks.id = identity_id))$$),
    -- Nor is what was found in their texts.
    ('text_checks', 'ALL', $$kind IN ('merchant', 'offer')$$),
    -- Of the ledger: redemptions out of a resident's or household's account into a shop's, and their reversals.
    ('transfer_groups', 'ALL', $$business_key LIKE 'redemption:%'$$),
    ('transfers', 'SELECT', $$business_key LIKE 'redemption:%'$$),
    ('transfers', 'INSERT', $$business_key LIKE 'redemption:%' AND kind = 'redeemable' AND unit_id IS NULL AND (
        (reason = 'redemption' AND reverses IS NULL
         AND (mode = 'pending' OR public.merchant_settled(pending_id, debit, amount, mode))
         AND EXISTS (SELECT FROM accounts a WHERE a.id = debit AND a.holder IN ('resident', 'household'))
         AND EXISTS (SELECT FROM merchants m WHERE m.account_id = credit AND m.state IN ('approved', 'suspended')))
        OR (reason = 'reversal' AND mode = 'posted'
            AND EXISTS (SELECT FROM transfers t WHERE t.id = transfers.reverses AND t.reason = 'redemption' AND t.mode = 'post'
                        AND t.debit = transfers.credit AND t.credit = transfers.debit AND t.amount = transfers.amount)))$$),
    ('ledger_queue', 'INSERT', $$entry = 'transfer' AND public.merchant_moved(transfer_id)$$),
    ('accounts', 'SELECT', $$holder IN ('resident', 'household', 'merchant')$$),
    ('balances', 'ALL', 'true'),
    ('holds', 'ALL', 'true'),
    -- Limits: of offers and shops, and not the caps of awards.
    ('counters', 'ALL', $$scope LIKE 'offer%' OR scope LIKE 'wrong-codes%'$$),
    -- It tells a customer of a redemption, and reads its clerks' own entries.
    ('inbox', 'SELECT', $$owner = 'clerk'$$), ('inbox', 'UPDATE', $$owner = 'clerk'$$),
    ('inbox', 'INSERT', $$owner = 'clerk' OR kind LIKE 'redemption%' OR owner = 'staff'$$),
    ('inbox_switches', 'SELECT', 'true'),
    ('inbox_switches', 'INSERT', $$EXISTS (SELECT FROM clerks WHERE clerks.id = owner_id)$$),
    ('inbox_switches', 'DELETE', $$EXISTS (SELECT FROM clerks WHERE clerks.id = owner_id)$$);
DELETE FROM merchant_rows WHERE to_regclass('public.' || table_name) IS NULL;
SELECT DISTINCT format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', table_name) FROM merchant_rows \gexec
SELECT DISTINCT format('DROP POLICY IF EXISTS serve ON public.%I', table_name) FROM merchant_rows \gexec
SELECT DISTINCT format('CREATE POLICY serve ON public.%I TO jishan_serve USING (true) WITH CHECK (true)', table_name) FROM merchant_rows \gexec
SELECT format('DROP POLICY IF EXISTS %I ON public.%I', 'merchant_' || lower(command), table_name) FROM merchant_rows \gexec
SELECT format('CREATE POLICY %I ON public.%I FOR %s TO jishan_merchant %s %s', 'merchant_' || lower(command), table_name, command,
              CASE WHEN command = 'INSERT' THEN '' ELSE format('USING (%s)', rule) END,
              CASE WHEN command IN ('INSERT', 'UPDATE', 'ALL') THEN format('WITH CHECK (%s)', rule) ELSE '' END)
FROM merchant_rows \gexec
DROP TABLE merchant_rows;

-- What a policy cannot say, because it sees only one side of a change. The triggers only raise, and only for this role.
CREATE OR REPLACE FUNCTION public.merchant_changes() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    -- One branch for each table: an expression may name only columns that the row has.
    IF TG_TABLE_NAME = 'merchants' THEN
        IF NEW.account_id IS DISTINCT FROM OLD.account_id OR (NEW.state <> OLD.state AND NEW.state <> 'applied') THEN
            RAISE EXCEPTION 'a shop does not decide on itself' USING ERRCODE = 'insufficient_privilege';
        END IF;
    ELSIF (NEW.state <> OLD.state AND NEW.state <> 'pending') OR (NEW.state <> 'pending' AND
           (NEW.merchant_id, NEW.title, NEW.body, NEW.list_price, NEW.price, NEW.points, NEW.from_day, NEW.until_day, NEW.windows)
           IS DISTINCT FROM
           (OLD.merchant_id, OLD.title, OLD.body, OLD.list_price, OLD.price, OLD.points, OLD.from_day, OLD.until_day, OLD.windows))
    THEN
        RAISE EXCEPTION 'a shop does not decide on its offer' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
-- A balance falls by a capture, by what was held of it; it rises by the return of a voided redemption and by nothing else: by its points,
-- at the very version of the balance that the redemption names, which makes it happen once.
CREATE OR REPLACE FUNCTION public.merchant_balance() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.posted < OLD.posted AND OLD.posted - NEW.posted > OLD.pending - NEW.pending THEN
        RAISE EXCEPTION 'only what is held is captured' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'a balance counts its changes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.posted > OLD.posted AND NOT EXISTS (
        SELECT FROM redemptions r WHERE r.account_id = NEW.account_id AND r.state = 'voided'
        AND r.points = NEW.posted - OLD.posted AND r.returned_version = NEW.version)
    THEN
        RAISE EXCEPTION 'a balance is raised by the return of a voided redemption only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
-- A redemption begins held, on a hold that stands in the ledger as it says.
CREATE OR REPLACE FUNCTION public.merchant_redemption() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.state <> 'held' OR NOT EXISTS (
        SELECT FROM holds h WHERE h.transfer_id = NEW.hold_id AND h.account_id = NEW.account_id AND h.amount = NEW.points AND h.state = 'open'))
    THEN
        RAISE EXCEPTION 'a redemption begins with a hold' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.approval = 'awaited' AND NEW.approval <> 'awaited' THEN
        RAISE EXCEPTION 'a shop does not approve for its customer' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TEMPORARY TABLE merchant_triggers (trigger_name text, table_name text, events text, function_name text);
INSERT INTO merchant_triggers VALUES
    ('merchants_by_merchant', 'merchants', 'UPDATE', 'merchant_changes'),
    ('offers_by_merchant', 'offers', 'UPDATE', 'merchant_changes'),
    ('balances_by_merchant', 'balances', 'UPDATE', 'merchant_balance'),
    ('redemptions_by_merchant', 'redemptions', 'INSERT OR UPDATE', 'merchant_redemption');
DELETE FROM merchant_triggers WHERE to_regclass('public.' || table_name) IS NULL;
SELECT format('DROP TRIGGER IF EXISTS %I ON public.%I', trigger_name, table_name) FROM merchant_triggers \gexec
SELECT format('CREATE TRIGGER %I BEFORE %s ON public.%I FOR EACH ROW WHEN (current_user = ''jishan_merchant'') EXECUTE FUNCTION public.%I()',
              trigger_name, events, table_name, function_name)
FROM merchant_triggers \gexec
DROP TABLE merchant_triggers;

\endif
