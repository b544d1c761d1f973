/** `policy.http` in the relay's configuration: who may read and write which http service. */
import { z } from 'zod'
import { policyConditions, until } from './policy-conditions.ts'

/** `*` stands for any characters, `/` among them. */
const pathPattern = z.string().regex(/^\/[\w\-.~!$&'()*+,=:@/]{0,250}$/, 'a path, * in it for any characters')

export const httpGrants = z
  .array(
    z.strictObject({
      group: z.string().min(1).max(256).describe('A group as the provider names it.'),
      services: z
        .array(z.string().min(1).max(64))
        .min(1)
        .describe('The services of type http that it is for, by name.'),
      verbs: z
        .array(z.enum(['http.read', 'http.write']))
        .min(1)
        .describe(
          '`http.read`: GET, HEAD and OPTIONS. `http.write`: everything, and upgrades (WebSocket) as well.',
        ),
      paths: z
        .array(pathPattern)
        .min(1)
        .default(['/*'])
        .describe('The paths it is for, decoded, `*` for any characters.'),
      when: policyConditions
        .omit({ conf: true })
        .prefault({})
        .describe('Conditions of which every one has to hold.'),
      until,
    }),
  )
  .default([])
  .describe('Who may do what with which http service. What is not here is denied.')

export type HttpGrant = z.infer<typeof httpGrants>[number]
