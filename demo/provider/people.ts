/** The people of the demo. Each one's password is their name and `-pw`. */
export interface DemoPerson {
  readonly name: string
  readonly email: string
  readonly groups: readonly string[]
  /** What the sign-in page says of them. */
  readonly about: string
}

export const people: Readonly<Record<string, DemoPerson>> = {
  ana: {
    name: 'Ana',
    email: 'ana@example.com',
    groups: ['data-eng'],
    about: 'data-eng: sees everything, runs hello and the etl DAGs',
  },
  bob: {
    name: 'Bob',
    email: 'bob@example.com',
    groups: ['finance-ops'],
    about: 'finance-ops: sees everything, runs the finance DAGs',
  },
  mallory: { name: 'Mallory', email: 'mallory@example.com', groups: [], about: 'in no group' },
}

export function passwordOf(id: string): string {
  return `${id}-pw`
}
