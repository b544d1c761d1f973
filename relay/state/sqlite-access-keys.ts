import type { AccessKey, AccessKeys } from './access-key.ts'
import type { Statements } from './sqlite-statements.ts'

type Row = Omit<AccessKey, 'groups' | 'networks'> & { readonly groups: string; readonly networks: string }

const columns = `id, name, groups, networks, made_by as madeBy, at, expires, revoked_at as revokedAt,
  used_at as usedAt, used_from as usedFrom`

export function sqliteAccessKeys(run: Statements): AccessKeys {
  return {
    async add(key, hash) {
      run.change(
        `insert into access_keys (id, hash, name, groups, networks, made_by, at, expires)
         values (?, ?, ?, ?, ?, ?, ?, ?)`,
        key.id,
        hash,
        key.name,
        JSON.stringify(key.groups),
        JSON.stringify(key.networks),
        key.madeBy,
        key.at,
        key.expires,
      )
    },
    async find(id) {
      const [row] = run.all<Row & { hash: Uint8Array }>(
        `select ${columns}, hash from access_keys where id = ?`,
        id,
      )
      if (!row) return null
      const { hash, ...rest } = row
      return { key: keyOf(rest), hash }
    },
    async used(id, from, now) {
      run.changeUnsynced('update access_keys set used_at = ?, used_from = ? where id = ?', now, from, id)
    },
    revoke: async (id, now) =>
      run.change('update access_keys set revoked_at = ? where id = ? and revoked_at is null', now, id) === 1,
    list: async () => run.all<Row>(`select ${columns} from access_keys order by at, id`).map(keyOf),
  }
}

function keyOf(row: Row): AccessKey {
  return {
    ...row,
    groups: JSON.parse(row.groups) as string[],
    networks: JSON.parse(row.networks) as string[],
  }
}
