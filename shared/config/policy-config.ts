/** `policy` in the relay's configuration: who may do what, in Airflow's words, and who reaches what else. */
import { z } from 'zod'
import { httpGrants } from './http-grants.ts'

/** Roles of Airflow's SimpleAuthManager, least first. */
export const airflowRoles = ['viewer', 'user', 'op', 'admin'] as const
export type AirflowRole = (typeof airflowRoles)[number]

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, - and _')

/** `*` stands for any characters; everything else for itself. */
const dagPattern = z.string().regex(/^[\w.\-*]{1,250}$/, 'a DAG id, or one with * in it')

const verbPattern = z.string().regex(/^[a-z-]+\.([a-z-]+|\*)$/, 'a verb such as run.trigger, or run.*')

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
        group: z.string().min(1).max(256).describe('A group as the provider names it.'),
        role: name.describe('A role, built-in or of your own.'),
        dags: z
          .array(dagPattern)
          .min(1)
          .default(['*'])
          .describe('The DAGs it is for. What is no DAG (variables, pools …) needs "*".'),
      }),
    )
    .describe('Who has which role. What no grant allows is denied.'),
  connect: z
    .array(
      z.strictObject({
        group: z.string().min(1).max(256).describe('A group as the provider names it.'),
        services: z
          .array(z.string().min(1).max(64))
          .min(1)
          .describe('The services of type tcp that it may connect to, by name.'),
      }),
    )
    .default([])
    .describe('Who may connect to which tcp service. What is not here is denied.'),
  http: httpGrants,
})

export type PolicyConfig = z.infer<typeof policyConfig>
