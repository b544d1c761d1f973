import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { State } from '../../../../relay/state/state.ts'
import { eventually } from '../../../support/eventually.ts'

/** What every store of a relay's state has to do, whatever it is made of. */
export function stateContract(
  name: string,
  /** Opens the same store each time it is called in a test, an empty one at first. */
  open: () => Promise<State>,
): void {
  describe(name, () => {
    let [one, other]: State[] = []
    beforeEach(async () => {
      one = await open()
      other = await open()
    })
    afterEach(async () => {
      await one?.close()
      await other?.close()
    })
    const both = () => [one, other] as [State, State]

    describe('revocations', () => {
      const leaver = {
        kind: 'person',
        who: 'ana@example.com',
        issuer: null,
        effect: 'revoked',
        reason: 'left',
        by: 'root',
        at: 100,
        until: null,
      } as const
      const root = (at: number) => ({ by: 'root', at })

      test('hold for all who share the store, until they are lifted', async () => {
        const [a, b] = both()
        const made = await a.revocations.add(leaver)
        expect(await b.revocations.active(101)).toEqual([made])
        expect(await b.revocations.lift({ who: 'ANA@example.com' }, root(102))).toBe(1)
        expect(await a.revocations.active(102)).toEqual([])
        expect(await a.revocations.lift({ who: leaver.who }, root(103))).toBe(0)
      })

      test('end by themselves at their time', async () => {
        const [a] = both()
        await a.revocations.add({ ...leaver, until: 200 })
        expect(await a.revocations.active(199)).toHaveLength(1)
        expect(await a.revocations.active(200)).toEqual([])
      })

      test('are lifted by kind and by who made them; only people are named in any case', async () => {
        const [a, b] = both()
        const token = { ...leaver, kind: 'token', who: 'Ab' } as const
        await a.revocations.add(token)
        await a.revocations.add({ ...leaver, who: 'Ab', by: 'https://idp' })
        expect(await b.revocations.lift({ who: 'ab', kind: 'token' }, root(101))).toBe(0)
        expect(await b.revocations.lift({ who: 'Ab', madeBy: 'https://other' }, root(101))).toBe(0)
        expect(await b.revocations.lift({ who: 'Ab', effect: 'ended' }, root(101))).toBe(0)
        expect(await b.revocations.lift({ who: 'aB', madeBy: 'https://idp' }, root(101))).toBe(1)
        expect(await a.revocations.active(102)).toMatchObject([token])
        expect(await b.revocations.lift({ who: 'Ab', kind: 'token' }, root(102))).toBe(1)
      })

      test('an end takes the place of one before, of the same, once that is recorded', async () => {
        const [a, b] = both()
        const end = { ...leaver, effect: 'ended' } as const
        const first = await a.revocations.add(end)
        await a.revocations.add({ ...end, issuer: 'https://idp' })
        await b.revocations.add({ ...end, at: 150 })
        expect(await a.revocations.active(151)).toHaveLength(3)
        await a.revocations.recorded({ change: 'made', revocation: first, by: 'root', at: 100 })
        await b.revocations.add({ ...end, at: 200 })
        expect((await a.revocations.active(201)).map(({ at, issuer }) => [at, issuer])).toEqual([
          [100, 'https://idp'],
          [150, null],
          [200, null],
        ])
      })

      test('are to be recorded once when made and once when lifted, by any of those who share them', async () => {
        const [a, b] = both()
        const revocation = await a.revocations.add(leaver)
        const made = { change: 'made', revocation, by: 'root', at: 100 } as const
        expect(await b.revocations.unrecorded()).toEqual([made])
        await b.revocations.recorded(made)
        expect(await a.revocations.unrecorded()).toEqual([])
        await a.revocations.lift({ who: leaver.who }, { by: 'eve', at: 130 })
        const lifted = { change: 'lifted', revocation, by: 'eve', at: 130 } as const
        expect(await b.revocations.unrecorded()).toEqual([lifted])
        await a.revocations.recorded(lifted)
        expect(await b.revocations.unrecorded()).toEqual([])
      })

      test('are seen by whoever watches', async () => {
        const [a, b] = both()
        let changes = 0
        const end = b.watch(() => {
          changes += 1
        })
        await a.revocations.add(leaver)
        await eventually('the change is seen', async () => changes > 0)
        end()
      })
    })

    describe('used ids', () => {
      test('count once, of each kind', async () => {
        const [a, b] = both()
        expect(await a.usedIds.use('jti', 'x', 200, 100)).toBe(true)
        expect(await b.usedIds.use('jti', 'x', 200, 199)).toBe(false)
        expect(await b.usedIds.use('nonce', 'x', 200, 100)).toBe(true)
      })

      test('of many at once, one wins', async () => {
        const all = await Promise.all(
          Array.from({ length: 20 }, (_, i) => both()[i % 2 ? 1 : 0].usedIds.use('jti', 'y', 200, 100)),
        )
        expect(all.filter(Boolean)).toHaveLength(1)
      })

      test('can be asked for without being used', async () => {
        const [a, b] = both()
        expect(await a.usedIds.isUsed('jti', 'x', 100)).toBe(false)
        await b.usedIds.use('jti', 'x', 200, 100)
        expect(await a.usedIds.isUsed('jti', 'x', 199)).toBe(true)
        expect(await a.usedIds.isUsed('nonce', 'x', 199)).toBe(false)
        expect(await a.usedIds.isUsed('jti', 'x', 200)).toBe(false)
      })

      test('are forgotten when they have expired', async () => {
        const [a] = both()
        await a.usedIds.use('jti', 'z', 200, 100)
        expect(await a.usedIds.use('jti', 'z', 400, 200)).toBe(true)
        for (let i = 0; i < 600; i += 1) await a.usedIds.use('nonce', String(i), 150, 300)
        expect(await a.usedIds.use('jti', 'z', 400, 399)).toBe(false)
      })
    })

    describe('budgets', () => {
      const budget = { limit: 3, windowSeconds: 60 }

      test('are spent whole or not at all, up to the limit', async () => {
        const [a, b] = both()
        expect(await a.budgets.spend('k', 2, budget, 120)).toEqual({ spent: true, left: 1, resetsAt: 180 })
        expect(await b.budgets.spend('k', 2, budget, 121)).toEqual({ spent: false, left: 1, resetsAt: 180 })
        expect(await b.budgets.spend('k', 1, budget, 122)).toEqual({ spent: true, left: 0, resetsAt: 180 })
        expect(await a.budgets.spend('other', 3, budget, 122)).toMatchObject({ spent: true, left: 0 })
      })

      test('are full again in the next window', async () => {
        const [a] = both()
        await a.budgets.spend('k', 3, budget, 179)
        expect(await a.budgets.spend('k', 3, budget, 180)).toEqual({ spent: true, left: 0, resetsAt: 240 })
      })

      test('refuse what is over the limit at once', async () => {
        const [a] = both()
        expect(await a.budgets.spend('k', 4, budget, 0)).toEqual({ spent: false, left: 3, resetsAt: 60 })
      })
    })

    describe('approvals', () => {
      const ask = { digest: 'sha256:a', requester: 'ana', what: 'run.trigger on finance_close', expires: 200 }

      test('are given by someone else, and used once for exactly what was asked', async () => {
        const [a, b] = both()
        const { id } = await a.approvals.request(ask, 100)
        expect(await b.approvals.use(id, 'sha256:a', 101)).toBe(false)
        expect(await b.approvals.decide(id, 'ana', true, 101)).toBe(false)
        expect(await b.approvals.decide(id, 'bob', true, 101)).toBe(true)
        expect(await a.approvals.decide(id, 'carl', false, 102)).toBe(false)
        expect(await a.approvals.use(id, 'sha256:b', 102)).toBe(false)
        expect(await a.approvals.use(id, 'sha256:a', 102)).toBe(true)
        expect(await b.approvals.use(id, 'sha256:a', 103)).toBe(false)
        expect(await b.approvals.find(id)).toMatchObject({ status: 'used', decidedBy: 'bob' })
      })

      test('that were denied or have expired are of no use', async () => {
        const [a] = both()
        const denied = await a.approvals.request(ask, 100)
        await a.approvals.decide(denied.id, 'bob', false, 101)
        expect(await a.approvals.use(denied.id, 'sha256:a', 102)).toBe(false)
        const late = await a.approvals.request(ask, 100)
        expect(await a.approvals.decide(late.id, 'bob', true, 200)).toBe(false)
        const inTime = await a.approvals.request(ask, 100)
        await a.approvals.decide(inTime.id, 'bob', true, 199)
        expect(await a.approvals.use(inTime.id, 'sha256:a', 200)).toBe(false)
        expect(await a.approvals.find('none')).toBeNull()
      })

      test('that wait are listed, oldest first', async () => {
        const [a, b] = both()
        const second = await a.approvals.request(ask, 110)
        const first = await a.approvals.request(ask, 105)
        await a.approvals.request({ ...ask, expires: 120 }, 100)
        expect(await b.approvals.pending(120)).toEqual([first, second])
      })
    })

    describe('requests for access', () => {
      const by = (subject: string) => ({
        issuer: 'https://idp',
        subject,
        name: `${subject}@example.com`,
        email: null,
      })
      const asked = {
        id: 'r1',
        asker: by('ana'),
        policy: 'request:data-eng:user:it’s_*',
        digest: 'd1',
        role: 'user',
        dags: ['it’s_*'],
        tags: null,
        reason: 'stuck',
        seconds: 60,
        askedAt: 100,
        expires: 200,
      }
      const open = { ...asked, decision: null, ended: null }
      const most = { waiting: 2, asked: 3, since: 50 }
      const approved = { approved: true, by: by('lea'), at: 110, note: null }
      const ended = { by: by('ana'), at: 120 }

      test('are seen by all who share the store, oldest first, until they were over before', async () => {
        const [a, b] = both()
        const tagged = { ...asked, id: 'r2', askedAt: 99, tags: ['nightly'] }
        expect(await a.accessRequests.add(asked, most)).toBe(true)
        expect(await a.accessRequests.add(tagged, most)).toBe(true)
        expect(await b.accessRequests.list(199)).toEqual([{ ...tagged, decision: null, ended: null }, open])
        expect(await b.accessRequests.list(200)).toEqual([])
      })

      test('are decided once, by one of all who try, and not after their time', async () => {
        const [a, b] = both()
        await a.accessRequests.add(asked, most)
        const denied = { ...approved, approved: false, note: 'no' }
        expect(await b.accessRequests.decide('r1', { ...denied, at: 200 })).toBe(false)
        const outcomes = await Promise.all([
          a.accessRequests.decide('r1', denied),
          b.accessRequests.decide('r1', approved),
        ])
        expect(outcomes).toEqual([true, false])
        expect(await b.accessRequests.decide('none', approved)).toBe(false)
        expect(await b.accessRequests.list(109)).toEqual([{ ...open, decision: denied }])
        // A denial is over at once.
        expect(await b.accessRequests.list(110)).toEqual([])
        expect(await a.accessRequests.end('r1', ended)).toBe(false)
      })

      test('are ended once, while they are not over', async () => {
        const [a, b] = both()
        await a.accessRequests.add(asked, most)
        await a.accessRequests.decide('r1', approved)
        expect(await a.accessRequests.end('r1', { ...ended, at: 170 })).toBe(false)
        expect(await b.accessRequests.end('r1', { ...ended, at: 169 })).toBe(true)
        expect(await a.accessRequests.end('r1', { ...ended, at: 169 })).toBe(false)
        expect(await a.accessRequests.list(168)).toMatchObject([{ ended: { at: 169 }, decision: approved }])
        await a.accessRequests.add({ ...asked, id: 'r2' }, most)
        expect(await b.accessRequests.end('r2', ended)).toBe(true)
        expect(await b.accessRequests.decide('r2', { ...approved, at: 130 })).toBe(false)
      })

      test('so many of one person wait, and so many are made, whoever counts', async () => {
        const [a, b] = both()
        const add = (id: string, more: object = {}) =>
          (id < 'm' ? a : b).accessRequests.add({ ...asked, id, ...more }, most)
        expect([await add('b'), await add('z'), await add('c')]).toEqual([true, true, false])
        expect(await add('y', { asker: by('bo') })).toBe(true)
        await a.accessRequests.end('b', ended)
        expect(await add('c')).toBe(true)
        await a.accessRequests.end('z', ended)
        // One more may wait, and was asked for too soon after the others.
        expect(await add('d')).toBe(false)
        expect(await a.accessRequests.add({ ...asked, id: 'd' }, { ...most, since: 100 })).toBe(true)
      })

      test('are forgotten some time after they were over', async () => {
        const [a, b] = both()
        await a.accessRequests.add(asked, most)
        await b.accessRequests.forget(199)
        expect(await a.accessRequests.list(0)).toHaveLength(1)
        await b.accessRequests.forget(200)
        expect(await a.accessRequests.list(0)).toEqual([])
      })
    })

    describe('sessions', () => {
      const session = {
        id: 's1',
        relay: 'r1',
        issuer: 'https://idp',
        subject: 'ana',
        name: 'ana@example.com',
        address: '192.0.2.1',
        client: 'jetway/0.1.0',
        authenticatedBy: 'identity.oidc',
        acr: 'phr',
        keyThumbprint: 'k1',
        providerSession: 'p1',
        signedInAt: 40,
        startedAt: 100,
        seenAt: 100,
        activeAt: 100,
        bytesReceived: 0,
        bytesSent: 0,
      }

      test('are listed while their replica lives', async () => {
        const [a, b] = both()
        await a.sessions.put(session)
        await b.sessions.put({ ...session, id: 's2', relay: 'r2', startedAt: 90 })
        const active = { id: 's1', activeAt: 155, bytesReceived: 3, bytesSent: 5 }
        await a.sessions.seen('r1', 150, [active])
        // What is another replica's, or is gone, is not touched.
        await a.sessions.seen('r1', 160, [
          { ...active, id: 's2' },
          { ...active, id: 's3' },
        ])
        expect((await b.sessions.list(99)).map(({ id }) => id)).toEqual(['s2', 's1'])
        expect(await b.sessions.list(100)).toEqual([{ ...session, ...active, seenAt: 160 }])
        await a.sessions.remove('s1')
        expect(await b.sessions.list(0)).toEqual([])
      })
    })

    describe('access keys', () => {
      const key = {
        id: 'aaaaaaaaaaaa',
        name: 'nightly',
        groups: ['exports', 'it’s "quoted"'],
        networks: ['10.0.0.0/8'],
        madeBy: 'root',
        at: 100,
        expires: 200,
      }
      const hash = new Uint8Array(32).fill(7)
      const unused = { ...key, revokedAt: null, usedAt: null, usedFrom: null }

      test('are found by all who share the store, with the hash that they were kept by', async () => {
        const [a, b] = both()
        await a.accessKeys.add(key, hash)
        expect(await b.accessKeys.find(key.id)).toEqual({ key: unused, hash })
        expect(await b.accessKeys.find('AAAAAAAAAAAA')).toBeNull()
      })

      test('are there once', async () => {
        const [a, b] = both()
        await a.accessKeys.add(key, hash)
        await expect(b.accessKeys.add({ ...key, name: 'other' }, hash)).rejects.toMatchObject({
          code: 'STATE_UNAVAILABLE',
        })
      })

      test('say when and from where they were used last', async () => {
        const [a, b] = both()
        await a.accessKeys.add(key, hash)
        await a.accessKeys.used(key.id, '10.0.0.1', 110)
        await b.accessKeys.used(key.id, '10.0.0.2', 120)
        expect(await a.accessKeys.list()).toEqual([{ ...unused, usedAt: 120, usedFrom: '10.0.0.2' }])
      })

      test('are revoked once, and stay so', async () => {
        const [a, b] = both()
        await a.accessKeys.add(key, hash)
        expect(await b.accessKeys.revoke(key.id, 150)).toBe(true)
        expect(await a.accessKeys.revoke(key.id, 160)).toBe(false)
        expect(await a.accessKeys.revoke('none', 160)).toBe(false)
        expect(await a.accessKeys.find(key.id)).toEqual({ key: { ...unused, revokedAt: 150 }, hash })
      })

      test('are listed, oldest first', async () => {
        const [a, b] = both()
        await a.accessKeys.add({ ...key, id: 'bbbbbbbbbbbb', at: 120 }, hash)
        await b.accessKeys.add(key, hash)
        expect((await a.accessKeys.list()).map(({ id }) => id)).toEqual(['aaaaaaaaaaaa', 'bbbbbbbbbbbb'])
      })
    })

    describe('sign-ins', () => {
      const ana = {
        id: 'i1',
        issuer: 'https://idp',
        subject: 'ana',
        providerSession: 's1',
        data: '{}',
        expires: 1000,
      }
      const kept = { ...ana, keyThumbprint: null }

      test('are fetched by their code once, whoever asks', async () => {
        const [a, b] = both()
        await a.signIns.add(ana, 'code', 160, 100)
        expect(await b.signIns.ofCode('code', 159)).toEqual({ signIn: kept, used: false })
        expect(await a.signIns.ofCode('other', 159)).toBeNull()
        const tries = [
          a.signIns.spendCode('code', 'r1', 'jkt', 159),
          b.signIns.spendCode('code', 'r2', null, 159),
        ]
        expect((await Promise.all(tries)).sort()).toEqual([false, true])
        expect(await b.signIns.ofCode('code', 159)).toMatchObject({ used: true, signIn: { id: 'i1' } })
      })

      test('are not fetched by a code that has expired', async () => {
        const [a] = both()
        await a.signIns.add(ana, 'code', 160, 100)
        expect(await a.signIns.ofCode('code', 160)).toBeNull()
        expect(await a.signIns.spendCode('code', 'r', null, 160)).toBe(false)
      })

      test('have one refresh token at a time', async () => {
        const [a, b] = both()
        await a.signIns.add(ana, 'code', 160, 100)
        expect(await a.signIns.rotate('i1', 'code', 'r0', 101)).toBe(false)
        await a.signIns.spendCode('code', 'r1', 'jkt', 101)
        expect(await b.signIns.find('i1', 102)).toEqual({ ...ana, keyThumbprint: 'jkt' })
        const tries = [a.signIns.rotate('i1', 'r1', 'r2', 102), b.signIns.rotate('i1', 'r1', 'r3', 102)]
        expect((await Promise.all(tries)).sort()).toEqual([false, true])
        expect(await a.signIns.rotate('i1', 'r1', 'r4', 103)).toBe(false)
      })

      test('are nothing any more at their time', async () => {
        const [a] = both()
        await a.signIns.add(ana, 'code', 2000, 100)
        await a.signIns.spendCode('code', 'r1', null, 999)
        expect(await a.signIns.find('i1', 999)).not.toBeNull()
        expect(await a.signIns.find('i1', 1000)).toBeNull()
        expect(await a.signIns.rotate('i1', 'r1', 'r2', 1000)).toBe(false)
      })

      test('end one by one, by the provider’s session, and all of a person', async () => {
        const [a, b] = both()
        await a.signIns.add(ana, 'c1', 160, 100)
        await a.signIns.add({ ...ana, id: 'i2', providerSession: 's2' }, 'c2', 160, 100)
        await a.signIns.add({ ...ana, id: 'i3', providerSession: null }, 'c3', 160, 100)
        await a.signIns.add({ ...ana, id: 'i4', subject: 'bob' }, 'c4', 160, 100)
        const { issuer, subject } = ana
        const ids = async (which: Parameters<State['signIns']['end']>[0]) =>
          (await b.signIns.end(which, 101)).map(({ id }) => id).sort()
        expect(await ids({ issuer, subject, providerSession: 's1' })).toEqual(['i1'])
        expect(await ids({ issuer: 'https://other', subject, providerSession: null })).toEqual([])
        expect(await a.signIns.ofCode('c1', 102)).toBeNull()
        expect(await a.signIns.spendCode('c1', 'r', null, 102)).toBe(false)
        expect(await ids({ issuer, subject, providerSession: null })).toEqual(['i2', 'i3'])
        expect(await ids({ id: 'i4' })).toEqual(['i4'])
        expect(await ids({ id: 'i4' })).toEqual([])
        expect(await a.signIns.find('i4', 102)).toBeNull()
        expect(await a.signIns.recall('i4', 999)).toMatchObject({ id: 'i4', subject: 'bob' })
        expect(await a.signIns.recall('i4', 1000)).toBeNull()
      })
    })
  })
}
