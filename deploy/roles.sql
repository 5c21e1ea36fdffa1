-- Who may do what in a tenant's database. Run as a superuser, once per database, before the first migration and again
-- after each one; running it again changes nothing that is right:
--
--   psql -v ON_ERROR_STOP=1 -d DATABASE -f roles.sql
--
-- jishan_owner     owns the schema and migrates; no serving process signs in as it
-- jishan_api       the resident API
-- jishan_merchant  the merchant service, when it comes
-- jishan_worker    the worker, and the only one that appends to the log
-- jishan_serve     nobody signs in as it: it holds what the three have in common
--
-- Passwords are taken from the environment of psql where they are set (JISHAN_OWNER_PASSWORD, JISHAN_API_PASSWORD,
-- JISHAN_MERCHANT_PASSWORD, JISHAN_WORKER_PASSWORD) and stay as they are otherwise (`\password jishan_api` sets one).

\set ON_ERROR_STOP on

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
GRANT jishan_serve TO jishan_api, jishan_merchant, jishan_worker;

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
SELECT format('GRANT CONNECT ON DATABASE %I TO jishan_serve', current_database()) \gexec
ALTER SCHEMA public OWNER TO jishan_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO jishan_serve;

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
