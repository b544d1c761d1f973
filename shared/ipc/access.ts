/** What a person may do, as the relay that decides says it. */
import { z } from 'zod'

const text = z.string().max(1024)

/** As Airflow and Jetway write theirs, e.g. `3.3.2`, `2.10.5+astro.1`. */
export const versionText = z
  .string()
  .max(64)
  .regex(/^\d[\w.+-]*$/)

const accessGrant = z.object({
  /** The policy's id, as in denials, `explain` and the audit log. */
  policy: text,
  role: text,
  /** The group of the person's that has it. */
  group: text,
  /** Verbs of shared/airflow, sorted. */
  verbs: z.array(text),
  /** DAG ids and globs; empty where it is not about DAGs. */
  dags: z.array(text),
  /** DAGs with one of these tags; null for whatever tags. */
  tags: z.array(text).nullable(),
  /** In words; empty for none. */
  conditions: z.array(text),
  /** ISO 8601 time at which it ends; null for never. */
  until: text.nullable(),
})

const forbidRule = z.object({
  policy: text,
  /** Verbs of shared/airflow and of other services, sorted. */
  verbs: z.array(text),
  dags: z.array(text),
  tags: z.array(text).nullable(),
  /** In words: when it forbids, and what lifts it; empty for always. */
  conditions: z.array(text),
  /** Why, in the policy's own words. */
  reason: text,
  until: text.nullable(),
})

export const access = z.object({
  person: z.object({
    kind: z.enum(['person', 'machine']),
    name: text,
    email: text.nullable(),
    groups: z.array(text),
    /** A sentence: why the groups are not known, so that what they give is not given. Null where they are. */
    groupsProblem: text.nullable(),
  }),
  /** A sentence of the policy's: what to do for more, e.g. `Ask #data-platform for access.` */
  contact: text,
  /** Which Jetway the relay is; null from relays that do not tell. */
  relayVersion: versionText.nullish(),
  services: z.array(
    z.object({
      name: text,
      type: z.enum(['airflow', 'http', 'tcp']),
      /** The greatest of Airflow's roles that Airflow itself is told; null where it is told none. */
      airflowRole: text.nullable(),
      /** Of Airflow; null where it cannot be known, where the person may not read it, and from relays that do not tell. */
      version: versionText.nullish(),
      grants: z.array(accessGrant),
    }),
  ),
  /** What is forbidden to them whatever the grants say. */
  forbids: z.array(forbidRule),
  /** Policies of their own form (Cedar) that decide as well and are not listed: how many may concern this person. */
  otherPolicies: z.int().nonnegative(),
  /** Grants and rules that are left out because there are too many: how many. */
  omitted: z.int().nonnegative(),
})

export type Access = z.infer<typeof access>
