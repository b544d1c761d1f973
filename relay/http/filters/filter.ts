import { z } from 'zod'
import { allVerbs } from '#shared/airflow/roles.ts'
import type { Exchange, Handler } from '../exchange.ts'

/** What a filter may know beside its own options. */
export interface FilterContext {
  /** `policy.contact`: said to a person who is refused. */
  readonly contact: string
  /** Milliseconds since the epoch. */
  now(): number
}

/** An entry of `filters` in the configuration, as its schema gave it. */
export interface FilterConfig {
  readonly type: string
  readonly for?: Condition | undefined
}

/** A kind of filter: what stands in the configuration under its `type`, and the handler made of it. */
export interface FilterKind {
  readonly type: string
  readonly schema: z.ZodType<FilterConfig> & z.core.$ZodTypeDiscriminable
  create(config: FilterConfig, context: FilterContext): Handler
}

/** Of services of type http. */
const httpVerbs = ['http.read', 'http.write']

const verbPattern = z
  .string()
  .refine(
    (pattern) => verbsOf(pattern).length > 0,
    'no verb of docs/airflow-verbs.md, such as run.trigger or run.*',
  )

const condition = z.strictObject({
  groups: z.array(z.string().min(1).max(256)).min(1).optional().describe('Only for members of one of these.'),
  verbs: z
    .array(verbPattern)
    .min(1)
    .optional()
    .describe('Only for these verbs, see docs/airflow-verbs.md; `run.*` for all of run.'),
  services: z.array(z.string().min(1).max(64)).min(1).optional().describe('Only for these services.'),
})

type Condition = z.infer<typeof condition>

/**
 * Declares a kind of filter.
 *
 * @param type its name in the configuration
 * @param does one sentence for docs/relay-config.md
 * @param options its keys beside `type` and `for`
 * @param create the handler; it may look at `exchange.resolved` and `exchange.principal`, and throws to refuse
 * @param mistake what is wrong beyond the form, and at which key; null where nothing is
 */
export function filterKind<Shape extends z.core.$ZodLooseShape>(
  type: string,
  does: string,
  options: Shape,
  create: (options: z.infer<z.ZodObject<Shape>>, context: FilterContext) => Handler,
  mistake: (options: z.infer<z.ZodObject<Shape>>) => { key: string; what: string } | null = () => null,
): FilterKind {
  type Options = z.infer<z.ZodObject<Shape>>
  const schema = z
    .strictObject({
      type: z.literal(type).describe(does),
      for: condition
        .optional()
        .describe('Whom and what it is for; everyone and everything where it is not given.'),
      ...options,
    })
    .superRefine((given, context) => {
      const found = mistake(given as unknown as Options)
      if (found) context.addIssue({ code: 'custom', path: [found.key], message: found.what, input: given })
    })
  return {
    type,
    schema: schema as unknown as FilterKind['schema'],
    create(config, context) {
      const handler = create(config as unknown as Options, context)
      return config.for === undefined ? handler : onlyFor(config.for, handler)
    },
  }
}

/** A request of no known verb matches no list of verbs. */
function onlyFor({ groups, verbs, services }: Condition, handler: Handler): Handler {
  const wanted = verbs && new Set<string | null>(verbs.flatMap(verbsOf))
  const matches = ({ principal, resolved, serviceName }: Exchange) =>
    (services === undefined || services.includes(serviceName as string)) &&
    (wanted === undefined || wanted.has(resolved?.operation.verb ?? null)) &&
    (groups === undefined || groups.some((group) => principal?.groups.includes(group)))
  return (next) => {
    const filtered = handler(next)
    return (exchange) => (matches(exchange) ? filtered(exchange) : next(exchange))
  }
}

function verbsOf(pattern: string): readonly string[] {
  return [...allVerbs, ...httpVerbs].filter((verb) =>
    pattern.endsWith('.*') ? verb.startsWith(pattern.slice(0, -1)) : verb === pattern,
  )
}
