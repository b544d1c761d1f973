import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from '../config/load.ts'

/** What belongs to the process and not to a generation: the port, its parser, the files that are open. */
function fixedOf({
  listen,
  limits,
  audit,
  state,
  control,
  health,
  metrics,
  telemetry,
  identity,
  entrances,
}: LoadedConfig): Record<string, unknown> {
  return {
    'listen.host': listen.host,
    'listen.port': listen.port,
    // A certificate may be another one; whether there is one may not change.
    'listen.tls': listen.tls !== null,
    'limits.maxHeaderBytes': limits.maxHeaderBytes,
    ...Object.fromEntries(Object.entries(audit).map(([key, value]) => [`audit.${key}`, value])),
    'limits.staticFilesBytes': limits.staticFilesBytes,
    'limits.requests.headSeconds': limits.requests.headSeconds,
    'limits.requests.connections': limits.requests.connections,
    health,
    metrics,
    telemetry,
    'state.file': state.file,
    'identity.tokens.keyFolder': identity.tokens.keyFolder,
    'control.socket': control.socket,
    ...Object.fromEntries(
      Object.entries(entrances).map(
        ([
          name,
          {
            listen: { host, port, tls },
            config,
          },
        ]) => [
          `identity.signedHeaders.${name}.listen`,
          { host, port, tls: tls !== null, publicUrl: config.publicUrl, forwardedFor: config.forwardedFor },
        ],
      ),
    ),
  }
}

/** The keys that differ and cannot while a relay runs. */
export function changedFixedKeys(before: LoadedConfig, next: LoadedConfig): string[] {
  const [old, wanted] = [fixedOf(before), fixedOf(next)]
  const keys = new Set([...Object.keys(old), ...Object.keys(wanted)])
  return [...keys].filter((key) => !isDeepStrictEqual(old[key], wanted[key]))
}
