/** What a person may do, as the relay that decides says it. */
import { z } from 'zod'

const text = z.string().max(1024)

const accessGrant = z.object({
  /** The policy's id, as in denials, `explain` and the audit log. */
  policy: text,
  role: text,
  /** The group of the person's that has it. */
  group: text,
  /** Verbs of shared/airflow, sorted. */
  verbs: z.array(text),
  /** DAG ids and globs. */
  dags: z.array(text),
  /** DAGs with one of these tags; null for whatever tags. */
  tags: z.array(text).nullable(),
  /** In words; empty for none. */
  conditions: z.array(text),
  /** ISO 8601 time at which it ends; null for never. */
  until: text.nullable(),
})

export const access = z.object({
  person: z.object({
    kind: z.enum(['person', 'machine']),
    name: text,
    email: text.nullable(),
    groups: z.array(text),
  }),
  /** Whom to ask for more, in the policy's own words. */
  contact: text,
  services: z.array(
    z.object({
      name: text,
      type: z.enum(['airflow', 'http', 'tcp']),
      /** The greatest of Airflow's roles that Airflow itself is told; null where it is told none. */
      airflowRole: text.nullable(),
      grants: z.array(accessGrant),
    }),
  ),
})

export type Access = z.infer<typeof access>
