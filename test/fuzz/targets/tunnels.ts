import { encodeHello, encodeResume } from '#shared/protocol/handshake.ts'
import { encodeMessage } from '#shared/protocol/message.ts'
import { frameType, messageType } from '#shared/protocol/wire.ts'
import { encodeFrames, framesMessage } from '../encode-frames.ts'
import { RelayLife } from '../relay-life.ts'
import { cutsOfSteps, readSteps, type Step, step } from '../steps.ts'
import type { Target } from '../target.ts'
import { ascii, join } from '../target.ts'

const kind = {
  /** `person u8 | message`: a carrier comes with its first message. */
  ARRIVE: 0,
  /** `person u8`: one that says hello as it should. */
  HELLO: 1,
  /** `person u8 | session u8 | epoch u8 | back u8`: one that goes on with a session, with the right proof. */
  RESUME: 2,
  /** `person u8`: one that says nothing yet. */
  SILENT: 3,
  /** `carrier u8 | message`. */
  MESSAGE: 4,
  /** `carrier u8 | code u8`: one that goes, with a code of the error table, or with 0 without a word. */
  CLOSE: 5,
  /** `seconds u8`. */
  WAIT: 6,
  GOAWAY: 7,
} as const

const hello = encodeHello({
  versions: [1],
  client: { name: 'jetway', version: '0' },
  services: [{ name: 'airflow', localPort: 8080 }],
  limits: { streams: 8, windowBytes: 16_384, opensPerSecond: 16 },
})
const resume = encodeResume({ session: 'A'.repeat(22), epoch: 1, received: 0, proof: 'A'.repeat(43) })
const auth = (token: string) => encodeMessage(messageType.AUTH, 0, ascii(token))
const open = framesMessage(
  0,
  encodeFrames([{ type: frameType.OPEN, streamId: 1, service: 'airflow', data: ascii('hi'), fin: false }]),
)

/** A relay's sessions, and carriers of three people who may say anything. */
export const tunnels: Target = {
  name: 'tunnels',
  seeds: [
    join(
      step(kind.HELLO, 0),
      step(kind.MESSAGE, 0, open),
      step(kind.CLOSE, 0, 0),
      step(kind.RESUME, 0, 0, 1, 0),
    ),
    join(step(kind.HELLO, 0), step(kind.RESUME, 1, 0, 1, 0), step(kind.RESUME, 0, 0, 1, 9)),
    join(step(kind.SILENT, 0), step(kind.MESSAGE, 0, hello), step(kind.MESSAGE, 0, auth('0'))),
    join(step(kind.HELLO, 1), step(kind.MESSAGE, 0, auth('2')), step(kind.WAIT, 6)),
    join(step(kind.SILENT, 0), step(kind.WAIT, 12)),
    join(step(kind.HELLO, 0), step(kind.CLOSE, 0, 0), step(kind.WAIT, 100)),
    join(...[0, 0, 0, 0].map((person) => step(kind.HELLO, person)), step(kind.GOAWAY), step(kind.HELLO, 1)),
    step(kind.ARRIVE, 0, hello),
    step(kind.ARRIVE, 0, resume),
  ],
  words: [
    ...[0, 1, 2].flatMap((n) => [
      step(kind.HELLO, n),
      step(kind.RESUME, n, 0, 1, 0),
      step(kind.RESUME, 0, n, 2, 1),
      step(kind.CLOSE, n, 0),
      step(kind.CLOSE, n, 85),
      step(kind.MESSAGE, n, auth(String(n))),
      step(kind.MESSAGE, n, hello),
      step(kind.MESSAGE, n, open),
    ]),
    step(kind.ARRIVE, 0, resume),
    step(kind.WAIT, 3),
    step(kind.WAIT, 95),
    step(kind.GOAWAY),
  ],
  cuts: cutsOfSteps,
  async run(input) {
    const life = new RelayLife()
    for (const each of readSteps(input)) {
      await take(life, each)
      life.check()
    }
    await life.end()
  },
}

async function take(life: RelayLife, { kind: of, bytes }: Step): Promise<void> {
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  switch (of % 8) {
    case kind.ARRIVE:
      return life.arrive(a, bytes.slice(1))
    case kind.HELLO:
      return life.arrive(a, hello)
    case kind.RESUME:
      return life.resume(a, b, c, d)
    case kind.SILENT:
      return life.arrive(a, null)
    case kind.MESSAGE:
      return life.message(a, bytes.slice(1))
    case kind.CLOSE:
      return life.close(a, b)
    case kind.WAIT:
      return life.wait(a)
    case kind.GOAWAY:
      return life.goAway()
  }
}
