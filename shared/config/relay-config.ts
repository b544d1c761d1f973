/** The relay's configuration: one strict, versioned document. docs/relay-config.md is generated from it. */
import { z } from 'zod'
import { auditConfig } from './audit-config.ts'
import { controlConfig, reloadConfig } from './control-config.ts'
import { dagTags } from './dag-tags.ts'
import { httpService } from './http-service.ts'
import { identityConfig } from './identity/identity.ts'
import { healthConfig, metricsConfig, telemetryConfig } from './observe.ts'
import { origin, originAndPath } from './origin.ts'
import { policyConfig } from './policy-config.ts'
import { requestLimits } from './request-limits.ts'
import { signingIdentity } from './signing-identity.ts'
import { tcpService } from './tcp-service.ts'

const port = z.int().min(1).max(65_535)
const file = z.string().min(1).max(4096)
const serviceName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and -')

const listen = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('The address to bind. 127.0.0.1 keeps it to this machine.'),
  port: port.default(8443).describe('The one port: clients, direct HTTP and the relay’s own endpoints.'),
  tls: z
    .strictObject({
      cert: file.describe('PEM file with the certificate chain.'),
      key: file.describe('PEM file with the private key, readable by its owner only.'),
    })
    .optional()
    .describe('The relay’s certificate.'),
  plain: z
    .literal(true)
    .optional()
    .describe('Without TLS. Only on a loopback address, behind something that ends TLS on this machine.'),
})

const airflow = z.strictObject({
  type: z.literal('airflow').describe('An Airflow: every request of a person is decided on.'),
  url: origin.describe('Where Airflow’s api-server answers the relay, e.g. http://airflow.internal:8080.'),
  localPort: port.default(8080).describe('The port on people’s own machines.'),
  version: z
    .union([z.literal(2), z.literal(3)])
    .default(3)
    .describe('Airflow’s major version: 3, or 2 with the package in airflow/.'),
  baseUrl: originAndPath
    .nullable()
    .default(null)
    .describe('Airflow’s own [api] base_url (2.x: [webserver] base_url), where it is not `url`.'),
  listNarrowing: z
    .enum(['none', 'airflow'])
    .default('none')
    .describe(
      '`airflow`: the package in airflow/ is installed, and narrows every list to the DAGs that a person may see. `none`: a list takes a grant on "*".',
    ),
  dagTags,
  identity: signingIdentity.describe('How people are known to Airflow.'),
  connections: z.int().min(1).max(1024).default(64).describe('Connections to Airflow at once.'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(300)
    .describe('How long Airflow may think before it answers, and be silent in an answer, in seconds.'),
})

const service = z.discriminatedUnion('type', [airflow, httpService, tcpService], {
  error: ({ code }) => (code === 'invalid_union' ? 'airflow, http or tcp' : undefined),
})

export const relayConfig = z.strictObject({
  version: z.literal(1).describe('The version of this document’s form.'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and -')
    .default('airflow')
    .describe('What people see this environment called.'),
  listen: listen.prefault({}).describe('Where the relay listens.'),
  publicUrl: origin.describe('Where clients reach the relay.'),
  identity: identityConfig.describe('Who people and machines are.'),
  services: z
    .record(serviceName, service)
    .describe('What is behind the relay, by name; `jetway` is the relay’s own.'),
  direct: serviceName
    .nullable()
    .default(null)
    .describe(
      'The service that plain HTTPS with a bearer token reaches, for CI and schedulers; null for none.',
    ),
  policy: policyConfig.describe('Who may do what.'),
  audit: auditConfig.describe('The evidence.'),
  state: z
    .strictObject({
      file: file.default('jetway-state.db').describe('A file of SQLite’s, which the relay makes.'),
    })
    .prefault({})
    .describe('What the relay remembers: who has no access any more, who is connected.'),
  limits: z
    .strictObject({
      maxStreamsPerSession: z
        .int()
        .min(1)
        .max(4096)
        .default(256)
        .describe('Connections of one client at once.'),
      maxOpensPerSecond: z
        .int()
        .min(1)
        .max(65_535)
        .default(1000)
        .describe('New connections of one client in a second, on average.'),
      maxSessionsPerPerson: z
        .int()
        .min(1)
        .max(10_000)
        .default(16)
        .describe('Clients of one person, or one machine identity, at once.'),
      keepSessionSeconds: z
        .int()
        .min(0)
        .max(3600)
        .default(90)
        .describe(
          'How long a session waits for its client to come back over another connection, in seconds.',
        ),
      keepSessionsBytes: z
        .int()
        .min(0)
        .max(68_719_476_736)
        .default(268_435_456)
        .describe(
          'What all sessions that wait may keep in memory together, in bytes. The longest waiting goes first.',
        ),
      drainSeconds: z
        .int()
        .min(0)
        .max(3600)
        .default(20)
        .describe(
          'How long a relay that is told to stop lets what was begun go on, in seconds. Then it is cut.',
        ),
      maxHeaderBytes: z
        .int()
        .min(4096)
        .max(65_536)
        .default(16_384)
        .describe('The head of a request, in bytes.'),
      maxHeaders: z.int().min(16).max(1000).default(100).describe('The headers of a request.'),
      maxTriggerBodyBytes: z
        .int()
        .min(1024)
        .max(16_777_216)
        .default(1_048_576)
        .describe(
          'A body that is read to decide on it or to record it, in bytes: of a trigger, a bulk request, a list.',
        ),
      requests: requestLimits.prefault({}).describe('Requests under way, waiting, slow and never ending.'),
      staticFilesBytes: z
        .int()
        .min(0)
        .max(1_073_741_824)
        .default(67_108_864)
        .describe('Compressed files of web interfaces that are kept in memory, in bytes; 0 keeps none.'),
    })
    .prefault({})
    .describe('What clients may take.'),
  control: controlConfig.prefault({}).describe('How whoever runs the relay speaks to it.'),
  reload: reloadConfig.prefault({}).describe('How the configuration is swapped; see docs/operations.md.'),
  health: healthConfig
    .optional()
    .describe(
      'A port for /healthz and /readyz whose answers wait for nobody; off where it is not given. The relay’s own port has them as well.',
    ),
  metrics: metricsConfig.optional().describe('Prometheus metrics at /metrics; off where it is not given.'),
  telemetry: telemetryConfig.optional().describe('OpenTelemetry; off where it is not given.'),
  log: z
    .strictObject({
      level: z.enum(['fatal', 'error', 'warn', 'info', 'debug']).default('info').describe('What is logged.'),
    })
    .prefault({})
    .describe('The relay’s own log, JSON lines on stdout.'),
})

export type RelayConfig = z.infer<typeof relayConfig>
