/** `policy` in the relay's configuration: who may do what, in Airflow's words, and who reaches what else. */
import { z } from 'zod'
import { httpGrants } from './http-grants.ts'
import { policyConditions, until } from './policy-conditions.ts'

/** Roles of Airflow's SimpleAuthManager, least first. */
export const airflowRoles = ['viewer', 'user', 'op', 'admin'] as const
export type AirflowRole = (typeof airflowRoles)[number]

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, - and _')

/** `*` stands for any characters; everything else for itself. */
const dagPattern = z.string().regex(/^[\p{L}\p{M}\p{N}_.\-*]{1,250}$/u, 'a DAG id, or one with * in it')

const verbPattern = z.string().regex(/^[a-z-]+\.([a-z-]+|\*)$/, 'a verb such as run.trigger, or run.*')

const group = z.string().min(1).max(256)

/** A week. */
const mostMinutes = 10_080

const dags = z
  .array(dagPattern)
  .min(1)
  .default(['*'])
  .describe('The DAGs it is for. What is no DAG (variables, pools …) needs "*".')

const tags = z
  .array(z.string().min(1).max(100))
  .min(1)
  .nullable()
  .default(null)
  .describe('Of those DAGs only the ones that have one of these tags in Airflow.')

export const policyConfig = z.strictObject({
  contact: z
    .string()
    .min(1)
    .max(200)
    .describe('Said to a person who is denied: what they can do next, e.g. "Ask #data-platform for access."'),
  roles: z
    .record(
      name,
      z.strictObject({
        extends: z.array(name).default([]).describe('Roles whose verbs this one has too.'),
        verbs: z
          .array(verbPattern)
          .min(1)
          .describe('Verbs, see docs/airflow-verbs.md; `run.*` for all of run.'),
        airflowRole: z
          .enum(airflowRoles)
          .describe('The role in Airflow with which requests under this role are made.'),
      }),
    )
    .default({})
    .describe('Roles of your own, beside the built-in viewer, user, op and admin.'),
  grants: z
    .array(
      z.strictObject({
        group: group.describe('A group as the provider names it.'),
        role: name.describe('A role, built-in or of your own.'),
        dags,
        tags,
        when: policyConditions.prefault({}).describe('Conditions of which every one has to hold.'),
        until,
      }),
    )
    .describe('Who has which role. What no grant allows is denied.'),
  forbid: z
    .array(
      z.strictObject({
        group: group
          .nullable()
          .default(null)
          .describe('A group as the provider names it; null for everyone.'),
        verbs: z.array(verbPattern).min(1).describe('Verbs, tcp.connect among them; `run.*` for all of run.'),
        dags: dags.describe('The DAGs it is for; "*" is everything there is.'),
        tags,
        when: policyConditions.prefault({}).describe('It forbids only where every one of these holds.'),
        unless: policyConditions.prefault({}).describe('It does not forbid where every one of these holds.'),
        until,
        reason: z.string().min(1).max(200).describe('Said to the person: why, in a sentence.'),
      }),
    )
    .default([])
    .describe('What is forbidden whatever the grants say.'),
  cedarFiles: z
    .array(z.string().min(1).max(4096))
    .max(64)
    .default([])
    .describe('Files with Cedar policies of your own, see docs/policy.md.'),
  connect: z
    .array(
      z.strictObject({
        group: group.describe('A group as the provider names it.'),
        services: z
          .array(z.string().min(1).max(64))
          .min(1)
          .describe('The services of type tcp that it may connect to, by name.'),
        when: policyConditions
          .omit({ conf: true })
          .prefault({})
          .describe('Conditions of which every one has to hold.'),
        until,
      }),
    )
    .default([])
    .describe('Who may connect to which tcp service. What is not here is denied.'),
  http: httpGrants,
  requests: z
    .array(
      z.strictObject({
        group: group.describe('A group as the provider names it: its people may ask.'),
        role: name.describe('The role that they may ask for, built-in or of your own.'),
        dags,
        tags,
        when: policyConditions
          .prefault({})
          .describe('Conditions of which every one has to hold, whenever what was approved is used.'),
        approvers: z
          .array(group)
          .min(1)
          .max(64)
          .describe(
            'Groups of whose people one has to approve. Nobody approves what they ask for themselves.',
          ),
        longestMinutes: z
          .int()
          .min(1)
          .max(mostMinutes)
          .default(240)
          .describe('For how long it may be asked for at most, in minutes.'),
      }),
    )
    .max(256)
    .default([])
    .describe(
      'What people may ask for, for a while, and who approves it. What is not here cannot be asked for.',
    ),
})

export type PolicyConfig = z.infer<typeof policyConfig>
