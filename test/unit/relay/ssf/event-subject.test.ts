import { expect, test } from 'vitest'
import { namedBy } from '../../../../relay/ssf/event-subject.ts'

const person = (who: string, issuer: string | null = null) => ({ kind: 'person', who, issuer })
const session = (who: string, issuer: string | null = null) => ({ kind: 'session', who, issuer })
const ana = { format: 'iss_sub', iss: 'https://id', sub: 'ana' }

test.each<[string, unknown, object[]]>([
  ['issuer and subject', ana, [person('ana', 'https://id')]],
  [
    'as a draft had it',
    { ...ana, format: undefined, subject_type: 'iss-sub' },
    [person('ana', 'https://id')],
  ],
  ['an e-mail address', { format: 'email', email: 'a@b.c' }, [person('a@b.c')]],
  ['an account', { format: 'account', uri: 'acct:a@b.c' }, [person('a@b.c')]],
  ['an opaque id', { format: 'opaque', id: 'x' }, [person('x')]],
  [
    'aliases, those of them that mean something',
    {
      format: 'aliases',
      identifiers: [ana, { format: 'email', email: 'a@b.c' }, { format: 'did', url: 'x' }],
    },
    [person('ana', 'https://id'), person('a@b.c')],
  ],
  ['aliases in aliases', { format: 'aliases', identifiers: [{ format: 'aliases', identifiers: [ana] }] }, []],
  [
    'a session of a person',
    { format: 'complex', user: ana, session: { format: 'opaque', id: 's' } },
    [session('s', 'https://id')],
  ],
  ['a session alone', { format: 'complex', session: { format: 'opaque', id: 's' } }, [session('s')]],
  [
    'a session that means nothing: its person',
    { format: 'complex', user: ana, session: { format: 'did', url: 'x' } },
    [person('ana', 'https://id')],
  ],
  [
    'complex, as a draft had it',
    { user: ana, tenant: { format: 'opaque', id: 't' } },
    [person('ana', 'https://id')],
  ],
  ['a device', { format: 'complex', device: { format: 'opaque', id: 'd' } }, []],
  ['nothing', undefined, []],
  ['a list', [ana], []],
  ['no name', { format: 'email', email: 7 }, []],
  ['an empty one', { format: 'opaque', id: '' }, []],
  ['one that is too long', { format: 'opaque', id: 'x'.repeat(513) }, []],
  ['one with a line feed', { format: 'opaque', id: 'a\nb' }, []],
])('%s', (_what, subject, named) => {
  expect(namedBy(subject)).toEqual(named)
})
