import { JetwayError } from '#shared/errors/jetway-error.ts'
import { loadPolicy } from '../../config/load-policy.ts'
import { policyWarnings } from '../../policy/warnings.ts'
import { print, printJson } from './print.ts'

/** @throws CONFIG_INVALID for mistakes, and with `strict` for warnings */
export function checkPolicy(o: { config: string; strict?: true; json?: true }): void {
  const { config, at } = loadPolicy(o.config)
  const warnings = policyWarnings(config).map(({ path, what }) => ({
    at: at(path),
    path: ['policy', ...path].join('.'),
    what,
  }))
  const grants = config.grants.length + config.connect.length
  if (o.json) {
    printJson({ valid: true, grants, warnings })
  } else {
    const lines = warnings.map(({ at: place, path, what }) => `${place} ${path} ${what}\n`)
    const found = warnings.length === 0 ? '' : `, ${warnings.length} warning(s)`
    print(`${lines.join('')}${o.config}: the policy is valid, ${grants} grant(s)${found}\n`)
  }
  if (o.strict && warnings.length > 0) {
    throw new JetwayError('CONFIG_INVALID', {
      reason: `${warnings.length} warning(s), and --strict was given.`,
    })
  }
}
