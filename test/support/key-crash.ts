/** Rotates a ring's keys until it is killed. */
import { Keyring } from '../../relay/oauth/keyring.ts'

const ring = Keyring.open(process.argv[2] as string)
process.stdout.write('begun\n')
for (;;) ring.replace()
