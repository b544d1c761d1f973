/**
 * What makes a file of each version out of one of the version before, the first one out of none: `PRAGMA user_version`
 * says how many were applied. A file of a later version is not opened.
 */
export const migrations: readonly string[] = [
  `
create table revocations (
  id text primary key, who text not null, reason text not null, made_by text not null,
  at integer not null, until integer, lifted_at integer
) strict;
create index revocations_of on revocations (who);

create table used_ids (
  kind text not null, hash blob not null, expires integer not null, primary key (kind, hash)
) strict, without rowid;
create index used_ids_by_expiry on used_ids (expires);

create table budgets (
  key text primary key, window_start integer not null, spent integer not null, resets_at integer not null
) strict, without rowid;

create table grants (
  id text primary key, issuer text not null, subject text not null, role text not null, dags text not null,
  starts_at integer not null, until integer not null, approved_by text not null, reason text not null
) strict;
create index grants_of on grants (issuer, subject);

create table approvals (
  id text primary key, digest text not null, requester text not null, what text not null,
  requested_at integer not null, expires integer not null, status text not null, decided_by text
) strict;

create table sessions (
  id text primary key, relay text not null, issuer text not null, subject text not null, name text not null,
  address text not null, client text not null, started_at integer not null, seen_at integer not null
) strict;
create index sessions_of on sessions (relay);
`,
  `
create table sign_ins (
  id text primary key, issuer text not null, subject text not null, provider_session text, data text not null,
  key_thumbprint text, expires integer not null, ended_at integer,
  code_hash blob not null unique, code_expires integer not null, refresh_hash blob
) strict;
create index sign_ins_of on sign_ins (issuer, subject);
`,
  `
alter table revocations add column kind text not null default 'person';
alter table revocations add column issuer text;
alter table revocations add column effect text not null default 'revoked';
alter table revocations add column lifted_by text;
alter table revocations add column made_recorded integer not null default 0;
alter table revocations add column lift_recorded integer not null default 0;
`,
  `
alter table sessions add column authenticated_by text not null default '';
alter table sessions add column acr text;
alter table sessions add column key_thumbprint text;
alter table sessions add column provider_session text;
alter table sessions add column signed_in_at integer;
alter table sessions add column active_at integer not null default 0;
alter table sessions add column bytes_received integer not null default 0;
alter table sessions add column bytes_sent integer not null default 0;
`,
  `
create table access_keys (
  id text primary key, hash blob not null, name text not null, groups text not null, networks text not null,
  made_by text not null, at integer not null, expires integer not null, revoked_at integer, used_at integer,
  used_from text
) strict;
`,
  `
create table access_requests (
  id text primary key, issuer text not null, subject text not null, asker text not null, policy text not null,
  digest text not null, role text not null, dags text not null, tags text, reason text not null,
  seconds integer not null, asked_at integer not null, expires integer not null, approved integer, decided_by text,
  decided_at integer, note text, ended_by text, ended_at integer
) strict;
create index access_requests_of on access_requests (issuer, subject);
`,
]
