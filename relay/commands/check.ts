import { loadConfig } from '../config/load.ts'
import { requireMetadataFile } from '../saml/metadata-source.ts'

export async function check({ config: path }: { config: string }): Promise<void> {
  const { name, generation, services, policy, identity } = loadConfig(path)
  await requireMetadataFile(identity.saml)
  const grants = policy.grants.length + policy.connect.length
  process.stdout.write(
    `${path} is valid: ${name}, ${Object.keys(services).length} service(s), ${grants} grant(s), generation ${generation}\n`,
  )
}
